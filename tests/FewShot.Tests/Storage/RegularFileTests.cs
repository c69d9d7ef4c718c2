using System.Diagnostics;
using FewShot.Data.Tables;
using FewShot.Storage;
using FewShot.Tasks;
using Xunit;

namespace FewShot.Tests.Storage;

/// <summary>Whatever a path leads to, by links too: a regular file of a stated size is read, and nothing is waited for.</summary>
public sealed class RegularFileTests
{
    [Fact]
    public void Links_have_the_length_of_what_they_lead_to()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["file"], new byte[1000]);
        File.CreateSymbolicLink(folder["first"], "file");
        File.CreateSymbolicLink(folder["second"], folder["first"]);
        Assert.Equal(1000, RegularFile.LengthOf(folder["second"]));
        Assert.Equal(1000, RegularFile.ReadAllBytes(folder["second"], 1000).Length);
        Assert.Contains("more than the 999", Assert.Throws<IOException>(() => RegularFile.ReadAllBytes(folder["second"], 999)).Message);
        File.CreateSymbolicLink(folder["nowhere"], "nothing");
        Assert.Throws<FileNotFoundException>(() => RegularFile.LengthOf(folder["nowhere"]));
    }

    [Fact]
    public void Nothing_waits_for_a_pipe_or_reads_a_device()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pipes and devices of Linux.");
        using var folder = new TemporaryFolder();
        Process.Start("mkfifo", [folder["pipe"]]).WaitForExit();
        Directory.CreateDirectory(folder["run"]);
        File.CreateSymbolicLink(folder["run/config.json"], folder["pipe"]);
        foreach (string target in new[] { folder["pipe"], "/dev/zero" })
        {
            File.Delete(folder["link"]);
            File.CreateSymbolicLink(folder["link"], target);
            foreach (string path in new[] { target, folder["link"] })
            {
                Assert.Equal(0, RegularFile.LengthOf(path));
                Assert.Contains("pipe or device", Assert.Throws<StorageException>(() => Safetensors.Read(path)).Message);
                Assert.Contains("pipe or device", Assert.Throws<DataException>(() => CsvFile.Read(path, new TableFormat())).Message);
            }
        }

        Assert.Contains("pipe or device", Assert.Throws<StorageException>(() => RunFolder.ReadConfiguration(folder["run"])).Message);
    }
}
