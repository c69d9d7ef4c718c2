using System.Globalization;

namespace FewShot.Naming;

/// <summary>
/// How a person writes a value of some kind: what stands for it in a help text, what it must be, and what a text means. The options of
/// methods, of sources and of the command line are made from the same forms. Immutable.
/// </summary>
/// <typeparam name="T">The type of the values; null is no value.</typeparam>
/// <param name="Argument">What stands for the value in a help text, such as "N"; null for a switch, which takes no value.</param>
/// <param name="Expected">What a value must be, to complete the sentence "it must be ...".</param>
/// <param name="Parse">
/// The value that a text means; null where it means none, or a <see cref="FormatException"/> where more can be said of it.
/// </param>
public sealed record ValueForm<T>(string? Argument, string Expected, Func<string, T?> Parse);

/// <summary>The forms of values that options have.</summary>
public static class ValueForm
{
    /// <summary>A text that is not empty.</summary>
    /// <param name="argument">What stands for it in a help text, such as "COLUMN".</param>
    public static ValueForm<string> Text(string argument) => new(argument, "a name", text => text.Length > 0 ? text : null);

    /// <summary>Names joined by commas.</summary>
    /// <param name="argument">What stands for them in a help text, such as "COLUMN,...".</param>
    public static ValueForm<IReadOnlyList<string>> List(string argument) =>
        new(
            argument,
            "names joined by commas",
            text => text.Split(',', StringSplitOptions.TrimEntries) is var parts && parts.All(part => part.Length > 0) ? parts : null
        );

    /// <summary>A whole number.</summary>
    /// <param name="least">The least one that is taken.</param>
    public static ValueForm<int?> Whole(int least) =>
        new(
            "N",
            $"a whole number of at least {least}",
            text =>
                int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least
                    ? value
                    : null
        );

    /// <summary>A finite number above 0, or also 0.</summary>
    /// <param name="zero">Whether 0 is taken too.</param>
    public static ValueForm<double?> Real(bool zero = false) =>
        Number(value => value > 0 || (zero && value == 0), zero ? "a number of at least 0" : "a number above 0");

    /// <summary>A finite number for which a condition holds, or one that is infinite and is written as a word.</summary>
    /// <param name="holds">Whether a number is taken.</param>
    /// <param name="expected">What a value must be, to complete the sentence "it must be ...".</param>
    /// <param name="word">The word; null for none.</param>
    /// <param name="meaning">What the word means.</param>
    public static ValueForm<double?> Number(Predicate<double> holds, string expected, string? word = null, double meaning = 0) =>
        new(
            word is null ? "X" : $"X|{word}",
            word is null ? expected : $"{expected} or {word}",
            text =>
                text.Equals(word, StringComparison.OrdinalIgnoreCase) ? meaning
                : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                && double.IsFinite(value)
                && holds(value)
                    ? value
                : null
        );

    /// <summary>Something that is or is not.</summary>
    public static ValueForm<bool?> Switch() => new(null, "true or false", text => bool.TryParse(text, out bool value) ? value : null);

    /// <summary>One of the values of an enumeration, written in lower case.</summary>
    /// <typeparam name="T">The enumeration of the values.</typeparam>
    public static ValueForm<T?> Choice<T>()
        where T : struct, Enum => Choice([.. Enum.GetValues<T>().Select(value => (value.ToString().ToLowerInvariant(), (T?)value))]);

    /// <summary>One of some values, each with the word for it, in any letter case.</summary>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <param name="values">The words and their values.</param>
    public static ValueForm<T> Choice<T>(IReadOnlyList<(string Word, T Value)> values) =>
        new(
            string.Join('|', values.Select(entry => entry.Word)),
            $"one of {string.Join(", ", values.Select(entry => entry.Word))}",
            text =>
                values
                    .Where(entry => entry.Word.Equals(text, StringComparison.OrdinalIgnoreCase))
                    .Select(entry => entry.Value)
                    .FirstOrDefault()
        );
}
