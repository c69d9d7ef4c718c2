using System.Text.Json;
using System.Text.Json.Nodes;

namespace FewShot.Storage;

/// <summary>
/// The folder of one training run, held by one process at a time:
/// <list type="table">
/// <item><term>config.json</term><description>the configuration, written once</description></item>
/// <item><term>latest.safetensors</term><description>weights and optimiser state to resume from, one file so that they always belong
/// together</description></item>
/// <item><term>best.safetensors</term><description>the weights that validated best</description></item>
/// <item><term>log.jsonl</term><description>one JSON object a line, each with its step</description></item>
/// <item><term>events.out.tfevents.*</term><description>the same numbers for TensorBoard</description></item>
/// </list>
/// A kill at any moment leaves a folder that opens and resumes. Not safe for use by several threads at once.
/// </summary>
public sealed class RunFolder : IDisposable
{
    private const string ConfigurationName = "config.json";
    private const string LatestName = "latest.safetensors";
    private const string BestName = "best.safetensors";
    private const string LogName = "log.jsonl";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    // A checkpoint says under which configuration it was made, so that config.json cannot be changed beside it.
    private const string ConfigurationKey = "configuration";

    private readonly string _configuration;
    private readonly FolderLock _folderLock;
    private readonly JsonLinesLog _log;
    private readonly TensorBoardLog _events;

    private RunFolder(string path, string configuration, FolderLock folderLock, TimeProvider time)
    {
        Path = path;
        this._configuration = configuration;
        this._folderLock = folderLock;
        Latest = File.Exists(LatestPath(path)) ? Checkpoint.Read(LatestPath(path)) : null;
        long done = Latest?.Iteration ?? -1; // without a checkpoint even step 0 is to come again
        _log = JsonLinesLog.Open(System.IO.Path.Combine(path, LogName), done);
        try
        {
            _events = TensorBoardLog.Create(path, HasEvents(path) ? done + 1 : null, time);
        }
        catch
        {
            _log.Dispose();
            throw;
        }
    }

    /// <summary>The path of the folder.</summary>
    public string Path { get; }

    /// <summary>What to resume from: the last checkpoint saved, or null when the run starts from nothing.</summary>
    public Checkpoint? Latest { get; private set; }

    /// <summary>
    /// Opens the folder of a run, creating it when there is none. The log is cut back to the last checkpoint, from which training goes on.
    /// </summary>
    /// <param name="path">The path of the folder.</param>
    /// <param name="configuration">Every setting that shapes the run's numbers.</param>
    /// <param name="mayChange">
    /// Dotted paths of settings that may differ from the folder's, such as the number of iterations of a run being extended.
    /// </param>
    /// <param name="time">The clock for TensorBoard; the system's when null.</param>
    /// <exception cref="StorageException">
    /// The folder belongs to a run of another configuration (the message lists every difference), is in use by another process, holds
    /// something else, or cannot be written.
    /// </exception>
    public static RunFolder Open(
        string path,
        JsonObject configuration,
        IReadOnlyCollection<string>? mayChange = null,
        TimeProvider? time = null
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(configuration);
        RefuseForeignFolder(path);
        Create(path);
        var folderLock = FolderLock.Take(path);
        try
        {
            AtomicFile.RemoveLeftovers(path);
            RefuseDeletedCheckpoint(path);
            SettleConfiguration(path, configuration, mayChange ?? []);
            return new RunFolder(path, configuration.ToJsonString(), folderLock, time ?? TimeProvider.System);
        }
        catch
        {
            folderLock.Dispose();
            throw;
        }
    }

    /// <summary>Replaces the checkpoint to resume from. The log and the events are flushed first, so they reach at least as far.</summary>
    /// <param name="checkpoint">The new checkpoint.</param>
    /// <exception cref="StorageException">It cannot be written; the previous checkpoint is untouched.</exception>
    public void SaveLatest(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        _log.Flush();
        _events.Flush();
        WithConfiguration(checkpoint).Write(LatestPath(Path));
        Latest = checkpoint;
    }

    /// <summary>
    /// Replaces the best weights. A resumed run may save the same best again: keep the best score in the metadata of the latest checkpoint,
    /// and the two cannot drift apart.
    /// </summary>
    /// <param name="best">The weights; state is allowed but seldom wanted.</param>
    /// <exception cref="StorageException">They cannot be written; the previous best is untouched.</exception>
    public void SaveBest(Checkpoint best)
    {
        ArgumentNullException.ThrowIfNull(best);
        WithConfiguration(best).Write(BestPath(Path));
    }

    /// <summary>Logs numbers of one step, for people, programs and TensorBoard.</summary>
    /// <param name="step">The iteration that the numbers belong to; resuming keeps those up to the checkpoint's.</param>
    /// <param name="scalars">Names such as <c>train/loss</c> with their values; NaN and infinities are kept, as text in the JSON.</param>
    /// <param name="text">Further members for log.jsonl alone.</param>
    /// <exception cref="StorageException">The disk is full; both files end with a whole record.</exception>
    public void Report(
        long step,
        IReadOnlyCollection<KeyValuePair<string, double>> scalars,
        IReadOnlyCollection<KeyValuePair<string, string>>? text = null
    )
    {
        ArgumentNullException.ThrowIfNull(scalars);
        _log.Append(
            step,
            scalars
                .Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value)))
                .Concat((text ?? []).Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value))))
        );
        if (scalars.Count > 0)
        {
            _events.Append(step, scalars);
        }
    }

    /// <summary>Writes a small file of its own into the folder of a run, atomically; the run may be open elsewhere.</summary>
    /// <param name="path">The run's folder.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="text">The whole content of the file.</param>
    /// <exception cref="StorageException">It cannot be written; a previous version is untouched.</exception>
    public static void WriteText(string path, string name, string text) => AtomicFile.WriteText(System.IO.Path.Combine(path, name), text);

    /// <summary>Flushes and closes the logs and lets another process have the folder.</summary>
    public void Dispose()
    {
        _log.Dispose();
        _events.Dispose();
        _folderLock.Dispose();
    }

    /// <summary>
    /// Reads the configuration of a run, which may be running, and compares it with the one its checkpoint was made under.
    /// </summary>
    /// <param name="path">The run's folder.</param>
    /// <param name="mayChange">
    /// Dotted paths of settings that may differ from the checkpoint's, as for <see cref="Open"/>; none by default.
    /// </param>
    /// <exception cref="StorageException">
    /// The folder is not that of a run, its configuration is damaged, or it was changed since the checkpoint was made; the message names
    /// every change. Runs of versions that did not store the configuration with the checkpoint are read as they are.
    /// </exception>
    public static JsonObject ReadConfiguration(string path, IReadOnlyCollection<string>? mayChange = null)
    {
        JsonObject configuration = ParseConfiguration(path);
        string checkpoint = File.Exists(BestPath(path)) ? BestPath(path) : LatestPath(path);
        if (File.Exists(checkpoint) && Checkpoint.Read(checkpoint).Metadata.TryGetValue(ConfigurationKey, out string? made))
        {
            RefuseChanges(path, checkpoint, made, configuration, mayChange ?? []);
        }

        return configuration;
    }

    private static JsonObject ParseConfiguration(string path)
    {
        string file = System.IO.Path.Combine(path, ConfigurationName);
        try
        {
            return StoredJson.ParseObject(RegularFile.ReadAllBytes(file, StoredJson.MaximumLength), file, "how its run was configured");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StorageException($"'{path}' is not the folder of a run: it has no {ConfigurationName}; check the path", error);
        }
        catch (Exception error) when (StorageException.IsFileSystemError(error))
        {
            throw StorageException.From("read", file, error, "check that you may read it");
        }
    }

    /// <summary>Reads the log of a run, which may be running: one object a line, each with its <c>step</c>.</summary>
    /// <param name="path">The run's folder.</param>
    /// <exception cref="StorageException">There is no log, or a line is damaged.</exception>
    public static IReadOnlyList<JsonObject> ReadLog(string path) => JsonLinesLog.Read(System.IO.Path.Combine(path, LogName));

    /// <summary>The file of the last checkpoint of the run in <paramref name="path"/>.</summary>
    /// <param name="path">The run's folder.</param>
    public static string LatestPath(string path) => System.IO.Path.Combine(path, LatestName);

    /// <summary>The file of the best weights of the run in <paramref name="path"/>.</summary>
    /// <param name="path">The run's folder.</param>
    public static string BestPath(string path) => System.IO.Path.Combine(path, BestName);

    // Looked at before anything is created, so that a mistyped path is left as it was.
    private static void RefuseForeignFolder(string path)
    {
        if (File.Exists(path))
        {
            throw new StorageException($"cannot train into '{path}': it is a file; give a folder");
        }

        if (!Directory.Exists(path) || File.Exists(System.IO.Path.Combine(path, ConfigurationName)))
        {
            return;
        }

        // A run killed before its configuration was written leaves nothing but these.
        string? foreign = Directory
            .EnumerateFileSystemEntries(path)
            .FirstOrDefault(entry =>
                System.IO.Path.GetFileName(entry) is not (FolderLock.LockName or FolderLock.OwnerName) && !AtomicFile.IsLeftover(entry)
            );
        if (foreign is not null)
        {
            throw new StorageException(
                $"cannot train into '{path}': it holds '{System.IO.Path.GetFileName(foreign)}' but no {ConfigurationName}, so it is "
                    + "not the folder of a run; give an empty or a new folder"
            );
        }
    }

    private static void Create(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception error) when (StorageException.IsFileSystemError(error))
        {
            throw StorageException.From("create the folder", path, error, "choose a place that can be written");
        }
    }

    private static void SettleConfiguration(string path, JsonObject configuration, IReadOnlyCollection<string> mayChange)
    {
        // Through text, so that numbers compare as the file has them whatever type they are held in here.
        JsonObject given = JsonNode.Parse(configuration.ToJsonString())!.AsObject();
        string file = System.IO.Path.Combine(path, ConfigurationName);
        if (File.Exists(file))
        {
            IReadOnlyList<ConfigurationDifference> differences = ConfigurationDifference.Between(ReadConfiguration(path, mayChange), given);
            ConfigurationDifference[] refused = differences.Where(difference => !mayChange.Contains(difference.Key)).ToArray();
            if (refused.Length > 0 && File.Exists(LatestPath(path)))
            {
                // A run that has done nothing has nothing to resume: it begins anew with what is asked now.
                if (Checkpoint.Read(LatestPath(path)).Iteration == 0 && !File.Exists(BestPath(path)))
                {
                    File.Delete(LatestPath(path));
                    AtomicFile.WriteText(file, given.ToJsonString(s_indented) + "\n");
                    return;
                }

                throw new StorageException(
                    $"'{path}' holds a run of another configuration: "
                        + $"{string.Join("; ", refused.Select(difference => difference.ToString()))}; give the same settings to resume "
                        + "it, or another folder"
                );
            }

            if (differences.Count == 0)
            {
                return;
            }
        }

        AtomicFile.WriteText(file, given.ToJsonString(s_indented) + "\n");
    }

    private Checkpoint WithConfiguration(Checkpoint checkpoint) =>
        checkpoint with
        {
            Metadata = new Dictionary<string, string>(checkpoint.Metadata) { [ConfigurationKey] = _configuration },
        };

    private static void RefuseChanges(
        string path,
        string checkpoint,
        string made,
        JsonObject configuration,
        IReadOnlyCollection<string> mayChange
    )
    {
        JsonObject then;
        try
        {
            then = JsonNode.Parse(made) as JsonObject ?? throw new JsonException("no object");
        }
        catch (JsonException error)
        {
            throw new StorageException($"'{checkpoint}' does not say under which configuration it was made; restore it", error);
        }

        string[] changes =
        [
            .. from difference in ConfigurationDifference.Between(then, configuration)
            where !mayChange.Contains(difference.Key)
            select $"{difference.Key} was {difference.Stored ?? "not set"}, now {difference.Given ?? "not set"}",
        ];
        if (changes.Length > 0)
        {
            throw new StorageException(
                $"'{System.IO.Path.Combine(path, ConfigurationName)}' is not the configuration "
                    + $"'{System.IO.Path.GetFileName(checkpoint)}' was made under: "
                    + $"{string.Join("; ", changes)}; restore it"
            );
        }
    }

    // The trainer saves a checkpoint before anything else, so best weights or steps in the log without one mean that it was deleted.
    private static void RefuseDeletedCheckpoint(string path)
    {
        if (File.Exists(LatestPath(path)))
        {
            return;
        }

        string log = System.IO.Path.Combine(path, LogName);
        string? trace =
            File.Exists(BestPath(path)) ? BestName
            : File.Exists(log) && JsonLinesLog.Read(log).Any(line => (long)line[JsonLinesLog.Step]! > 0) ? $"a {LogName} of steps done"
            : null;
        if (trace is not null)
        {
            throw new StorageException(
                $"'{path}' has {trace} but no {LatestName}, from which training would go on; restore it, or train into another folder "
                    + "to begin anew"
            );
        }
    }

    private static bool HasEvents(string path) => Directory.EnumerateFiles(path, "events.out.tfevents.*").Any();
}
