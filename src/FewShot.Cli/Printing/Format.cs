using System.Globalization;
using System.Text.Json.Nodes;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Models;
using Spectre.Console;

namespace FewShot.Cli.Printing;

/// <summary>Numbers as people read them, and as JSON has them.</summary>
internal static class Format
{
    public static string Duration(TimeSpan time) =>
        time switch
        {
            { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}h {time.Minutes:00}m"),
            { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}m {time.Seconds:00}s"),
            { TotalSeconds: >= 10 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0}s"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0}s"),
        };

    public static string Bytes(long bytes) =>
        bytes switch
        {
            >= 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.00} GiB"),
            >= 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 20):0.0} MiB"),
            >= 1L << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 10):0.0} KiB"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes"),
        };

    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    public static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");

    /// <summary>A share with its interval in percent, or a loss with its interval.</summary>
    public static string Interval(Interval interval, bool share) =>
        share
            ? string.Create(CultureInfo.InvariantCulture, $"{100 * interval.Mean:0.00} % ± {100 * interval.HalfWidth:0.00}")
            : string.Create(CultureInfo.InvariantCulture, $"{interval.Mean:0.0000} ± {interval.HalfWidth:0.0000}");

    /// <summary>A word of a command line, quoted where a shell would not take it as it is.</summary>
    public static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "/._-+=:,".Contains(c, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    public static string Number(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>Whether the network normalises at all, so that it matters by which statistics.</summary>
    public static bool Normalizes(LearnerDefinition definition) => definition.Network.Normalizes;

    /// <summary>
    /// Where normalisation takes its statistics from, for a line beside a figure; null for a network that does not normalise.
    /// </summary>
    public static string? Normalization(LearnerDefinition definition) =>
        Normalizes(definition) ? $"normalisation from {Name(definition.NormStatistics)} statistics" : null;

    /// <summary>The choice as it is written on a command line and in JSON.</summary>
    public static string Name(NormStatistics statistics) => statistics.ToString().ToLowerInvariant();

    /// <summary>JSON has no NaN: a number that is not there is null.</summary>
    public static JsonNode? Json(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    public static JsonArray Json(IEnumerable<string> values) => [.. values.Select(value => (JsonNode?)JsonValue.Create(value))];

    /// <summary>An empty table in the style of all of them.</summary>
    public static Table Table(params IEnumerable<string> columns)
    {
        Table table = new Table().Border(TableBorder.Rounded);
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(TerminalText.Shown(column))));
        }

        return table;
    }

    /// <summary>Adds a row of plain text.</summary>
    public static void Row(this Table table, params IEnumerable<string> cells) =>
        table.AddRow([.. cells.Select(cell => new Text(TerminalText.Shown(cell)))]);
}
