using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;
using FewShot.Data.Sources;

namespace FewShot.Cli.Settings;

/// <summary>
/// Options whose errors say what was expected. All are null where they are not given, so that a default can come from elsewhere: from a
/// stored run or the library.
/// </summary>
internal static partial class OptionFactory
{
    /// <summary>An option of a source of tasks.</summary>
    public static Option Of(SourceOption option) =>
        option.Argument is null
            ? new Option<bool>($"--{option.Name}") { Description = option.Help }
            : Parsed<object?>($"--{option.Name}", option.Argument, option.Help, option.Parse, option.Expected);

    /// <summary>What was given for an option of a source of tasks.</summary>
    public static object? ValueOf(ParseResult parse, Option option) =>
        option is Option<bool> flag ? parse.GetValue(flag) : parse.GetValue((Option<object?>)option);

    public static Option<string?> Text(string name, string argument, string help) =>
        Parsed<string?>(name, argument, help, text => text.Length > 0 ? text : null, "a name");

    public static Option<int?> Whole(string name, string help, int least) =>
        Parsed<int?>(
            name,
            "N",
            help,
            text =>
                int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least
                    ? value
                    : null,
            $"a whole number of at least {least}"
        );

    public static Option<long?> Long(string name, string help, long least) =>
        Parsed<long?>(
            name,
            "N",
            help,
            text =>
                long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= least
                    ? value
                    : null,
            $"a whole number of at least {least}"
        );

    public static Option<ulong?> Seed(string name, string help) =>
        Parsed<ulong?>(
            name,
            "N",
            help,
            text => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value : null,
            "a whole number from 0"
        );

    public static Option<double?> Real(string name, string help, bool zero = false) =>
        Number(name, help, value => value > 0 || (zero && value == 0), zero ? "a number of at least 0" : "a number above 0");

    /// <summary>A number for which a condition holds; one that is infinite is written as a word.</summary>
    public static Option<double?> Number(
        string name,
        string help,
        Predicate<double> holds,
        string expected,
        string? word = null,
        double meaning = 0
    ) =>
        Parsed<double?>(
            name,
            word is null ? "X" : $"X|{word}",
            help,
            text =>
                text.Equals(word, StringComparison.OrdinalIgnoreCase) ? meaning
                : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                && double.IsFinite(value)
                && holds(value)
                    ? value
                : null,
            word is null ? expected : $"{expected} or {word}"
        );

    public static Option<TimeSpan?> Duration(string name, string help) =>
        Parsed<TimeSpan?>(name, "TIME", help, ParseDuration, "a time such as 90s, 10m or 1h30m");

    public static Option<long?> Bytes(string name, string help) =>
        Parsed<long?>(name, "BYTES", help, ParseBytes, "a size such as 500000, 64MB or 1GiB");

    public static Option<IReadOnlyList<string>?> List(string name, string argument, string help) =>
        Parsed<IReadOnlyList<string>?>(
            name,
            argument,
            help,
            text => text.Split(',', StringSplitOptions.TrimEntries) is var parts && parts.All(part => part.Length > 0) ? parts : null,
            "names joined by commas"
        );

    public static Option<IReadOnlyList<int>?> Sizes(string name, string help) =>
        Parsed<IReadOnlyList<int>?>(
            name,
            "N,N,...",
            help,
            text =>
            {
                string[] parts = text.Split(',');
                int[] sizes =
                [
                    .. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int size) ? size : 0),
                ];
                return sizes.All(size => size > 0) ? sizes : null;
            },
            "sizes joined by commas, such as 40,40"
        );

    /// <summary>One of the values of an enumeration, written in lower case.</summary>
    public static Option<T?> Choice<T>(string name, string help)
        where T : struct, Enum =>
        Choice(name, help, [.. Enum.GetValues<T>().Select(value => (value.ToString().ToLowerInvariant(), value))]);

    /// <summary>One of some values, each with the word for it.</summary>
    public static Option<T?> Choice<T>(string name, string help, IReadOnlyList<(string Word, T Value)> values)
        where T : struct =>
        Parsed<T?>(
            name,
            string.Join('|', values.Select(entry => entry.Word)),
            help,
            text =>
                values
                    .Where(entry => entry.Word.Equals(text, StringComparison.OrdinalIgnoreCase))
                    .Select(entry => (T?)entry.Value)
                    .FirstOrDefault(),
            $"one of {string.Join(", ", values.Select(entry => entry.Word))}"
        );

    internal static TimeSpan? ParseDuration(string text)
    {
        Match match = DurationForm().Match(text);
        if (!match.Success || text.Length == 0)
        {
            return null;
        }

        double Part(string group) =>
            match.Groups[group].Success ? double.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture) : 0;
        double seconds = (3600 * Part("h")) + (60 * Part("m")) + Part("s");
        return seconds > 0 && seconds < TimeSpan.MaxValue.TotalSeconds / 2 ? TimeSpan.FromSeconds(seconds) : null;
    }

    internal static long? ParseBytes(string text)
    {
        Match match = BytesForm().Match(text);
        if (!match.Success)
        {
            return null;
        }

        double unit = match.Groups["unit"].Value.ToUpperInvariant() switch
        {
            "K" or "KB" => 1e3,
            "M" or "MB" => 1e6,
            "G" or "GB" => 1e9,
            "KIB" => 1L << 10,
            "MIB" => 1L << 20,
            "GIB" => 1L << 30,
            _ => 1,
        };
        double bytes = double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture) * unit;
        return bytes is >= 1 and < 1e15 ? (long)bytes : null;
    }

    private static Option<T> Parsed<T>(string name, string argument, string help, Func<string, T> parse, string expected) =>
        new(name)
        {
            Description = help,
            HelpName = argument,

            // Given twice, the last one counts, so that a script's options can be overridden at its end.
            Arity = ArgumentArity.OneOrMore,
            CustomParser = result =>
            {
                string text = result.Tokens[^1].Value;
                T value = parse(text);
                if (value is null)
                {
                    result.AddError($"{name} must be {expected}, not '{text}'");
                }

                return value;
            },
        };

    [GeneratedRegex(@"^(?:(?<h>\d+(?:\.\d+)?)h)?(?:(?<m>\d+(?:\.\d+)?)m)?(?:(?<s>\d+(?:\.\d+)?)s)?$", RegexOptions.IgnoreCase)]
    private static partial Regex DurationForm();

    [GeneratedRegex(@"^(?<number>\d+(?:\.\d+)?)\s*(?<unit>[KMG]i?B?|B)?$", RegexOptions.IgnoreCase)]
    private static partial Regex BytesForm();
}
