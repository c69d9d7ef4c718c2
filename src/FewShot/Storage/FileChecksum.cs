using System.IO.Hashing;
using System.Text;
using System.Text.Json;

namespace FewShot.Storage;

/// <summary>
/// The checksum of a safetensors file in its own metadata. It is taken over every byte of the file, with zeros for its own eight digits. A
/// second key says that the file must have it, so that damage to the name of either cannot switch it off. Files of before had one over the
/// values alone, in <c>fewshot.crc32c</c>.
/// </summary>
internal static class FileChecksum
{
    private const string FormatKey = Safetensors.OwnKeys + "format";
    private const string Format = "2";
    private const string Key = Safetensors.OwnKeys + "file_crc32c";
    private const string ValuesKey = Safetensors.OwnKeys + "crc32c";
    private const string Empty = "00000000";

    // A quotation mark within a text is escaped, so this stands nowhere but at the key.
    private static readonly byte[] s_before = Encoding.UTF8.GetBytes($"\"{Key}\":\"");

    /// <summary>Writes both keys among the metadata, the digits still empty.</summary>
    public static void WritePlace(Utf8JsonWriter json)
    {
        json.WriteString(FormatKey, Format);
        json.WriteString(Key, Empty);
    }

    /// <summary>Fills in the digits of the checksum.</summary>
    /// <param name="header">The length of the header and the header, with <see cref="WritePlace"/> in it.</param>
    /// <param name="tensors">The values that follow, in the order of the file.</param>
    public static void Seal(Span<byte> header, IEnumerable<StoredTensor> tensors) =>
        Encoding.UTF8.GetBytes(Digits(header, tensors), Place(header));

    /// <summary>
    /// Takes the keys of this class out of the metadata and says what is wrong with the file; null where nothing is, or nothing can be
    /// told.
    /// </summary>
    /// <param name="header">The length of the header and the header. Its digits are emptied.</param>
    /// <param name="metadata">The metadata of the header.</param>
    /// <param name="tensors">The values that follow, in the order of the file.</param>
    public static string? Fault(Span<byte> header, Dictionary<string, string> metadata, IReadOnlyList<StoredTensor> tensors)
    {
        bool hasFormat = metadata.Remove(FormatKey, out string? format);
        bool hasChecksum = metadata.Remove(Key, out string? written);
        metadata.Remove(ValuesKey, out string? ofValues);
        if (!hasFormat && !hasChecksum)
        {
            return ofValues is null ? null : Difference("its values are", ofValues, [], tensors);
        }

        if (hasFormat && format != Format)
        {
            return $"it is damaged, or of a later version: its format is '{format}', {Format} is read";
        }

        Span<byte> place = Place(header);
        if (!hasFormat || written?.Length != Empty.Length || place.IsEmpty)
        {
            return $"it is damaged: its metadata lack {(hasFormat ? Key : FormatKey)}, which every such file has";
        }

        Encoding.UTF8.GetBytes(Empty, place);
        return Difference("it is", written, header, tensors);
    }

    private static string? Difference(string what, string written, ReadOnlySpan<byte> header, IReadOnlyList<StoredTensor> tensors)
    {
        string found = Digits(header, tensors);
        return found == written ? null : $"{what} damaged: the checksum is {found}, {written} was written";
    }

    // Castagnoli's check, as RFC 3720 defines it.
    private static string Digits(ReadOnlySpan<byte> header, IEnumerable<StoredTensor> tensors)
    {
        var crc = new Crc32(Crc32ParameterSet.Crc32C);
        crc.Append(header);
        foreach (StoredTensor tensor in tensors)
        {
            crc.Append(tensor.Bytes);
        }

        return crc.GetCurrentHashAsUInt32().ToString("x8");
    }

    private static Span<byte> Place(Span<byte> header)
    {
        int start = header.IndexOf(s_before);
        return start < 0 || start + s_before.Length + Empty.Length > header.Length
            ? []
            : header.Slice(start + s_before.Length, Empty.Length);
    }
}
