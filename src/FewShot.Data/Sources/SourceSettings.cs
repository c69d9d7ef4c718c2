using System.Collections.Immutable;
using System.Text.Json.Nodes;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Data.Sources;

/// <summary>
/// What a source that is opened by its name is told beyond the size of a task: values of its <see cref="TaskSourceDescriptor.Options"/>,
/// and what any source may need to know. Immutable.
/// </summary>
public sealed record SourceSettings
{
    private ImmutableDictionary<string, object?> Values { get; init; } = ImmutableDictionary<string, object?>.Empty;

    /// <summary>
    /// Names of the classes, or of the groups of a table, that a learner was trained on, which a source of the user's own data leaves out
    /// of the validation and test splits.
    /// </summary>
    /// <value>The default is none.</value>
    public IReadOnlyCollection<string> TrainedClasses { get; init; } = [];

    /// <summary>
    /// How the inputs of a trained learner are prepared, for a source that would compute that from its data: data that have grown do not
    /// change then what the learner is shown.
    /// </summary>
    /// <value>The default is null, which computes it from the training split.</value>
    public InputPreparation? Preparation { get; init; }

    /// <summary>The folder of decoded copies.</summary>
    /// <value>The default is null, which is the user's cache folder.</value>
    public string? CacheFolder { get; init; }

    /// <summary>The value of an option, or its default where it has none here.</summary>
    /// <typeparam name="T">The type of its values.</typeparam>
    /// <param name="option">The option that is asked for.</param>
    public T Get<T>(SourceOption<T> option)
    {
        ArgumentNullException.ThrowIfNull(option);
        return (T)ValueOf(option)!;
    }

    /// <summary>These settings with another value of an option.</summary>
    /// <typeparam name="T">The type of its values.</typeparam>
    /// <param name="option">The option to set.</param>
    /// <param name="value">The value to give it.</param>
    public SourceSettings With<T>(SourceOption<T> option, T value) => WithValue(option, value);

    /// <summary>These settings with another value of an option whose type is not known.</summary>
    /// <param name="option">The option to set.</param>
    /// <param name="value">The value to give it, as <see cref="SourceOption.Parse"/> gives it.</param>
    public SourceSettings WithValue(SourceOption option, object? value)
    {
        ArgumentNullException.ThrowIfNull(option);
        return this with { Values = Values.SetItem(option.Key, value) };
    }

    /// <summary>Whether an option has a value, given or by default.</summary>
    /// <param name="option">The option that is asked for.</param>
    public bool Has(SourceOption option)
    {
        ArgumentNullException.ThrowIfNull(option);
        return ValueOf(option) is not null;
    }

    /// <summary>Adds what a file says of the options of a source.</summary>
    /// <param name="json">Receives a value by the key of each option.</param>
    /// <param name="source">The source whose options are written.</param>
    public void WriteTo(JsonObject json, TaskSourceDescriptor source)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(source);
        foreach (SourceOption option in TaskSources.Options)
        {
            object? value = ValueOf(option);
            if (option.IsInEveryFile || (source.Options.Contains(option) && !Equals(value, option.UnsaidValue)))
            {
                json[option.Key] = option.Write(value);
            }
        }
    }

    /// <summary>Takes what a file says of the options of every source out of it, and leaves the rest.</summary>
    /// <param name="json">What the file says.</param>
    /// <param name="file">The file, for the error.</param>
    /// <param name="subject">What the text says, to complete the sentence "the file does not say ...".</param>
    /// <exception cref="StorageException">A value is of another kind than its option.</exception>
    public static SourceSettings TakeFrom(JsonObject json, string file, string subject)
    {
        ArgumentNullException.ThrowIfNull(json);
        var settings = new SourceSettings();
        foreach (SourceOption option in TaskSources.Options)
        {
            object? value = option.UnsaidValue;
            if (json.Remove(option.Key, out JsonNode? said) && (said is not null || value is not null))
            {
                value =
                    option.Read(said)
                    ?? throw new StorageException(
                        $"'{file}' does not say {subject}: the value of '{option.Key}' must be {option.Expected}; it is damaged, or "
                            + "was not "
                            + "written by this version of FewShot"
                    );
            }

            settings = settings.WithValue(option, value);
        }

        return settings;
    }

    private object? ValueOf(SourceOption option) => Values.TryGetValue(option.Key, out object? value) ? value : option.DefaultValue;
}
