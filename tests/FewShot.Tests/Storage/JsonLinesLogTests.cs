using System.Text.Json.Nodes;
using FewShot.Storage;
using Xunit;

namespace FewShot.Tests.Storage;

public sealed class JsonLinesLogTests
{
    [Fact]
    public void Reads_back_what_it_wrote()
    {
        using var folder = new TemporaryFolder();
        using (var log = JsonLinesLog.Open(folder["log"]))
        {
            log.Append(1, [Pair("loss", 0.5), Pair("note", "a\nb"), Pair("nothing", null)]);
            log.Append(2, [Pair("loss", double.NaN), Pair("other", float.NegativeInfinity)]);
        }

        Assert.Equal(
            """{"step":1,"loss":0.5,"note":"a\nb","nothing":null}""" + "\n" + """{"step":2,"loss":"NaN","other":"-Infinity"}""" + "\n",
            File.ReadAllText(folder["log"])
        );
        Assert.Equal(2, JsonLinesLog.Read(folder["log"]).Count);
    }

    [Fact]
    public void A_line_that_is_not_UTF8_is_named_by_its_number()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["log"], [.. "{\"step\":1}\n{\"step\":2,\"note\":\""u8, 0xff, .. "\"}\n{\"step\":3}\n"u8]);
        Assert.Contains("line 2", Assert.Throws<StorageException>(() => JsonLinesLog.Read(folder["log"])).Message);
        Assert.Contains("line 2", Assert.Throws<StorageException>(() => JsonLinesLog.Open(folder["log"]).Dispose()).Message);
    }

    [Fact]
    public void Every_cut_leaves_the_whole_lines_and_can_be_continued()
    {
        using var folder = new TemporaryFolder();
        Write(folder["whole"], 1, 2, 3);
        byte[] bytes = File.ReadAllBytes(folder["whole"]);
        for (int length = 0; length <= bytes.Length; length++)
        {
            File.WriteAllBytes(folder["cut"], bytes[..length]);
            int whole = bytes[..length].Count(value => value == '\n');
            Assert.Equal(whole, JsonLinesLog.Read(folder["cut"]).Count);
            using (var log = JsonLinesLog.Open(folder["cut"]))
            {
                log.Append(9, []);
            }

            Assert.Equal([.. Enumerable.Range(1, whole), 9], Steps(folder["cut"]));
        }
    }

    [Fact]
    public void Resuming_drops_the_lines_after_the_checkpoint()
    {
        using var folder = new TemporaryFolder();
        Write(folder["log"], 1, 2, 2, 3, 4);
        using (var log = JsonLinesLog.Open(folder["log"], lastStep: 2))
        {
            log.Append(3, []);
        }

        Assert.Equal([1, 2, 2, 3], Steps(folder["log"]));
    }

    [Fact]
    public void Damage_before_the_last_line_is_named_by_its_line()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["log"], "{\"step\":1}\nrubbish\n{\"step\":2}\n");
        Assert.Contains("line 2", Assert.Throws<StorageException>(() => JsonLinesLog.Read(folder["log"])).Message);
        Assert.Contains("line 2", Assert.Throws<StorageException>(() => JsonLinesLog.Open(folder["log"])).Message);
        File.WriteAllText(folder["log"], "{\"step\":1}\n\0\0\0\0\n");
        Assert.Equal([1], Steps(folder["log"]));
    }

    [Fact]
    public void A_full_disk_leaves_whole_lines_and_the_log_goes_on_when_there_is_space()
    {
        using var disk = new SmallDisk(kilobytes: 16);
        string filler = disk["filler"];
        File.WriteAllBytes(filler, new byte[8 * 1024]);
        using var log = JsonLinesLog.Open(disk["log"]);
        StorageException error = Assert.Throws<StorageException>(() =>
        {
            for (int step = 0; step < 1000; step++)
            {
                log.Append(step, [Pair("padding", new string('x', 100))]);
            }
        });
        Assert.Contains(disk["log"], error.Message);
        int whole = JsonLinesLog.Read(disk["log"]).Count;
        Assert.InRange(whole, 10, 999);
        File.Delete(filler);
        log.Append(1000, []);
        Assert.Equal([.. Enumerable.Range(0, whole), 1000], Steps(disk["log"]));
    }

    [Fact]
    public void The_step_cannot_be_given_twice()
    {
        using var folder = new TemporaryFolder();
        using var log = JsonLinesLog.Open(folder["log"]);
        Assert.Throws<ArgumentException>(() => log.Append(1, [Pair("step", 2)]));
        Assert.Equal(0, new FileInfo(folder["log"]).Length);
    }

    private static KeyValuePair<string, JsonNode?> Pair(string name, JsonNode? value) => new(name, value);

    private static void Write(string path, params int[] steps)
    {
        using var log = JsonLinesLog.Open(path);
        foreach (int step in steps)
        {
            log.Append(step, [Pair("loss", 0.25)]);
        }
    }

    private static int[] Steps(string path) => [.. JsonLinesLog.Read(path).Select(line => (int)line["step"]!)];
}
