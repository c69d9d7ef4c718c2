using System.IO.Compression;
using FewShot.Tasks;
using FewShot.Tasks.Data;
using Xunit;
using static FewShot.Tests.Tasks.TaskTestData;

namespace FewShot.Tests.Tasks;

public sealed class DownloadedDatasetTests
{
    [Fact]
    public void The_omniglot_lists_are_those_in_common_use()
    {
        string root = Require("omniglot", "splits");
        foreach ((Split split, string name, int count) in new[] { (Split.Train, "train", 1028), (Split.Validation, "val", 172), (Split.Test, "test", 423) })
        {
            IReadOnlyList<string> names = OmniglotSplits.Vinyals(split);
            Assert.Equal(count, names.Count);
            string[] listed = [.. File.ReadLines(Path.Combine(root, "omniglot", "splits", "vinyals", name + ".txt")).Select(line => line[..line.LastIndexOf('/')]).Distinct()];
            Assert.Equal(listed.Order(StringComparer.Ordinal), names.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void An_omniglot_archive_is_decoded_and_its_cache_survives_damage()
    {
        using var folder = new TemporaryFolder();
        string cache = Path.Combine(folder.Path, "cache");
        WriteOmniglot(folder, "images_background", side: 105);
        WriteOmniglot(folder, "images_evaluation", side: 105, alphabet: "Other");
        ImageDataset Open() => OmniglotDataset.Open(folder.Path, OmniglotSplit.Official, cache);
        float[] Pixels(ImageDataset data)
        {
            var image = new float[784];
            data[Split.Train]!.Copy(1, 2, image);
            return image;
        }

        ImageDataset first = Open();
        Assert.Equal((3, 3), (first[Split.Train]!.Count, first[Split.Test]!.Count));
        Assert.Null(first[Split.Validation]);
        Assert.Equal("Alphabet/character02", first[Split.Train]!.NameOf(1));
        float[] expected = Pixels(first);

        // Ink covers the first 15 columns of 105, which are the first 4 of 28.
        Assert.Equal(1, expected[0]);
        Assert.Equal(1, expected[27 * 28 + 3]);
        Assert.Equal(0, expected[4]);
        foreach (string file in Directory.GetFiles(cache))
        {
            byte[] content = File.ReadAllBytes(file);
            File.WriteAllBytes(file, content[..(content.Length / 2)]);
        }

        Assert.Equal(expected, Pixels(Open()));
        foreach (string file in Directory.GetFiles(cache))
        {
            byte[] content = File.ReadAllBytes(file);
            content[^40] ^= 1;
            File.WriteAllBytes(file, content);
        }

        Parallel.For(0, 8, _ => Assert.Equal(expected, Pixels(Open())));
        Assert.Equal(expected, Pixels(Open()));
        Assert.Equal(2, Directory.GetFiles(cache).Length);
        Assert.Contains("lacks the character 'Angelic/character01'", OneLine(Assert.Throws<DataException>(() => OmniglotDataset.Open(folder.Path, cacheFolder: cache))));

        ZipFile.ExtractToDirectory(Path.Combine(folder.Path, "images_background.zip"), folder.Path);
        ZipFile.ExtractToDirectory(Path.Combine(folder.Path, "images_evaluation.zip"), folder.Path);
        File.Delete(Path.Combine(folder.Path, "images_background.zip"));
        Assert.Equal(expected, Pixels(Open()));
    }

    [Fact]
    public void Bad_omniglot_archives_say_what_to_do()
    {
        using var folder = new TemporaryFolder();
        string cache = Path.Combine(folder.Path, "cache");
        Exception Open() => Assert.Throws<DataException>(() => OmniglotDataset.Open(folder.Path, OmniglotSplit.Official, cache));
        string missing = OneLine(Open());
        Assert.Contains("fewshot data get omniglot", missing);
        Assert.Contains(folder.Path, missing);
        string archive = WriteOmniglot(folder, "images_background", side: 100);
        Assert.Contains("100×100 pixels", OneLine(Open()));
        byte[] whole = File.ReadAllBytes(archive);
        File.WriteAllBytes(archive, whole[..(whole.Length / 2)]);
        Assert.Contains("damaged or incomplete", OneLine(Open()));
        File.WriteAllBytes(archive, []);
        Assert.Contains("damaged or incomplete", OneLine(Open()));
    }

    [Fact]
    public void Real_omniglot_has_its_numbers()
    {
        string root = Require("omniglot", "images_background.zip");
        Require("omniglot", "images_evaluation.zip");
        ITaskSource source = TaskSources.Open("omniglot", root, new TaskOptions { Shots = 5 });
        Assert.Equal((4112, 688, 1692), (source.Summarize(Split.Train)!.Classes, source.Summarize(Split.Validation)!.Classes, source.Summarize(Split.Test)!.Classes));
        Assert.All(Enum.GetValues<Split>(), split => Assert.Equal((20, 20), (source.Summarize(split)!.FewestExamples, source.Summarize(split)!.MostExamples)));
        Episode episode = Draw(source, Split.Test);
        Assert.InRange(episode.QueryInputs.Average(), 0.02, 0.2);
        Assert.Equal((0, 1), (episode.QueryInputs.Min(), episode.QueryInputs.Max()));
    }

    [Theory]
    [InlineData("cifar-fs", 64, 16, 20)]
    [InlineData("fc100", 60, 20, 20)]
    public void Real_cifar_has_its_numbers_and_is_standardised(string name, int train, int validation, int test)
    {
        ITaskSource source = TaskSources.Open(name, Require("cifar100", "test.bin.gz"), new TaskOptions { Shots = 5 });
        Assert.Equal((train, validation, test), (source.Summarize(Split.Train)!.Classes, source.Summarize(Split.Validation)!.Classes, source.Summarize(Split.Test)!.Classes));
        double sum = 0, squares = 0;
        for (int index = 0; index < 40; index++)
        {
            Episode episode = Draw(source, index: index);
            sum += episode.QueryInputs.Average();
            squares += episode.QueryInputs.Average(value => value * value);
        }

        Assert.Equal(0, sum / 40, 0.1);
        Assert.Equal(1, squares / 40, 0.15);
    }

    [Fact]
    public void The_cifar_archive_and_its_files_give_the_same_and_damage_is_named()
    {
        using var folder = new TemporaryFolder();
        byte[] train = Records(0, 100), test = Records(100, 100);
        string archive = Path.Combine(folder.Path, "cifar-100-binary.tar.gz");
        using (var gzip = new GZipStream(File.Create(archive), CompressionLevel.Fastest))
        using (var tar = new System.Formats.Tar.TarWriter(gzip))
        {
            foreach ((string name, byte[] data) in new[] { ("train.bin", train), ("test.bin", test) })
            {
                tar.WriteEntry(new System.Formats.Tar.UstarTarEntry(System.Formats.Tar.TarEntryType.RegularFile, $"cifar-100-binary/{name}") { DataStream = new MemoryStream(data) });
            }
        }

        float[] Pixels()
        {
            var image = new float[3072];
            CifarDataset.Open(folder.Path, CifarSplit.Fc100)[Split.Test]!.Copy(3, 1, image);
            return image;
        }

        float[] expected = Pixels();
        folder.Write("cifar100/train.bin", train);
        folder.Write("cifar100/test.bin", test);
        Assert.Equal(expected, Pixels());
        Exception Open() => Assert.Throws<DataException>(() => CifarDataset.Open(folder.Path, CifarSplit.CifarFs));
        folder.Write("cifar100/test.bin", test[..^1]);
        Assert.Contains("ends inside record 99", OneLine(Open()));
        test[1] = 100;
        folder.Write("cifar100/test.bin", test);
        Assert.Contains("record 0", OneLine(Open()));
        Directory.Delete(Path.Combine(folder.Path, "cifar100"), recursive: true);
        byte[] whole = File.ReadAllBytes(archive);
        File.WriteAllBytes(archive, whole[..(whole.Length / 2)]);
        OneLine(Open());
        File.Delete(archive);
        Assert.Contains("fewshot data get cifar100", OneLine(Open()));
    }

    private static byte[] Records(int seed, int count)
    {
        var records = new byte[count * 3074];
        new Random(seed).NextBytes(records);
        for (int i = 0; i < count; i++)
        {
            (records[i * 3074], records[(i * 3074) + 1]) = ((byte)(i % 20), (byte)i);
        }

        return records;
    }

    private static string WriteOmniglot(TemporaryFolder folder, string part, int side, string alphabet = "Alphabet")
    {
        string path = Path.Combine(folder.Path, part + ".zip");
        using ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create);
        for (int character = 1; character <= 3; character++)
        {
            for (int drawing = 1; drawing <= 4; drawing++)
            {
                byte[] pixels = [.. Enumerable.Range(0, side * side).Select(i => (byte)(i % side < 15 ? 0 : 255))];
                using Stream entry = archive.CreateEntry($"{part}/{alphabet}/character{character:00}/{character:0000}_{drawing:00}.png").Open();
                entry.Write(PngEncoder.Encode(new RasterImage(side, side, 1, pixels)));
            }
        }

        return path;
    }
}
