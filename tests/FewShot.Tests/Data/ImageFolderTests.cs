using FewShot.Data;
using FewShot.Data.Images;
using FewShot.Data.Sources;
using FewShot.Tasks;
using FewShot.Tests.Tasks;
using Xunit;
using static FewShot.Tests.Tasks.TaskTestData;

namespace FewShot.Tests.Data;

public sealed class ImageFolderTests
{
    private static readonly ImageFolderOptions s_small = new() { Size = 4 };

    private static readonly SourceSettings s_smallByName = new SourceSettings().With(ImageFolderSource.ImageSize, 4);

    [Theory]
    [InlineData("P2 # plain\n2 2\n10\n0 5 10 10", new byte[] { 0, 128, 255, 255 }, 1)]
    [InlineData("P1\n2 2\n1 0 01", new byte[] { 0, 255, 255, 0 }, 1)]
    [InlineData("P5 2 1 255\n\u0001\u0002", new byte[] { 1, 2 }, 1)]
    [InlineData("P4 9 1\n\u0040\u0000", new byte[] { 255, 0, 255, 255, 255, 255, 255, 255, 255 }, 1)]
    [InlineData("P6 1 1 255\n\u0001\u0002\u0003", new byte[] { 1, 2, 3 }, 3)]
    [InlineData("P3 1 1 255 7 8 9", new byte[] { 7, 8, 9 }, 3)]
    public void Netpbm_images_are_read(string file, byte[] pixels, int channels)
    {
        RasterImage image = ImageDecoder.Decode(System.Text.Encoding.Latin1.GetBytes(file), "image");
        Assert.Equal(channels, image.Channels);
        Assert.Equal(pixels, image.Pixels);
    }

    [Theory]
    [InlineData("P5 2 2 255\n\u0001\u0002")]
    [InlineData("P2 2 2 255 1 2 3")]
    [InlineData("P2 2 2 5 1 2 3 9")]
    [InlineData("P5 0 2 255\n")]
    [InlineData("BM")]
    [InlineData("GIF89a")]
    [InlineData("II*\0 a TIFF")]
    public void Other_or_damaged_images_are_refused(string file) =>
        Assert.Contains(
            "'bad.img'",
            OneLine(Assert.Throws<DataException>(() => ImageDecoder.Decode(System.Text.Encoding.Latin1.GetBytes(file), "bad.img")))
        );

    [Fact]
    public void Bitmaps_are_read_from_the_bottom_up()
    {
        byte[] file = new byte[54 + 16];
        "BM"u8.CopyTo(file);
        (file[10], file[14], file[18], file[22], file[26], file[28]) = (54, 40, 2, 2, 1, 24);
        byte[] rows = [1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0];
        rows.CopyTo(file, 54);
        Assert.Equal([9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4], ImageDecoder.Decode(file, "b").Pixels);
        Assert.Contains("truncated", Assert.Throws<DataException>(() => ImageDecoder.Decode(file.AsSpan(0, 60), "b")).Message);
    }

    [Fact]
    public void Area_averaging_keeps_the_mean_and_weighs_by_overlap()
    {
        var image = new RasterImage(3, 3, 1, [0, 90, 180, 0, 90, 180, 30, 120, 210]);
        Assert.Equal([30, 150, 50, 170], image.Resize(2, 2).Pixels);
        Assert.Equal([30, 150], new RasterImage(1, 3, 1, [0, 90, 180]).Resize(1, 2).Pixels);
        Assert.Equal([0, 0, 90, 90], new RasterImage(1, 2, 1, [0, 90]).Resize(1, 4).Pixels);
        Assert.Equal([100], image.Resize(1, 1).Pixels);
        Assert.Equal([76], new RasterImage(1, 1, 3, [255, 0, 0]).WithChannels(1).Pixels);
        Assert.Equal([9, 9, 9], new RasterImage(1, 1, 1, [9]).WithChannels(3).Pixels);
    }

    [Fact]
    public void A_folder_of_classes_becomes_tasks_with_disjoint_splits_and_standard_training_pixels()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "", classes: 25, images: 3);
        folder.Write("class03/notes.txt", "not an image");
        ITaskSource source = TaskSources.Open("images", folder.Path, new TaskOptions { Ways = 3, QueriesPerClass = 2 }, s_smallByName);
        Assert.Equal([4, 4, 3], source.Shape.InputShape);
        Assert.Equal(
            (17, 4, 4),
            (source.Summarize(Split.Train)!.Classes, source.Summarize(Split.Validation)!.Classes, source.Summarize(Split.Test)!.Classes)
        );
        Assert.Equal(
            Draw(source).SupportInputs,
            Draw(TaskSources.Open("images", folder.Path, new TaskOptions { Ways = 3, QueriesPerClass = 2 }, s_smallByName)).SupportInputs
        );
        ImageDataset images = ImageFolder.Open(folder.Path, s_small);
        var values = new List<float>();
        float[] image = new float[48];
        for (int index = 0; index < 17; index++)
        {
            for (int i = 0; i < 3; i++)
            {
                images[Split.Train]!.Copy(index, i, image);
                values.AddRange(image);
            }
        }

        Assert.Equal(0, values.Average(), 1e-4);
        Assert.Equal(1, values.Average(value => value * value), 1e-3);
        string sheet = Path.Combine(folder.Path, "sheet.png");
        ContactSheet.Write(sheet, TaskSources.Read("images", folder.Path, s_smallByName), Split.Train, 5, 3);
        Assert.Equal(2 + (3 * 6), ImageDecoder.Decode(File.ReadAllBytes(sheet), sheet).Width);
    }

    [Fact]
    public void Split_folders_are_taken_as_they_are()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "train/", 4, 2);
        Fill(folder, "val/", 2, 2, first: 10);
        Fill(folder, "test/", 3, 2, first: 20);
        ImageDataset images = ImageFolder.Open(folder.Path, s_small);
        Assert.Equal((4, 2, 3), (images[Split.Train]!.Count, images[Split.Validation]!.Count, images[Split.Test]!.Count));
        Fill(folder, "test/", 1, 2, first: 2);
        Assert.Contains("class 'class02'", OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, s_small))));
    }

    [Fact]
    public void Problems_are_named_with_their_file()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(
            "does not exist",
            OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(Path.Combine(folder.Path, "none"), s_small)))
        );
        Assert.Contains("no class folders", OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, s_small))));
        Fill(folder, "", 6, 2);
        string bad = folder.Write("class01/image9.png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0]);
        Assert.Contains($"'{bad}'", OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, s_small))));
        File.Delete(bad);
        string jpeg = folder.Write("class01/photo.JPG", [1]);
        string message = OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, s_small)));
        Assert.Contains(jpeg, message);
        Assert.Contains("unknown format", message);
        File.Delete(jpeg);
        Directory.CreateDirectory(Path.Combine(folder.Path, "class99"));
        Assert.Contains("class99' has no images", OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, s_small))));
    }

    // By SHA-256 in Python: below 0.20 of 2^64 test, below 0.36 validation, else training.
    [Fact]
    public void A_class_keeps_its_split_whatever_is_added()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "", 20, 1);
        Dictionary<string, Split> before = SplitsOf(ImageFolder.Open(folder.Path, s_small));
        Assert.Equal((Split.Test, Split.Validation, Split.Train), (before["class02"], before["class04"], before["class00"]));
        Assert.Equal(["class02", "class15", "class16"], before.Where(item => item.Value == Split.Test).Select(item => item.Key).Order());
        Assert.Equal(
            ["class04", "class10", "class17"],
            before.Where(item => item.Value == Split.Validation).Select(item => item.Key).Order()
        );
        Fill(folder, "", 5, 1, first: 20);
        Dictionary<string, Split> after = SplitsOf(ImageFolder.Open(folder.Path, s_small));
        Assert.All(before, item => Assert.Equal(item.Value, after[item.Key]));
    }

    [Fact]
    public void Runs_of_before_are_divided_by_rank_as_they_were()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "", 25, 1);
        ImageDataset images = ImageFolder.Open(folder.Path, s_small with { Division = ClassDivision.ByRank });
        Assert.Equal((16, 4, 5), (images[Split.Train]!.Count, images[Split.Validation]!.Count, images[Split.Test]!.Count));
    }

    [Fact]
    public void A_split_too_small_says_why_and_what_to_do()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "", 12, 2);
        string message = OneLine(
            Assert.Throws<DataException>(() =>
                TaskSources.Open("images", folder.Path, new TaskOptions { Ways = 3, QueriesPerClass = 1 }, s_smallByName)
            )
        );
        Assert.Contains("folders train, validation and test", message);
    }

    [Fact]
    public void Classes_that_a_learner_was_trained_on_are_left_out_of_what_is_measured()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "train/", 3, 2);
        Fill(folder, "test/", 3, 2, first: 10);
        ImageDataset images = ImageFolder.Open(folder.Path, s_small with { TrainedClasses = ["class00", "class11", "elsewhere"] });
        Assert.Equal(["class11"], images.LeftOut);
        Assert.Equal((3, 2), (images[Split.Train]!.Count, images[Split.Test]!.Count));
        Assert.Contains(
            "left out because the learner was trained on them",
            Assert.Throws<DataException>(() => new ImageTasks(images, new TaskOptions { Ways = 3, QueriesPerClass = 1 })).Message
        );
    }

    [Theory]
    [InlineData("Train", "VAL", "Testing")]
    [InlineData("training", "valid", "test")]
    [InlineData("training_set", "Validation-Set", "test set")]
    [InlineData("trainset", "devset", "testset")]
    [InlineData("TRAIN", "dev", "TEST")]
    public void Usual_names_of_splits_are_known_in_any_letter_case(string train, string validation, string test)
    {
        using var folder = new TemporaryFolder();
        Fill(folder, $"{train}/", 4, 1);
        Fill(folder, $"{validation}/", 2, 1, first: 10);
        Fill(folder, $"{test}/", 3, 1, first: 20);
        ImageDataset images = ImageFolder.Open(folder.Path, s_small);
        Assert.Equal((4, 2, 3), (images[Split.Train]!.Count, images[Split.Validation]!.Count, images[Split.Test]!.Count));
        Fill(folder, "validation/", 1, 1, first: 30);
        Assert.Contains(
            "two folders for the validation split",
            OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, s_small)))
        );
    }

    [Fact]
    public void A_class_may_be_called_like_a_split()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "", 6, 1);
        folder.Write("train/locomotive.png", PngEncoder.Encode(new RasterImage(1, 1, 1, [7])));
        Assert.Contains("train", SplitsOf(ImageFolder.Open(folder.Path, s_small)).Keys);
    }

    [Fact]
    public void Hidden_files_and_folders_are_passed_over_at_any_depth()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "", 4, 2);
        byte[] image = File.ReadAllBytes(Path.Combine(folder.Path, "class00", "image0.png"));
        folder.Write("class00/.ipynb_checkpoints/image0-checkpoint.png", image);
        folder.Write("class00/deeper/.thumbs/small.png", image);
        folder.Write("class00/deeper/own.png", image);
        folder.Write("class00/._image0.png", "no image");
        folder.Write("__MACOSX/class00/image0.png", "no image");
        Assert.Equal(
            ["image0.png", "image1.png", "own.png"],
            ImagePreparation.FilesOf(Path.Combine(folder.Path, "class00")).Select(Path.GetFileName).Order()
        );
        Assert.Equal(4, SplitsOf(ImageFolder.Open(folder.Path, s_small)).Count);
    }

    [Theory]
    [InlineData("class00/loop", "..", "below a class")]
    [InlineData("class00/loop", ".", "below a class")]
    [InlineData("loop", ".", "leads back")]
    [InlineData("loop", "..", "leads back")]
    public void Links_that_lead_back_are_refused(string link, string target, string says)
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "", 4, 2);
        string path = Path.Combine(folder.Path, link);
        Directory.CreateSymbolicLink(path, target);
        string message = OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, s_small)));
        Assert.Contains($"'{path}'", message);
        Assert.Contains(says, message);
    }

    [Fact]
    public void A_class_may_be_a_link_to_its_folder()
    {
        using TemporaryFolder folder = new(),
            elsewhere = new();
        Fill(folder, "", 3, 2);
        Fill(elsewhere, "", 1, 2, first: 9);
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "class09"), Path.Combine(elsewhere.Path, "class09"));
        Assert.Contains("class09", SplitsOf(ImageFolder.Open(folder.Path, s_small)).Keys);
    }

    [Fact]
    public void Composed_and_decomposed_names_are_one_class()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "", 3, 1);
        folder.Write("caf\u00e9/one.png", PngEncoder.Encode(new RasterImage(1, 1, 1, [7])));
        folder.Write("cafe\u0301/two.png", PngEncoder.Encode(new RasterImage(1, 1, 1, [9])));
        ImageClassFiles cafe = Assert.Single(
            ImageFolder.ClassesIn(folder.Path),
            item => item.Name.StartsWith("caf", StringComparison.Ordinal)
        );
        Assert.Equal(2, cafe.Files.Count);
        Assert.Equal(Split.Train, SplitsOf(ImageFolder.Open(folder.Path, s_small))[cafe.Name]);
    }

    [Fact]
    public void Names_that_are_not_UTF8_are_called_so()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Names of files are bytes on Linux.");
        using var folder = new TemporaryFolder();
        Fill(folder, "", 3, 1);
        System.Diagnostics.Process.Start("bash", ["-c", $"mkdir '{folder.Path}/'$'caf\\xe9'"]).WaitForExit();
        Assert.Contains("not UTF-8", OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, s_small))));
        System
            .Diagnostics.Process.Start(
                "bash",
                ["-c", $"rmdir '{folder.Path}/'$'caf\\xe9'; cp '{folder.Path}/class00/image0.png' '{folder.Path}/class00/'$'b\\xe9.png'"]
            )
            .WaitForExit();
        Assert.Contains("not UTF-8", OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, s_small))));
        System.Diagnostics.Process.Start("bash", ["-c", $"rm '{folder.Path}/class00/'$'b\\xe9.png'"]).WaitForExit(); // the runtime cannot
    }

    [Fact]
    public void Pipes_among_images_are_refused_and_never_opened()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pipes of Linux.");
        using var folder = new TemporaryFolder();
        Fill(folder, "", 3, 1);
        System.Diagnostics.Process.Start("mkfifo", [Path.Combine(folder.Path, "class01", "pipe.png")]).WaitForExit();
        Assert.Contains(
            "pipe.png' is an empty file (or a pipe",
            OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, s_small)))
        );
    }

    [Fact]
    public void Identical_files_are_found_those_in_several_splits_first()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "train/", 3, 2);
        Fill(folder, "test/", 3, 2, first: 10);
        folder.Write("train/class02/again.png", File.ReadAllBytes(Path.Combine(folder.Path, "train", "class02", "image1.png")));
        folder.Write("test/class12/seen.png", File.ReadAllBytes(Path.Combine(folder.Path, "train", "class00", "image0.png")));

        // Fill begins every folder with the same random numbers, so the files of the two splits are pairwise the same.
        IReadOnlyList<IdenticalImages> found = TaskSources.Read("images", folder.Path, s_smallByName).Inspect().Identical;
        Assert.Equal(6, found.Count);
        Assert.All(found, same => Assert.True(same.AcrossSplits && same.AcrossClasses));
        Assert.Equal([2, 2, 2, 2, 3, 3], found.Select(same => same.Images.Count).Order());
    }

    private static Dictionary<string, Split> SplitsOf(ImageDataset images) =>
        Enum.GetValues<Split>()
            .Where(split => images[split] is not null)
            .SelectMany(split => Enumerable.Range(0, images[split]!.Count).Select(index => (Name: images[split]!.NameOf(index), split)))
            .ToDictionary(item => item.Name, item => item.split);

    private static void Fill(TemporaryFolder folder, string prefix, int classes, int images, int first = 0)
    {
        var random = new Random(1);
        for (int c = first; c < first + classes; c++)
        {
            for (int i = 0; i < images; i++)
            {
                byte[] pixels = new byte[6 * 5 * 3];
                random.NextBytes(pixels);
                folder.Write($"{prefix}class{c:00}/image{i}.png", PngEncoder.Encode(new RasterImage(6, 5, 3, pixels)));
            }
        }
    }
}
