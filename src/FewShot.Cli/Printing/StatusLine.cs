using System.Diagnostics;

namespace FewShot.Cli.Printing;

/// <summary>Progress on standard error: one line that changes in a terminal, a line every few seconds in a file.</summary>
internal sealed class StatusLine(TextWriter writer, bool terminal)
{
    private static readonly TimeSpan s_terminalPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_filePause = TimeSpan.FromSeconds(10);

    private long _written;
    private bool _shown;

    /// <summary>Shows progress now and then; the text is made only when it is shown.</summary>
    public void Update(Func<string> text)
    {
        if (_written != 0 && Stopwatch.GetElapsedTime(_written) < (terminal ? s_terminalPause : s_filePause))
        {
            return;
        }

        _written = Stopwatch.GetTimestamp();
        if (terminal)
        {
            writer.Write($"\r{Fit(TerminalText.Shown(text()))}\e[K");
            _shown = true;
        }
        else
        {
            writer.WriteLine(TerminalText.Shown(text()));
        }
    }

    /// <summary>Prints a line that stays.</summary>
    public void Note(string text)
    {
        Clear();
        writer.WriteLine(TerminalText.Shown(text));
    }

    /// <summary>Takes the changing line away, so that something else can be printed; the next one shows at once.</summary>
    public void Clear()
    {
        if (_shown)
        {
            writer.Write("\r\e[K");
            writer.Flush();
            _shown = false;
        }

        _written = 0;
    }

    private static string Fit(string text) =>
        text.Length < Console.WindowWidth || Console.WindowWidth < 2 ? text : text[..(Console.WindowWidth - 1)];
}
