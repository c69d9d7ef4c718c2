using System.Text.Json.Nodes;

namespace FewShot.Storage;

/// <summary>One setting that differs between two configurations, by its dotted path; null where a side lacks it.</summary>
internal sealed record ConfigurationDifference(string Key, string? Stored, string? Given)
{
    /// <summary>Lists the settings that differ, in the order of the stored configuration, then those only given.</summary>
    public static IReadOnlyList<ConfigurationDifference> Between(JsonObject stored, JsonObject given)
    {
        Dictionary<string, JsonNode> left = Leaves(stored);
        Dictionary<string, JsonNode> right = Leaves(given);
        return
        [
            .. left
                .Keys.Union(right.Keys)
                .Where(key =>
                    !(left.TryGetValue(key, out JsonNode? a) && right.TryGetValue(key, out JsonNode? b) && JsonNode.DeepEquals(a, b))
                )
                .Select(key => new ConfigurationDifference(key, Text(left, key), Text(right, key))),
        ];
    }

    public override string ToString() => $"{Key} is {Stored ?? "not set"} in the folder, {Given ?? "not set"} now";

    private static string? Text(Dictionary<string, JsonNode> leaves, string key) =>
        leaves.TryGetValue(key, out JsonNode? value) ? value.ToJsonString() : null;

    // Lists are compared whole: one more element would otherwise shift every later difference.
    private static Dictionary<string, JsonNode> Leaves(JsonObject root)
    {
        var leaves = new Dictionary<string, JsonNode>();
        void Visit(JsonObject node, string prefix)
        {
            foreach ((string? name, JsonNode? value) in node)
            {
                if (value is JsonObject { Count: > 0 } inner)
                {
                    Visit(inner, $"{prefix}{name}.");
                }
                else if (value is not null)
                {
                    // A setting that is null is one that is not given: a later version may know more of them.
                    leaves[prefix + name] = value;
                }
            }
        }

        Visit(root, "");
        return leaves;
    }
}
