using FewShot.Storage;
using Xunit;

namespace FewShot.Tests.Storage;

public sealed class AtomicFileTests
{
    [Fact]
    public void Replaces_a_file_and_leaves_nothing_else()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.WriteText(folder["a.txt"], "old");
        AtomicFile.WriteText(folder["a.txt"], "new");
        Assert.Equal("new", File.ReadAllText(folder["a.txt"]));
        Assert.Equal(["a.txt"], folder.FileNames);
    }

    [Fact]
    public void The_old_version_stays_visible_until_the_new_one_is_whole()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.WriteText(folder["a.txt"], "old");
        AtomicFile.Write(
            folder["a.txt"],
            stream =>
            {
                stream.Write("ne"u8);
                stream.Flush();
                Assert.Equal("old", File.ReadAllText(folder["a.txt"]));
                stream.Write("w"u8);
            }
        );
        Assert.Equal("new", File.ReadAllText(folder["a.txt"]));
    }

    [Fact]
    public void An_error_of_the_writer_is_passed_on_and_leaves_the_old_version()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.WriteText(folder["a.txt"], "old");
        Assert.Throws<ArithmeticException>(() =>
            AtomicFile.Write(
                folder["a.txt"],
                stream =>
                {
                    stream.Write("half"u8);
                    throw new ArithmeticException();
                }
            )
        );
        Assert.Equal("old", File.ReadAllText(folder["a.txt"]));
        Assert.Equal(["a.txt"], folder.FileNames);
    }

    [Fact]
    public void A_full_disk_leaves_the_old_version_and_says_where()
    {
        using var disk = new SmallDisk(kilobytes: 64);
        string path = disk["a.bin"];
        AtomicFile.Write(path, stream => stream.Write(new byte[20_000]));
        StorageException error = Assert.Throws<StorageException>(() => AtomicFile.Write(path, stream => stream.Write(new byte[200_000])));
        Assert.Contains(path, error.Message);
        Assert.Contains("No space left", error.Message);
        Assert.Contains("the previous version is untouched", error.Message);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal(["a.bin"], disk.FileNames);
        Assert.Equal(20_000, new FileInfo(path).Length);

        // The space the failed attempt took is free again.
        AtomicFile.Write(path, stream => stream.Write(new byte[30_000]));
        Assert.Equal(30_000, new FileInfo(path).Length);
    }

    [Fact]
    public void A_disk_that_fills_up_in_the_last_buffer_is_noticed_too()
    {
        // Few bytes stay in the stream's buffer until it is flushed: the error must not be lost there.
        using var disk = new SmallDisk(kilobytes: 16);
        File.WriteAllBytes(disk["filler"], new byte[16 * 1024]);
        StorageException error = Assert.Throws<StorageException>(() => AtomicFile.WriteText(disk["a.txt"], "hello"));
        Assert.Contains("nothing was written", error.Message);
        Assert.Equal(["filler"], disk.FileNames);
    }

    [Fact]
    public void A_read_only_file_system_leaves_the_old_version_and_says_where()
    {
        using var disk = new SmallDisk(kilobytes: 64);
        AtomicFile.WriteText(disk["a.txt"], "old");
        disk.MakeReadOnly();
        StorageException error = Assert.Throws<StorageException>(() => AtomicFile.WriteText(disk["a.txt"], "new"));
        Assert.Contains(disk["a.txt"], error.Message);
        Assert.Equal("old", File.ReadAllText(disk["a.txt"]));
    }

    [Fact]
    public void A_read_only_folder_leaves_the_old_version_and_says_where()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            Assert.Skip("folder permissions do not bind root; the read-only file system is tested instead");
            return;
        }

        using var folder = new TemporaryFolder();
        AtomicFile.WriteText(folder["a.txt"], "old");
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            StorageException error = Assert.Throws<StorageException>(() => AtomicFile.WriteText(folder["a.txt"], "new"));
            Assert.Contains("access is denied", error.Message);
            Assert.Equal("old", File.ReadAllText(folder["a.txt"]));
        }
        finally
        {
            File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void A_missing_folder_is_named()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder["nowhere"], "a.txt");
        StorageException error = Assert.Throws<StorageException>(() => AtomicFile.WriteText(path, "new"));
        Assert.Contains(path, error.Message);
    }

    [Fact]
    public void Leftovers_of_killed_writers_are_removed_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[".a.txt.123-abc.partial"], "");
        File.WriteAllText(folder[".hidden"], "");
        File.WriteAllText(folder["mine.partial"], "");
        AtomicFile.RemoveLeftovers(folder.Path);
        Assert.Equal([".hidden", "mine.partial"], folder.FileNames);
    }
}
