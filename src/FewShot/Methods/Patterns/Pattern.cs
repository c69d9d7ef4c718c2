using System.Text.Json;
using System.Text.Json.Serialization;

namespace FewShot.Methods.Patterns;

/// <summary>
/// Which layers change at which inner step: the matrix Λ[step, layer] (Khabarlak 2022). Where Λ is 0 the compiler finds that no one needs
/// the gradient, and what lies below the lowest layer that ever changes is computed once. All ones is MAML, the head alone ANIL, all but
/// the head BOIL. Immutable.
/// </summary>
/// <remarks>
/// Text forms: <c>all</c>, <c>head</c>, <c>body</c>, <c>lastN</c> (the last N layers, the head included), one row of 0 and 1 used at every
/// step (<c>00011</c>, first layer first), or a row per step (<c>00001;00011;11111</c>).
/// </remarks>
/// <example>
/// <code>
/// Pattern lastTwo = Pattern.Parse("last2"); // the last two layers, at every step
/// Pattern growing = Pattern.Of([false, false, true], [false, true, true]); // two steps of three layers
/// Method method = Methods.Maml(innerSteps: 2, pattern: growing);
/// Learner changed = new(learner.Definition.Under(lastTwo), learner.Parameters); // the same weights, adapted otherwise
/// </code>
/// </example>
[JsonConverter(typeof(PatternText))]
public sealed class Pattern : IEquatable<Pattern>
{
    private readonly string _text;

    private Pattern(string text) => _text = text;

    /// <summary>The pattern of every layer at every step.</summary>
    public static Pattern All { get; } = new("all");

    /// <summary>The pattern of the last layer alone.</summary>
    public static Pattern HeadOnly { get; } = new("head");

    /// <summary>The pattern of all layers but the last.</summary>
    public static Pattern BodyOnly { get; } = new("body");

    /// <summary>The pattern of a row of layers for each step.</summary>
    /// <param name="rows">For each step, whether each layer changes, the first layer first.</param>
    public static Pattern Of(params IEnumerable<IEnumerable<bool>> rows) =>
        Parse(string.Join(';', rows.Select(row => string.Concat(row.Select(on => on ? '1' : '0')))));

    /// <summary>Reads a pattern from its text form.</summary>
    /// <param name="text">One of the text forms.</param>
    /// <exception cref="FormatException">The text is no pattern.</exception>
    public static Pattern Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string trimmed = text.Trim().ToLowerInvariant();
        if (
            trimmed is "all" or "head" or "body"
            || (trimmed.StartsWith("last", StringComparison.Ordinal) && int.TryParse(trimmed[4..], out int count) && count > 0)
        )
        {
            return new Pattern(trimmed);
        }

        string[] rows = trimmed.Split(';');
        if (trimmed.Length == 0 || rows.Any(row => row.Length == 0 || row.Any(c => c is not ('0' or '1'))))
        {
            throw new FormatException(
                $"'{text}' is no pattern; write all, head, body, lastN, a row of 0 and 1 (one a layer, the head last), or rows joined "
                    + "by ';' (one a step)"
            );
        }

        return rows.Any(row => row.Length != rows[0].Length)
            ? throw new FormatException($"'{text}': the rows of a pattern must be equally long")
            : new Pattern(trimmed);
    }

    /// <summary>Whether a layer changes at a step.</summary>
    /// <param name="step">The inner step, from 0.</param>
    /// <param name="layer">The layer, from 0.</param>
    /// <param name="layers">How many layers the model has.</param>
    public bool Changes(int step, int layer, int layers)
    {
        switch (_text)
        {
            case "all":
                return true;
            case "head":
                return layer == layers - 1;
            case "body":
                return layer < layers - 1;
        }

        if (_text[0] == 'l')
        {
            return layer >= layers - int.Parse(_text.AsSpan(4));
        }

        string[] rows = _text.Split(';');
        return rows[Math.Min(step, rows.Length - 1)][layer] == '1';
    }

    /// <summary>Why the pattern does not fit a model and a number of steps, or null.</summary>
    /// <param name="steps">The number of inner steps.</param>
    /// <param name="layers">How many layers the model has.</param>
    public string? Incompatibility(int steps, int layers)
    {
        if (_text[0] is not ('0' or '1'))
        {
            return _text[0] == 'l' && int.Parse(_text.AsSpan(4)) > layers ? $"pattern {_text}: the model has only {layers} layers" : null;
        }

        string[] rows = _text.Split(';');
        return rows[0].Length != layers ? $"pattern {_text} has {rows[0].Length} layers, the model {layers}"
            : rows.Length != 1 && rows.Length != steps ? $"pattern {_text} has {rows.Length} rows for {steps} inner steps"
            : null;
    }

    /// <summary>The pattern as a grid, one row a step.</summary>
    /// <param name="steps">The number of inner steps.</param>
    /// <param name="layers">How many layers the model has.</param>
    public IReadOnlyList<IReadOnlyList<bool>> Grid(int steps, int layers) =>
        [
            .. Enumerable
                .Range(0, steps)
                .Select(step => (IReadOnlyList<bool>)[.. Enumerable.Range(0, layers).Select(layer => Changes(step, layer, layers))]),
        ];

    /// <inheritdoc/>
    public bool Equals(Pattern? other) => other is not null && _text == other._text;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Pattern);

    /// <inheritdoc/>
    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);

    /// <summary>The text form, which <see cref="Parse"/> reads.</summary>
    public override string ToString() => _text;
}

/// <summary>Writes a pattern to files as its text form, and reads it. Thread-safe.</summary>
public sealed class PatternText : JsonConverter<Pattern>
{
    /// <inheritdoc/>
    public override Pattern? Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        try
        {
            return Pattern.Parse(reader.GetString() ?? "");
        }
        catch (FormatException error)
        {
            throw new ArgumentException(error.Message, error);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Pattern value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
