using System.IO.Compression;
using FewShot.Tasks;

namespace FewShot.Data.Cifar;

// Reads records of the binary version of CIFAR-100: a coarse label, a fine label, then 32×32 red, green and blue planes.
internal static class CifarFile
{
    public const int Side = 32;
    public const int ClassCount = 100;
    private const int PlaneSize = Side * Side;
    public const int ImageSize = 3 * PlaneSize;
    private const int RecordSize = 2 + ImageSize;

    // Training and test together.
    private const int ImagesOfClass = 600;

    private const long LongestArchive = 1 << 30;

    // Some copies divide the training images into two files; the second is read where it is there.
    private const string FirstPart = "train_100_per_class.bin.gz",
        SecondPart = "train_other_400_per_class.bin.gz";

    private static readonly string[] s_trainNames = ["train.bin", "train.bin.gz", FirstPart];
    private static readonly string[] s_testNames = ["test.bin", "test.bin.gz"];

    // Appends every image of the data set to its class, and says of which superclass each class is.
    public static (List<byte[]>[] ImagesOfClass, int[] CoarseOfFine) ReadAll(string root)
    {
        var images = new List<byte[]>[ClassCount];
        for (int i = 0; i < ClassCount; i++)
        {
            images[i] = [];
        }

        int[] coarse = new int[ClassCount];
        if (DataFolder.Find(root, "cifar100", Below("cifar-100-binary", s_trainNames)) is { } train)
        {
            string test =
                DataFolder.Find(root, "cifar100", Below("cifar-100-binary", s_testNames))
                ?? throw DataFolder.Missing(root, "cifar100", "test.bin of CIFAR-100 (train.bin is there)");
            ReadFile(train, images, coarse);
            if (
                train.EndsWith(FirstPart, StringComparison.Ordinal)
                && train[..^FirstPart.Length] + SecondPart is var rest
                && File.Exists(rest)
            )
            {
                ReadFile(rest, images, coarse);
            }

            ReadFile(test, images, coarse);
        }
        else if (DataFolder.Find(root, "cifar100", "cifar-100-binary.tar.gz") is { } archive)
        {
            ReadArchive(archive, images, coarse);
        }
        else
        {
            throw DataFolder.Missing(root, "cifar100", "CIFAR-100 (cifar-100-binary.tar.gz, or train.bin and test.bin)");
        }

        return (images, coarse);
    }

    private static string[] Below(string folder, string[] names) => [.. names, .. names.Select(name => Path.Combine(folder, name))];

    private static void ReadFile(string path, List<byte[]>[] images, int[] coarse) =>
        Guard(
            path,
            () =>
            {
                using FileStream file = File.OpenRead(path);
                if (path.EndsWith(".gz", StringComparison.Ordinal))
                {
                    using var unpacked = new GZipStream(file, CompressionMode.Decompress);
                    ReadRecords(unpacked, path, images, coarse);
                }
                else
                {
                    ReadRecords(file, path, images, coarse);
                }
            }
        );

    private static void ReadArchive(string path, List<byte[]>[] images, int[] coarse) =>
        Guard(
            path,
            () =>
            {
                using FileStream file = File.OpenRead(path);
                using var unpacked = new GZipStream(file, CompressionMode.Decompress);
                var found = new HashSet<string>();
                long passed = 0;
                while (TarHeader.Read(unpacked) is { } entry)
                {
                    string name = Path.GetFileName(entry.Name);
                    passed += TarHeader.BlockSize + entry.Length;
                    if (entry.Length > LongestArchive || passed > LongestArchive)
                    {
                        throw new InvalidDataException(
                            $"it declares more than {LongestArchive} bytes, and CIFAR-100 has fewer than 200 million"
                        );
                    }

                    long left = entry.Length;
                    if (name is "train.bin" or "test.bin")
                    {
                        if (!entry.IsFile || !found.Add(name))
                        {
                            throw new InvalidDataException(
                                $"its entry '{entry.Name}' is {(entry.IsFile ? "there twice" : "a link, device or folder and no file")}"
                            );
                        }

                        ReadRecords(unpacked, $"{path}/{entry.Name}", images, coarse, entry.Length);
                        left = 0;
                    }

                    Skip(unpacked, left + entry.Padding);
                }

                if (found.Count != 2)
                {
                    throw new DataException(
                        $"The archive '{path}' lacks train.bin or test.bin; get the binary version with 'fewshot data get cifar100'."
                    );
                }
            }
        );

    private static void Skip(Stream stream, long count)
    {
        byte[] buffer = new byte[1 << 16];
        while (count > 0)
        {
            int part = (int)Math.Min(count, buffer.Length);
            stream.ReadExactly(buffer.AsSpan(0, part));
            count -= part;
        }
    }

    private static void Guard(string path, Action read)
    {
        try
        {
            read();
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new DataException(
                $"The file '{path}' is damaged or incomplete ({error.Message}); delete it and get it again with 'fewshot data get "
                    + "cifar100'.",
                error
            );
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"The file '{path}' cannot be read: {error.Message}", error);
        }
    }

    // To the end of the stream, or as many bytes as an archive declares.
    private static void ReadRecords(Stream stream, string path, List<byte[]>[] images, int[] coarse, long length = long.MaxValue)
    {
        byte[] record = new byte[RecordSize];
        for (long number = 0; ; number++)
        {
            int due = (int)Math.Min(RecordSize, length - (number * RecordSize));
            int read = stream.ReadAtLeast(record.AsSpan(0, due), due, throwOnEndOfStream: false);
            if (read == 0 && number > 0)
            {
                return;
            }

            if (read < RecordSize)
            {
                throw new DataException(
                    $"The file '{path}' ends inside record {number} ({read} of {RecordSize} bytes); delete it and get it again with "
                        + "'fewshot data get cifar100'."
                );
            }

            if (record[0] >= CifarSplits.CoarseNames.Count || record[1] >= ClassCount)
            {
                throw new DataException(
                    $"The file '{path}' has the labels {record[0]}, {record[1]} in record {number}, which CIFAR-100 does not have; it "
                        + "is no binary CIFAR-100 file."
                );
            }

            if (images[record[1]].Count == ImagesOfClass)
            {
                throw new DataException(
                    $"The file '{path}' brings more than the {ImagesOfClass} images that CIFAR-100 has of class {record[1]}; it is no "
                        + "binary CIFAR-100 file."
                );
            }

            coarse[record[1]] = record[0];
            byte[] image = new byte[ImageSize];
            for (int pixel = 0; pixel < PlaneSize; pixel++)
            {
                image[3 * pixel] = record[2 + pixel];
                image[(3 * pixel) + 1] = record[2 + PlaneSize + pixel];
                image[(3 * pixel) + 2] = record[2 + (2 * PlaneSize) + pixel];
            }

            images[record[1]].Add(image);
        }
    }
}
