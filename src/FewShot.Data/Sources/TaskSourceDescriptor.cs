using FewShot.Data.Downloads;
using FewShot.Tasks;

namespace FewShot.Data.Sources;

/// <summary>
/// A source of tasks that describes itself: everything that the library, the command line and its help say of the source comes from here.
/// Register one of your own by <see cref="TaskSources.Register"/>. Implementations are safe for concurrent use.
/// </summary>
/// <example>
/// <code>
/// public sealed class WaveSource : TaskSourceDescriptor
/// {
///     public override string Name => "waves";
///
///     public override string Summary => "sine waves, made on demand";
///
///     public override TaskKind KindOf(SourceSettings settings) => TaskKind.Regression;
///
///     public override SourceData Open(string? root, SourceSettings settings) => new(options => new SinusoidTasks(options));
/// }
/// </code>
/// </example>
public abstract class TaskSourceDescriptor
{
    /// <summary>The name that the source is opened by: lower-case words joined by dashes.</summary>
    public abstract string Name { get; }

    /// <summary>What the source is, in a few words.</summary>
    public abstract string Summary { get; }

    /// <summary>The settings that the source takes, in the order to show them.</summary>
    /// <value>The default is none.</value>
    public virtual IReadOnlyList<SourceOption> Options => [];

    /// <summary>What the root of the data is for a source of the user's own data, such as "the file".</summary>
    /// <value>The default is null: the root is the data folder, or there is nothing to read.</value>
    public virtual string? Root => null;

    /// <summary>The data set that the source is made of, where it can be downloaded.</summary>
    /// <value>The default is null.</value>
    public virtual DownloadableDataset? Download => null;

    /// <summary>What the tasks ask for.</summary>
    /// <param name="settings">The settings that the source is opened with.</param>
    /// <value>The default is classification.</value>
    public virtual TaskKind KindOf(SourceSettings settings) => TaskKind.Classification;

    /// <summary>Reads the data of the source.</summary>
    /// <param name="root">Where the data are: the data folder, or what <see cref="Root"/> says. Null looks in the usual places.</param>
    /// <param name="settings">Values of <see cref="Options"/>.</param>
    /// <exception cref="DataException">The data are missing or damaged.</exception>
    public abstract SourceData Open(string? root, SourceSettings settings);

    /// <summary>Says whether the data are there. Unless it is overridden, data that can be downloaded are read to know it.</summary>
    /// <param name="root">The data folder; null is the usual one.</param>
    public virtual SourceState StateIn(string? root)
    {
        if (Root is not null)
        {
            return new SourceState("yours: name it with the root of the data", false);
        }

        if (Download is not { } download)
        {
            return new SourceState("built in", true);
        }

        try
        {
            Open(root, new SourceSettings());
            return new SourceState("ready", true);
        }
        catch (DataException)
        {
            return new SourceState($"missing: fewshot data get {download.Name}", false);
        }
    }

    /// <summary>The root of the data, which this source cannot do without.</summary>
    /// <param name="root">The root that was given.</param>
    /// <exception cref="DataException">None was given.</exception>
    protected string RequireRoot(string? root) =>
        !string.IsNullOrEmpty(root) ? root : throw new DataException($"The source '{Name}' needs {Root}; give it as the root of the data.");

    /// <summary>The value of an option that this source cannot do without.</summary>
    /// <typeparam name="T">The type of its values.</typeparam>
    /// <param name="settings">The settings that the source is opened with.</param>
    /// <param name="option">The option that is needed.</param>
    /// <exception cref="DataException">It has no value.</exception>
    protected T Require<T>(SourceSettings settings, SourceOption<T?> option)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(option);
        return settings.Get(option)
            ?? throw new DataException($"The source '{Name}' needs its option '{option.Name}' ({option.Help.TrimEnd('.')}).");
    }
}
