using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FewShot.Reporting;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FewShot.Cli.Printing;

/// <summary>
/// The one place that prints. Text for people goes to standard output; with <c>--json</c> nothing but one JSON object goes there. Progress
/// and errors always go to standard error.
/// </summary>
internal sealed class Output
{
    // Without a terminal nothing limits a line: a table in a file should not be folded.
    private const int FileWidth = 200;

    private static readonly JsonSerializerOptions s_oneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly IAnsiConsole _console;

    public Output(TextWriter standard, TextWriter error)
    {
        (Standard, Error) = (standard, error);
        bool isTerminal = ReferenceEquals(standard, Console.Out) && !Console.IsOutputRedirected;
        _console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(standard), Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No }
        );
        if (!isTerminal)
        {
            _console.Profile.Width = FileWidth;
        }

        Status = new StatusLine(error, ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected);
    }

    public TextWriter Standard { get; }

    public TextWriter Error { get; }

    /// <summary>Whether the result is printed as JSON.</summary>
    public bool Json { get; set; }

    /// <summary>The line of progress on standard error.</summary>
    public StatusLine Status { get; }

    /// <summary>What pictures in the terminal may use.</summary>
    public TerminalColor Color =>
        _console.Profile.Capabilities.Ansi && _console.Profile.Capabilities.ColorSystem >= ColorSystem.EightBit
            ? TerminalColor.Gray
            : TerminalColor.None;

    /// <summary>Columns of the terminal.</summary>
    public int Width => _console.Profile.Width;

    /// <summary>Prints a line for people; what a terminal would obey in it is shown.</summary>
    public void Line(string text = "") => Drawing(TerminalText.Shown(text));

    /// <summary>
    /// Prints what this program drew itself, with the colours and line breaks it put there: nothing that came from elsewhere.
    /// </summary>
    public void Drawing(string text)
    {
        if (!Json)
        {
            Status.Clear();
            Standard.WriteLine(text);
        }
    }

    /// <summary>Prints a table for people, made by <see cref="Format.Table"/>.</summary>
    public void Show(IRenderable renderable)
    {
        if (!Json)
        {
            Status.Clear();
            _console.Write(renderable);
        }
    }

    /// <summary>Prints a line for people on standard error: what happens, not what came out.</summary>
    public void Note(string text) => Status.Note(text);

    /// <summary>Prints an error, a line of it at a time.</summary>
    public void Fault(string text) => Error.WriteLine(TerminalText.Shown(text));

    /// <summary>Prints the result for programs, with all text exact, with <c>--json</c> only.</summary>
    public void Result(JsonObject result)
    {
        if (Json)
        {
            Status.Clear();
            // Shown is an escape of JSON too: what a terminal would obey arrives as text, and programs read it back exactly.
            Standard.WriteLine(TerminalText.Shown(result.ToJsonString(s_oneLine)));
            Standard.Flush();
        }
    }
}
