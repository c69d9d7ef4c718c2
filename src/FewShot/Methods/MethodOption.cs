using FewShot.Naming;

namespace FewShot.Methods;

/// <summary>
/// What anything says of one property of <see cref="MethodOptions"/>: its name, help, form, and to which methods it applies. The command
/// line, its help, comparisons and the refusals of the catalogue are made from it. Immutable.
/// </summary>
public abstract class MethodOption
{
    private protected MethodOption(string name, string? argument, string help, string expected) =>
        (Name, Argument, Help, Expected) = (name, argument, help, expected);

    /// <summary>The name in lower-case words joined by dashes, such as "inner-steps"; on the command line after two dashes.</summary>
    public string Name { get; }

    /// <summary>What stands for the value in a help text, such as "N"; null for a switch, which takes no value.</summary>
    public string? Argument { get; }

    /// <summary>One sentence that says what the option means, with its default in brackets.</summary>
    public string Help { get; }

    /// <summary>What a value must be, to complete the sentence "it must be ...".</summary>
    public string Expected { get; }

    /// <summary>The name of the property.</summary>
    public string Property => string.Concat(Name.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    /// <summary>The value that a person wrote; null where the text is none.</summary>
    /// <param name="text">What the person wrote.</param>
    /// <exception cref="FormatException">The text is none, and the message says why.</exception>
    public abstract object? Parse(string text);

    /// <summary>Options with another value of this one.</summary>
    /// <typeparam name="T">The options, or what is derived from them.</typeparam>
    /// <param name="options">What the value is put into.</param>
    /// <param name="value">The value, as <see cref="Parse"/> gives it.</param>
    public abstract T With<T>(T options, object value)
        where T : MethodOptions;

    // Why the option, where it is set, does not apply to the method that was made with it.
    internal abstract string? Incompatibility(Method method, MethodOptions options);
}

/// <summary>A <see cref="MethodOption"/> whose type is known.</summary>
internal sealed class MethodOption<TValue>(
    string name,
    string help,
    ValueForm<TValue> form,
    Func<MethodOptions, TValue?> get,
    Func<MethodOptions, TValue, MethodOptions> set,
    Func<Method, TValue, string?>? refuse = null
) : MethodOption(name, form.Argument, help, form.Expected)
{
    public override object? Parse(string text) => form.Parse(text);

    public override T With<T>(T options, object value) => (T)set(options, (TValue)value);

    internal override string? Incompatibility(Method method, MethodOptions options) =>
        get(options) is { } value ? refuse?.Invoke(method, value) : null;
}
