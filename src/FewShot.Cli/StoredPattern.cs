using System.Text.Json.Nodes;
using FewShot.Storage;

namespace FewShot.Cli;

/// <summary>The pattern that was chosen for a run by 'fewshot patterns': a file beside its weights, which 'fewshot adapt' follows.</summary>
internal static class StoredPattern
{
    private const string Name = "pattern.json";

    public static void Write(string run, JsonObject choice)
    {
        string path = Path.Combine(run, Name);
        try
        {
            File.WriteAllText(path, choice.ToJsonString() + "\n");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"cannot write '{path}': {error.Message}; choose a run folder that can be written", error);
        }
    }

    /// <summary>The chosen pattern's text, or null where none was chosen.</summary>
    public static string? Read(string run)
    {
        string path = Path.Combine(run, Name);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(File.ReadAllText(path))!["chosen"]!["pattern"]!.GetValue<string>();
        }
        catch (Exception error) when (error is System.Text.Json.JsonException or NullReferenceException or InvalidOperationException)
        {
            throw new StorageException($"'{path}' is damaged; delete it, or choose again with 'fewshot patterns --run {run}'", error);
        }
    }
}
