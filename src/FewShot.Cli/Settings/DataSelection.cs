using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using FewShot.Data;
using FewShot.Data.Tables;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Cli.Settings;

/// <summary>A source of tasks with everything needed to open it again; stored with a run.</summary>
internal sealed record DataSelection
{
    private static readonly DataSelection s_defaults = new();

    public string Source { get; init; } = "glyphs";

    public string? Root { get; init; }

    public int Ways { get; init; } = 5;

    /// <summary>Null until it is known whether the task is a regression.</summary>
    public int? Shots { get; init; }

    public int Queries { get; init; } = 15;

    public int ImageSize { get; init; } = 32;

    public bool Gray { get; init; }

    /// <summary>
    /// How classes of 'images' and groups of a 'table' are divided; null in runs of before there was a choice, which were divided by rank,
    /// and for other sources.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ClassDivision? Division { get; init; }

    /// <summary>The classes of 'images' that a run was trained on; null where that is not stored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? TrainingClasses { get; init; }

    /// <summary>What 'images' are normalised by; null computes it from their training split.</summary>
    [JsonIgnore]
    public ChannelNormalization? Normalization { get; init; }

    public string? Group { get; init; }

    public string? Target { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SplitColumn { get; init; }

    public TaskKind Kind { get; init; } = TaskKind.Regression;

    public IReadOnlyList<string>? Features { get; init; }

    public bool SkipSmallGroups { get; init; }

    // Left out where they are not given, so that a run from before them is not of another configuration.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public char? Separator { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public char? DecimalMark { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Encoding { get; init; }

    /// <summary>What the source needs to know besides the size of a task.</summary>
    [JsonIgnore]
    public SourceSettings Settings =>
        new()
        {
            ImageSize = ImageSize,
            Gray = Gray,
            Division = Division ?? ClassDivision.ByRank,
            TrainedClasses = TrainingClasses ?? [],
            Normalization = Normalization,
            Table =
                Source != "table"
                    ? null
                    : new TableOptions
                    {
                        Group =
                            Group
                            ?? throw new ArgumentException(
                                "the source 'table' needs --group COLUMN, the column that tells the tasks apart"
                            ),
                        Target = Target ?? throw new ArgumentException("the source 'table' needs --target COLUMN, the column to predict"),
                        Kind = Kind,
                        Features = Features,
                        SplitColumn = SplitColumn,
                        Division = Division ?? ClassDivision.ByRank,
                        SkipSmallGroups = SkipSmallGroups,
                        Format = new TableFormat
                        {
                            Separator = Separator,
                            DecimalMark = DecimalMark ?? '.',
                            Encoding = Encoding ?? "utf-8",
                        },
                    },
        };

    /// <summary>The size of a task.</summary>
    [JsonIgnore]
    public TaskOptions Tasks =>
        new()
        {
            Ways = Ways,
            Shots = Shots ?? 1,
            QueriesPerClass = Queries,
        };

    public ITaskSource Open() => TaskSources.Open(Source, Root, Tasks, Settings);

    public JsonObject ToJson() => JsonSerializer.SerializeToNode(this, DataJson.Default.DataSelection)!.AsObject();

    public static DataSelection FromJson(JsonNode? json, string path) =>
        StoredJson.Read(json, DataJson.Default.DataSelection, s_defaults, path, "what its data are");
}
