using System.Diagnostics;
using Xunit;

namespace FewShot.Tests.Storage;

/// <summary>A real file system of a few kilobytes, so that "disk full" is what the kernel says and not what a mock does.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _mountPoint = new();

    public SmallDisk(int kilobytes)
    {
        if (!Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "tmpfs", _mountPoint.Path))
        {
            _mountPoint.Dispose();
            Assert.Skip("mounting a small tmpfs needs root on Linux");
        }
    }

    public string Path => _mountPoint.Path;

    public string this[string name] => _mountPoint[name];

    public string[] FileNames => _mountPoint.FileNames;

    public void MakeReadOnly() =>
        Assert.True(Run("mount", "-o", "remount,ro", _mountPoint.Path), "the file system could not be made read-only");

    public void Dispose()
    {
        Run("umount", _mountPoint.Path);
        _mountPoint.Dispose();
    }

    private static bool Run(string command, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo(command, arguments) { RedirectStandardError = true, RedirectStandardOutput = true }
            )!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // no such command on this system
        }
    }
}
