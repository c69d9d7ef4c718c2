using FewShot.Data.Cifar;
using FewShot.Data.Glyphs;
using FewShot.Data.Omniglot;
using FewShot.Data.Sources;
using FewShot.Data.Tables;
using FewShot.Naming;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>The sources of tasks by name: those of this library and those that a program has registered. Thread-safe.</summary>
public static class TaskSources
{
    // In the order to show them; the first is the default.
    private static readonly TaskSourceDescriptor[] s_builtIn =
    [
        new GlyphSource(),
        new SinusoidSource(),
        new OmniglotSource(OmniglotSplit.Vinyals),
        new OmniglotSource(OmniglotSplit.Official),
        new CifarSource(CifarSplit.CifarFs),
        new CifarSource(CifarSplit.Fc100),
        new ImageFolderSource(),
        new TableSource(),
    ];

    private static readonly Lock s_gate = new();
    private static IReadOnlyList<TaskSourceDescriptor> s_all = s_builtIn;

    /// <summary>Each source, in the order to show them; those that a program has registered come last.</summary>
    public static IReadOnlyList<TaskSourceDescriptor> All => s_all;

    /// <summary>The source for those who name none.</summary>
    public static TaskSourceDescriptor Default => s_builtIn[0];

    /// <summary>The options of all sources, each once.</summary>
    public static IReadOnlyList<SourceOption> Options => [.. All.SelectMany(source => source.Options).Distinct()];

    /// <summary>
    /// Adds a source, which every function that takes a name of a source then knows. Call it when the program starts. The same descriptor
    /// again changes nothing.
    /// </summary>
    /// <param name="source">The source to add.</param>
    /// <exception cref="ArgumentException">
    /// The name is that of another source, or an option has the name or key of an option of another source without being the same object.
    /// </exception>
    public static void Register(TaskSourceDescriptor source)
    {
        ArgumentNullException.ThrowIfNull(source);
        lock (s_gate)
        {
            if (s_all.Contains(source))
            {
                return;
            }

            if (s_all.Any(known => known.Name == source.Name))
            {
                throw new ArgumentException($"there is a source '{source.Name}' already; choose another name", nameof(source));
            }

            foreach (SourceOption option in source.Options.Except(Options))
            {
                if (Options.Any(known => known.Name == option.Name || known.Key == option.Key))
                {
                    throw new ArgumentException(
                        $"there is an option '{option.Name}' already; take that of the other source, or choose another name",
                        nameof(source)
                    );
                }
            }

            s_all = [.. s_all, source];
        }
    }

    /// <summary>Finds a source.</summary>
    /// <param name="name">The name of the source.</param>
    /// <exception cref="DataException">There is no such source; the message lists those there are.</exception>
    public static TaskSourceDescriptor Find(string name) =>
        All.FirstOrDefault(source => source.Name == name)
        ?? throw new DataException(
            $"There is no source '{name}'.{NameSuggestion.For(name, All.Select(source => source.Name))} "
                + $"The sources are {string.Join(", ", All.Select(source => source.Name))}."
        );

    /// <summary>Opens a source.</summary>
    /// <param name="name">The name of one of <see cref="All"/>.</param>
    /// <param name="root">
    /// Where the data are: the data folder, or for a source of the user's own data what its <see cref="TaskSourceDescriptor.Root"/> says.
    /// Null looks in the usual places, see <see cref="DataFolder"/>.
    /// </param>
    /// <param name="options">The size of a task.</param>
    /// <param name="settings">Values of the source's options; null is all of the defaults.</param>
    /// <exception cref="DataException">
    /// There is no such source, its data are missing or damaged, or they are too few for the tasks.
    /// </exception>
    public static ITaskSource Open(string name, string? root, TaskOptions options, SourceSettings? settings = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Read(name, root, settings).Tasks(options);
    }

    /// <summary>Reads the data of a source once, for tasks of several sizes or to look into them.</summary>
    /// <param name="name">The name of one of <see cref="All"/>.</param>
    /// <param name="root">The path of the data, as for <see cref="Open"/>.</param>
    /// <param name="settings">The values of the source's options; null for all of the defaults.</param>
    /// <exception cref="DataException">There is no such source, or its data are missing or damaged.</exception>
    public static SourceData Read(string name, string? root, SourceSettings? settings = null) =>
        Find(name).Open(root, settings ?? new SourceSettings());
}
