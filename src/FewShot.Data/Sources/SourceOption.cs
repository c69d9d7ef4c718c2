using System.Text.Json.Nodes;
using FewShot.Naming;

namespace FewShot.Data.Sources;

/// <summary>
/// One setting that a source of tasks takes besides the size of a task: its name, how a person writes it, how a file does, and what holds
/// where it is not given. The command line, its help and the configuration of a run are made from it. Immutable. An option is the same as
/// another only if it is the same object, or was made from it by <c>with</c> and says the same.
/// </summary>
public abstract record SourceOption
{
    private protected SourceOption(string name, string? argument, string help, string expected)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentException.ThrowIfNullOrWhiteSpace(help);
        (Name, Argument, Help, Expected) = (name, argument, help, expected);
        string[] words = name.Split('-');
        Key = words[0] + string.Concat(words.Skip(1).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
    }

    /// <summary>The name in lower-case words joined by dashes, such as "image-size"; on the command line after two dashes.</summary>
    public string Name { get; }

    /// <summary>The name in files of runs.</summary>
    /// <value>The default is made of <see cref="Name"/>: "image-size" is "imageSize".</value>
    public string Key { get; init; }

    /// <summary>What stands for the value in a help text, such as "COLUMN"; null for a switch, which takes no value.</summary>
    public string? Argument { get; }

    /// <summary>One sentence that says what the option means, with its default in brackets.</summary>
    public string Help { get; }

    /// <summary>What a value must be, to complete the sentence "it must be ...".</summary>
    public string Expected { get; }

    /// <summary>Whether the source cannot be opened without a value.</summary>
    /// <value>The default is false.</value>
    public bool IsRequired { get; init; }

    /// <summary>Whether a person is asked for it; an option that is not is kept in files only.</summary>
    /// <value>The default is true.</value>
    public bool IsAsked { get; init; } = true;

    // Files of the first release have some options even where another source is used, and a run that goes on must say the same again.
    internal bool IsInEveryFile { get; init; }

    internal abstract object? DefaultValue { get; }

    // What a file means that does not say it.
    internal abstract object? UnsaidValue { get; }

    /// <summary>
    /// How classes of images, or groups of a table, are divided into splits where nothing says it. It is not asked for; a run stores it,
    /// and one that does not say it was divided by rank.
    /// </summary>
    public static SourceOption<ClassDivision> Division { get; } =
        Choice("division", "How classes or groups are divided into splits where nothing says it.", ClassDivision.ByHash) with
        {
            IsAsked = false,
            Unsaid = ClassDivision.ByRank,
        };

    /// <summary>Makes an option of names, such as columns, joined by commas.</summary>
    /// <param name="name">The <see cref="Name"/> of the option.</param>
    /// <param name="argument">The <see cref="Argument"/> of the option.</param>
    /// <param name="help">The <see cref="Help"/> of the option.</param>
    public static SourceOption<IReadOnlyList<string>?> List(string name, string argument, string help) =>
        Of<IReadOnlyList<string>?, IReadOnlyList<string>>(
            name,
            help,
            ValueForm.List(argument),
            json =>
                json is JsonArray items && items.All(item => TextOf(item) is not null)
                    ? items.Select(item => TextOf(item)!).ToArray()
                    : null,
            value => new JsonArray([.. value!.Select(item => (JsonNode?)item)]),
            null
        );

    /// <summary>Makes an option of a text that is not empty, such as a column.</summary>
    /// <param name="name">The <see cref="Name"/> of the option.</param>
    /// <param name="argument">The <see cref="Argument"/> of the option.</param>
    /// <param name="help">The <see cref="Help"/> of the option.</param>
    public static SourceOption<string?> Text(string name, string argument, string help) =>
        Of<string?, string>(name, help, ValueForm.Text(argument), TextOf, value => JsonValue.Create(value), null);

    /// <summary>Makes an option of a whole number.</summary>
    /// <param name="name">The <see cref="Name"/> of the option.</param>
    /// <param name="help">The <see cref="Help"/> of the option.</param>
    /// <param name="least">The least value that is allowed.</param>
    /// <param name="fallback">The value where none is given.</param>
    public static SourceOption<int> Whole(string name, string help, int least, int fallback) =>
        Of<int, int?>(
            name,
            help,
            ValueForm.Whole(least),
            json => json is JsonValue item && item.TryGetValue(out int value) ? value : null,
            value => JsonValue.Create(value),
            fallback
        );

    /// <summary>Makes an option of something that is or is not, and is not where it is not given.</summary>
    /// <param name="name">The <see cref="Name"/> of the option.</param>
    /// <param name="help">The <see cref="Help"/> of the option.</param>
    public static SourceOption<bool> Switch(string name, string help) =>
        Of<bool, bool?>(
            name,
            help,
            ValueForm.Switch(),
            json => json is JsonValue item && item.TryGetValue(out bool value) ? value : null,
            value => JsonValue.Create(value),
            false
        );

    /// <summary>Makes an option of one of the values of an enumeration.</summary>
    /// <typeparam name="T">The type of the enumeration.</typeparam>
    /// <param name="name">The <see cref="Name"/> of the option.</param>
    /// <param name="help">The <see cref="Help"/> of the option.</param>
    /// <param name="fallback">The value where none is given.</param>
    public static SourceOption<T> Choice<T>(string name, string help, T fallback)
        where T : struct, Enum =>
        Choice(name, help, [.. Enum.GetValues<T>().Select(value => (value.ToString().ToLowerInvariant(), value))], fallback);

    /// <summary>Makes an option of one of some values, each with the word for it.</summary>
    /// <typeparam name="T">The type of the values; their texts are what files say.</typeparam>
    /// <param name="name">The <see cref="Name"/> of the option.</param>
    /// <param name="help">The <see cref="Help"/> of the option.</param>
    /// <param name="values">The words and their values.</param>
    /// <param name="fallback">The value where none is given.</param>
    public static SourceOption<T> Choice<T>(string name, string help, IReadOnlyList<(string Word, T Value)> values, T fallback)
    {
        ArgumentNullException.ThrowIfNull(values);
        return Of<T, object>(
            name,
            help,
            ValueForm.Choice<object>([.. values.Select(entry => (entry.Word, (object)entry.Value!))]),
            json => values.Where(entry => InFile(entry.Value) == TextOf(json)).Select(entry => (object?)entry.Value).FirstOrDefault(),
            value => JsonValue.Create(InFile(value)),
            fallback
        );
    }

    /// <summary>The value that a person wrote; null where the text is none.</summary>
    /// <param name="text">The text that the person wrote.</param>
    public abstract object? Parse(string text);

    // The value that a file has; null where it is of another kind.
    internal abstract object? Read(JsonNode? json);

    internal abstract JsonNode? Write(object? value);

    private static SourceOption<T> Of<T, TForm>(
        string name,
        string help,
        ValueForm<TForm> form,
        Func<JsonNode?, object?> read,
        Func<T, JsonNode?> write,
        T fallback
    ) => new(name, form.Argument, help, form.Expected, text => form.Parse(text), read, write, fallback);

    private static string? TextOf(JsonNode? json) => json is JsonValue item && item.TryGetValue(out string? text) ? text : null;

    private static string InFile<T>(T value) => value?.ToString() is { Length: > 0 } text ? char.ToLowerInvariant(text[0]) + text[1..] : "";
}

/// <summary>A <see cref="SourceOption"/> whose type is known.</summary>
/// <typeparam name="T">The type of its values.</typeparam>
public sealed record SourceOption<T> : SourceOption
{
    private readonly Func<string, object?> _parse;
    private readonly Func<JsonNode?, object?> _read;
    private readonly Func<T, JsonNode?> _write;

    internal SourceOption(
        string name,
        string? argument,
        string help,
        string expected,
        Func<string, object?> parse,
        Func<JsonNode?, object?> read,
        Func<T, JsonNode?> write,
        T fallback
    )
        : base(name, argument, help, expected)
    {
        (_parse, _read, _write) = (parse, read, write);
        (Default, Unsaid) = (fallback, fallback);
    }

    /// <summary>The value that holds where none is given.</summary>
    public T Default { get; }

    // Differs from the default where runs of before there was a choice had something else than is the default now.
    internal T Unsaid { get; init; }

    internal override object? DefaultValue => Default;

    internal override object? UnsaidValue => Unsaid;

    /// <inheritdoc/>
    public override object? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return _parse(text);
    }

    internal override object? Read(JsonNode? json) => _read(json);

    internal override JsonNode? Write(object? value) => value is null ? null : _write((T)value);
}
