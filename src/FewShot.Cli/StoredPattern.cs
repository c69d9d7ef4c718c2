using System.Text.Json.Nodes;
using FewShot.Methods.Adaptation;
using FewShot.Methods.Patterns;
using FewShot.Storage;

namespace FewShot.Cli;

/// <summary>
/// The pattern that was chosen for a run by 'fewshot patterns', a file beside its weights, and what '--pattern' of a command that uses a
/// run makes of it.
/// </summary>
internal static class StoredPattern
{
    public const string Chosen = "chosen";
    public const string Trained = "trained";

    private const string Name = "pattern.json";

    public static void Write(string run, JsonObject choice) => RunFolder.WriteText(run, Name, choice.ToJsonString() + "\n");

    /// <summary>The learner of a run under a pattern.</summary>
    /// <param name="learner">The learner of the run.</param>
    /// <param name="run">The folder of the run.</param>
    /// <param name="asked">The text of the pattern: "chosen", "trained", or any; null for the chosen one where there is one.</param>
    public static Learner Apply(Learner learner, string run, string? asked)
    {
        string? pattern = asked?.ToLowerInvariant() switch
        {
            Trained => null,
            null => Read(run),
            Chosen => Read(run)
                ?? throw new ArgumentException($"no pattern was chosen for '{run}' yet; choose one with 'fewshot patterns --run {run}'"),
            { } text => Pattern.Parse(text).ToString(),
        };
        return pattern is null ? learner : new Learner(learner.Definition.Under(Pattern.Parse(pattern)), learner.Parameters);
    }

    /// <summary>The pattern a learner adapts by; null where no layers change one by one.</summary>
    public static string? Of(Learner learner) => learner.Method.Adaptation.Changing?.ToString();

    private static string? Read(string run)
    {
        string path = Path.Combine(run, Name);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            JsonObject json = StoredJson.ParseObject(
                RegularFile.ReadAllBytes(path, StoredJson.MaximumLength),
                path,
                "which pattern was chosen"
            );
            return Pattern.Parse((string)json["chosen"]!["pattern"]!).ToString();
        }
        catch (Exception error) when (error is NullReferenceException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw new StorageException(
                $"'{path}' does not say which pattern was chosen; delete it, or choose again with 'fewshot patterns --run {run}'",
                error
            );
        }
    }
}
