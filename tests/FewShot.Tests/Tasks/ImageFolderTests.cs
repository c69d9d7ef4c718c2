using FewShot.Tasks;
using FewShot.Tasks.Data;
using Xunit;
using static FewShot.Tests.Tasks.TaskTestData;

namespace FewShot.Tests.Tasks;

public sealed class ImageFolderTests
{
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
        Assert.Contains("'bad.img'", OneLine(Assert.Throws<DataException>(() => ImageDecoder.Decode(System.Text.Encoding.Latin1.GetBytes(file), "bad.img"))));

    [Fact]
    public void Bitmaps_are_read_from_the_bottom_up()
    {
        var file = new byte[54 + 16];
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
        var settings = new SourceSettings { ImageSize = 4 };
        ITaskSource source = TaskSources.Open("images", folder.Path, new TaskOptions { Ways = 3, QueriesPerClass = 2 }, settings);
        Assert.Equal([4, 4, 3], source.Shape.InputShape);
        Assert.Equal((16, 4, 5), (source.Summarize(Split.Train)!.Classes, source.Summarize(Split.Validation)!.Classes, source.Summarize(Split.Test)!.Classes));
        Assert.Equal(Draw(source).SupportInputs, Draw(TaskSources.Open("images", folder.Path, new TaskOptions { Ways = 3, QueriesPerClass = 2 }, settings)).SupportInputs);
        ImageDataset images = ImageFolder.Open(folder.Path, 4, 3);
        var values = new List<float>();
        var image = new float[48];
        for (int index = 0; index < 16; index++)
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
        DatasetInspector.WriteContactSheet(sheet, "images", folder.Path, Split.Train, 5, 3, settings: settings);
        Assert.Equal(2 + (3 * 6), ImageDecoder.Decode(File.ReadAllBytes(sheet), sheet).Width);
    }

    [Fact]
    public void Split_folders_are_taken_as_they_are()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, "train/", 4, 2);
        Fill(folder, "val/", 2, 2, first: 10);
        Fill(folder, "test/", 3, 2, first: 20);
        ImageDataset images = ImageFolder.Open(folder.Path, 4, 1);
        Assert.Equal((4, 2, 3), (images[Split.Train]!.Count, images[Split.Validation]!.Count, images[Split.Test]!.Count));
        Fill(folder, "test/", 1, 2, first: 2);
        Assert.Contains("class 'class02'", OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, 4, 1))));
    }

    [Fact]
    public void Problems_are_named_with_their_file()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("does not exist", OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(Path.Combine(folder.Path, "none"), 4, 1))));
        Assert.Contains("no class folders", OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, 4, 1))));
        Fill(folder, "", 6, 2);
        string bad = folder.Write("class01/image9.png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0]);
        Assert.Contains($"'{bad}'", OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, 4, 1))));
        File.Delete(bad);
        string jpeg = folder.Write("class01/photo.JPG", [1]);
        string message = OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, 4, 1)));
        Assert.Contains(jpeg, message);
        Assert.Contains("unknown format", message);
        File.Delete(jpeg);
        Directory.CreateDirectory(Path.Combine(folder.Path, "class99"));
        Assert.Contains("class99' has no images", OneLine(Assert.Throws<DataException>(() => ImageFolder.Open(folder.Path, 4, 1))));
    }

    private static void Fill(TemporaryFolder folder, string prefix, int classes, int images, int first = 0)
    {
        var random = new Random(1);
        for (int c = first; c < first + classes; c++)
        {
            for (int i = 0; i < images; i++)
            {
                var pixels = new byte[6 * 5 * 3];
                random.NextBytes(pixels);
                folder.Write($"{prefix}class{c:00}/image{i}.png", PngEncoder.Encode(new RasterImage(6, 5, 3, pixels)));
            }
        }
    }
}
