using System.Buffers.Binary;
using System.Text;

namespace FewShot.Data.Cifar;

/// <summary>
/// The header of one entry of a tar archive (POSIX ustar). The runtime's reader takes memory by the lengths that an archive declares; this
/// takes one block.
/// </summary>
/// <param name="Name">The path of the entry; its first 100 bytes where an extension holds a longer one.</param>
/// <param name="IsFile">Whether it is a regular file, and no link, device, folder or extension.</param>
/// <param name="Length">Bytes of its data, which follow, filled up to a whole block.</param>
internal sealed record TarHeader(string Name, bool IsFile, long Length)
{
    public const int BlockSize = 512;

    /// <summary>Bytes that fill the data up to a whole block.</summary>
    public int Padding => (int)((BlockSize - (Length % BlockSize)) % BlockSize);

    /// <summary>Reads the next header, or gives null at the end of the archive.</summary>
    /// <exception cref="InvalidDataException">There is no header where one is due.</exception>
    /// <exception cref="EndOfStreamException">The archive ends inside a header.</exception>
    public static TarHeader? Read(Stream archive)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        int read = archive.ReadAtLeast(block, BlockSize, throwOnEndOfStream: false);
        if (read < BlockSize)
        {
            return read == 0 ? null : throw new EndOfStreamException("it ends inside a header");
        }

        if (!block.ContainsAnyExcept((byte)0))
        {
            return null;
        }

        // The sum of the bytes, its own eight taken as spaces.
        int sum = 8 * ' ';
        for (int i = 0; i < BlockSize; i++)
        {
            sum += i is >= 148 and < 156 ? 0 : block[i];
        }

        if (Number(block[148..156]) != sum)
        {
            throw new InvalidDataException("a header has a wrong sum");
        }

        int end = block[..100].IndexOf((byte)0);
        return new TarHeader(
            Encoding.UTF8.GetString(block[..(end < 0 ? 100 : end)]),
            block[156] is 0 or (byte)'0' or (byte)'7',
            Number(block[124..136])
        );
    }

    // Octal digits, or for large numbers a first bit and the number itself.
    private static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            long large = BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            return large >= 0 && field.Length >= 8 ? large : throw new InvalidDataException("a header has an invalid number");
        }

        long number = 0;
        foreach (byte digit in field)
        {
            if (digit is >= (byte)'0' and <= (byte)'7')
            {
                number = (8 * number) + digit - '0';
            }
            else if (digit is not (0 or (byte)' '))
            {
                throw new InvalidDataException("a header has an invalid number");
            }
        }

        return number;
    }
}
