namespace FewShot.Cli;

/// <summary>How a command ended, for scripts.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>A check did not pass.</summary>
    public const int CheckFailed = 1;

    /// <summary>The options or inputs make no sense.</summary>
    public const int Usage = 2;

    /// <summary>Data are missing, damaged or too few.</summary>
    public const int Data = 3;

    /// <summary>A file of FewShot's own cannot be read or written.</summary>
    public const int Storage = 4;

    /// <summary>The loss of training is no longer a number.</summary>
    public const int Diverged = 5;

    /// <summary>The program itself has a fault.</summary>
    public const int Internal = 70;

    /// <summary>The command was ended by Ctrl-C or SIGTERM; what was done is kept.</summary>
    public const int Interrupted = 130;

    public const string Summary =
        "0 done, 1 a check failed, 2 wrong usage, 3 data missing or damaged, 4 a file cannot be read or written, 5 training diverged, "
        + "70 internal error, 130 interrupted";
}
