using System.CommandLine;
using FewShot.Cli.Printing;

namespace FewShot.Cli.Settings;

/// <summary>
/// Options of a command line that is being made, in order, each once: given again, an option keeps its place and takes the new value.
/// </summary>
internal sealed class OptionList
{
    private readonly List<KeyValuePair<string, string?>> _options = [];

    /// <summary>The words of the command line.</summary>
    public IReadOnlyList<string> Arguments =>
        [.. _options.SelectMany(option => option.Value is null ? new[] { option.Key } : [option.Key, option.Value])];

    public bool Contains(string name) => _options.Exists(option => option.Key == name);

    /// <summary>Adds an option; null for one that takes no value.</summary>
    public void Add(string name, string? value)
    {
        int index = _options.FindIndex(option => option.Key == name);
        if (index < 0)
        {
            _options.Add(new(name, value));
        }
        else
        {
            _options[index] = new(name, value);
        }
    }

    public void AddIfMissing(string name, string value)
    {
        if (!Contains(name))
        {
            Add(name, value);
        }
    }

    /// <summary>Adds an option as it was given on another command line, where it was.</summary>
    public void Add(ParseResult parse, Option option)
    {
        if (parse.GetResult(option) is { Implicit: false } given)
        {
            Add(option.Name, given.Tokens.Count > 0 ? given.Tokens[^1].Value : null);
        }
    }

    /// <summary>The value of an option that is there; null for one that takes none.</summary>
    public string? ValueOf(string name) => _options.Find(option => option.Key == name).Value;

    public void Remove(string name) => _options.RemoveAll(option => option.Key == name);

    /// <summary>The options as one would type them.</summary>
    public override string ToString() => string.Join(' ', Arguments.Select(Format.Quoted));
}
