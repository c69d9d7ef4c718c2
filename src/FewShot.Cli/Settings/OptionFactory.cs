using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;
using FewShot.Data.Sources;
using FewShot.Methods;
using FewShot.Naming;

namespace FewShot.Cli.Settings;

/// <summary>
/// Options whose errors say what was expected. All are null where they are not given, so that a default can come from elsewhere: from a
/// stored run or the library.
/// </summary>
internal static partial class OptionFactory
{
    /// <summary>An option of a source of tasks.</summary>
    public static Option Of(SourceOption option) => Of(option.Name, option.Argument, option.Help, option.Expected, option.Parse);

    /// <summary>What was given for an option of a source or of a method.</summary>
    public static object? ValueOf(ParseResult parse, Option option) =>
        option is Option<bool> flag ? parse.GetValue(flag) : parse.GetValue((Option<object?>)option);

    /// <summary>An option of a method.</summary>
    public static Option Of(MethodOption option) => Of(option.Name, option.Argument, option.Help, option.Expected, option.Parse);

    public static Option<string?> Text(string name, string argument, string help) => Formed(name, help, ValueForm.Text(argument));

    public static Option<int?> Whole(string name, string help, int least) => Formed(name, help, ValueForm.Whole(least));

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

    public static Option<double?> Real(string name, string help, bool zero = false) => Formed(name, help, ValueForm.Real(zero));

    public static Option<TimeSpan?> Duration(string name, string help) =>
        Parsed<TimeSpan?>(name, "TIME", help, ParseDuration, "a time such as 90s, 10m or 1h30m");

    public static Option<long?> Bytes(string name, string help) =>
        Parsed<long?>(name, "BYTES", help, ParseBytes, "a size such as 500000, 64MB or 1GiB");

    public static Option<IReadOnlyList<string>?> List(string name, string argument, string help) =>
        Formed(name, help, ValueForm.List(argument));

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
        where T : struct, Enum => Formed(name, help, ValueForm.Choice<T>());

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

    private static Option Of(string name, string? argument, string help, string expected, Func<string, object?> parse) =>
        argument is null ? new Option<bool>($"--{name}") { Description = help } : Parsed($"--{name}", argument, help, parse, expected);

    private static Option<T?> Formed<T>(string name, string help, ValueForm<T> form) =>
        Parsed(name, form.Argument!, help, form.Parse, form.Expected);

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
                try
                {
                    T value = parse(text);
                    if (value is null)
                    {
                        result.AddError($"{name} must be {expected}, not '{text}'");
                    }

                    return value;
                }
                catch (FormatException error)
                {
                    result.AddError($"{name}: {error.Message}");
                    return default!;
                }
            },
        };

    [GeneratedRegex(@"^(?:(?<h>\d+(?:\.\d+)?)h)?(?:(?<m>\d+(?:\.\d+)?)m)?(?:(?<s>\d+(?:\.\d+)?)s)?$", RegexOptions.IgnoreCase)]
    private static partial Regex DurationForm();

    [GeneratedRegex(@"^(?<number>\d+(?:\.\d+)?)\s*(?<unit>[KMG]i?B?|B)?$", RegexOptions.IgnoreCase)]
    private static partial Regex BytesForm();
}
