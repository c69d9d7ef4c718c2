using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Reporting.Comparison;

/// <summary>Methods trained under the same budget and measured on the same episodes, with the conditions.</summary>
public sealed record MethodComparison
{
    /// <summary>The name of the source of tasks.</summary>
    public required string Data { get; init; }

    /// <summary>What the tasks ask for: classes or values.</summary>
    public required TaskKind Kind { get; init; }

    /// <summary>The classes of a measured task; null for regression.</summary>
    public int? Ways { get; init; }

    /// <summary>The support examples of each class, or of a regression task.</summary>
    public required int Shots { get; init; }

    /// <summary>The query examples of each class, or of a regression task.</summary>
    public required int Queries { get; init; }

    /// <summary>The part of the data that was measured on.</summary>
    public required Split Split { get; init; }

    /// <summary>The number of tasks measured for each method.</summary>
    public required int Episodes { get; init; }

    /// <summary>The seed of everything random.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The training time of each method in seconds; null for no limit.</summary>
    public double? BudgetSeconds { get; init; }

    /// <summary>The meta-steps of each method; null where time alone limits them.</summary>
    public long? Iterations { get; init; }

    /// <summary>The number of threads in training.</summary>
    public required int Workers { get; init; }

    /// <summary>The machine that it ran on, in words.</summary>
    public required string Machine { get; init; }

    /// <summary>The command that made the comparison; null where it was not made by one.</summary>
    public string? Command { get; init; }

    /// <summary>The methods with their results, one row each.</summary>
    /// <value>None by default.</value>
    public IReadOnlyList<ComparisonRow> Rows { get; init; } = [];

    /// <summary>The tasks, such as "5-way 1-shot".</summary>
    [JsonIgnore]
    public string Tasks => Kind == TaskKind.Classification ? $"{Ways}-way {Shots}-shot" : $"{Shots}-shot regression";

    /// <summary>How it was trained and measured, as a sentence without its full stop.</summary>
    [JsonIgnore]
    public string Conditions
    {
        get
        {
            string[] limits =
            [
                .. BudgetSeconds is { } seconds ? [$"{Duration(seconds)} of training"] : Array.Empty<string>(),
                .. Iterations is { } steps ? [FormattableString.Invariant($"{steps:#,0} meta-steps")] : Array.Empty<string>(),
            ];
            return $"{string.Join(" and at most ", limits)} for each method with {Workers} {(Workers == 1 ? "worker" : "workers")}; "
                + $"measured on {Episodes} {Split.ToString().ToLowerInvariant()} "
                + $"episodes of {Queries} queries{(Kind == TaskKind.Classification ? " a class" : "")}, the same for every method; "
                + $"seed {Seed}; {Machine}";
        }
    }

    private static string Duration(double seconds) =>
        seconds < 120 ? FormattableString.Invariant($"{seconds:0.#} s") : FormattableString.Invariant($"{seconds / 60:0.#} min");

    /// <summary>The comparison as JSON.</summary>
    public JsonObject ToJson() => JsonSerializer.SerializeToNode(this, ComparisonJson.Default.MethodComparison)!.AsObject();

    /// <summary>Writes the comparison, atomically.</summary>
    /// <param name="path">The file, usually <c>comparison.json</c>.</param>
    /// <exception cref="StorageException">It cannot be written; a previous version is untouched.</exception>
    public void Save(string path) =>
        AtomicFile.WriteText(path, ToJson().ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");

    /// <summary>Reads a comparison.</summary>
    /// <param name="path">The path of the file.</param>
    /// <exception cref="StorageException">It cannot be read, or is not a comparison.</exception>
    public static MethodComparison Load(string path)
    {
        const string subject = "what was compared";
        try
        {
            JsonObject json = StoredJson.ParseObject(RegularFile.ReadAllBytes(path, StoredJson.MaximumLength), path, subject);
            IReadOnlyList<ComparisonRow> rows =
            [
                .. (json["rows"] as JsonArray ?? []).Select(row =>
                    StoredJson.Read(row, ComparisonJson.Default.ComparisonRow, s_rowDefaults, path, subject)
                ),
            ];
            json.Remove("rows");
            return StoredJson.Read(json, ComparisonJson.Default.MethodComparison, s_defaults, path, subject) with { Rows = rows };
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new StorageException($"cannot read '{path}': it is not there; name the folder of a comparison", error);
        }
        catch (Exception error) when (StorageException.IsFileSystemError(error))
        {
            throw StorageException.From("read", path, error, "check that you may read it");
        }
    }

    private static readonly ComparisonRow s_rowDefaults = new()
    {
        Method = "",
        Outcome = default,
        Train = "",
        Evaluate = "",
    };

    private static readonly MethodComparison s_defaults = new()
    {
        Data = "",
        Kind = default,
        Shots = 1,
        Queries = 1,
        Split = default,
        Episodes = 1,
        Seed = 1,
        Workers = 1,
        Machine = "",
    };
}
