using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using FewShot.Data;
using FewShot.Data.Sources;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Cli.Settings;

/// <summary>A source of tasks with everything needed to open it again; stored with a run.</summary>
internal sealed record DataSelection
{
    private const string Subject = "what its data are";

    private static readonly DataSelection s_defaults = new();

    public string Source { get; init; } = TaskSources.Default.Name;

    public string? Root { get; init; }

    public int Ways { get; init; } = 5;

    /// <summary>The support examples of a class; null until it is known whether the task is a regression.</summary>
    public int? Shots { get; init; }

    public int Queries { get; init; } = 15;

    /// <summary>The classes of a user's own data that a run was trained on; null where that is not stored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? TrainingClasses { get; init; }

    /// <summary>How the inputs of a learner are prepared; null where the data are to say it.</summary>
    [JsonIgnore]
    public InputPreparation? Preparation { get; init; }

    /// <summary>Values of the source's options; in files each stands beside the above under its own key.</summary>
    [JsonIgnore]
    public SourceSettings Settings { get; init; } = new();

    /// <summary>The size of a task.</summary>
    [JsonIgnore]
    public TaskOptions Tasks =>
        new()
        {
            Ways = Ways,
            Shots = Shots ?? 1,
            QueriesPerClass = Queries,
        };

    /// <summary>Reads the data.</summary>
    /// <exception cref="ArgumentException">An option is not given that the source cannot do without.</exception>
    /// <exception cref="DataException">The data are missing or damaged.</exception>
    public SourceData Read()
    {
        TaskSourceDescriptor source = TaskSources.Find(Source);
        return source.Options.FirstOrDefault(option => option.IsRequired && !Settings.Has(option)) is { } missing
            ? throw new ArgumentException($"the source '{Source}' needs --{missing.Name} {missing.Argument}: {missing.Help.TrimEnd('.')}")
            : source.Open(Root, Settings with { TrainedClasses = TrainingClasses ?? [], Preparation = Preparation });
    }

    public JsonObject ToJson()
    {
        JsonObject json = JsonSerializer.SerializeToNode(this, DataJson.Default.DataSelection)!.AsObject();
        Settings.WriteTo(json, TaskSources.Find(Source));
        return json;
    }

    public static DataSelection FromJson(JsonNode? json, string path)
    {
        JsonNode? rest = json?.DeepClone();
        SourceSettings settings = rest is JsonObject said ? SourceSettings.TakeFrom(said, path, Subject) : new SourceSettings();
        return StoredJson.Read(rest, DataJson.Default.DataSelection, s_defaults, path, Subject) with { Settings = settings };
    }
}
