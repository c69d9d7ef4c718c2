using System.Text.Json;
using System.Text.Json.Nodes;

namespace FewShot.Storage;

/// <summary>
/// Reads JSON whole. The runtime reads lazily: text that is not Unicode, be it a byte or an escaped half of a surrogate pair, and names given twice would
/// otherwise be found by whoever looks at them first, as faults of ours.
/// </summary>
internal static class StrictJson
{
    private static readonly JsonDocumentOptions s_options = new() { AllowDuplicateProperties = false };

    /// <exception cref="JsonException">It is not JSON in UTF-8, or gives a name twice; the line is that of the fault where there is one.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                {
                    reader.GetString();
                }
            }
        }
        catch (InvalidOperationException error)
        {
            int line = utf8[..(int)reader.TokenStartIndex].Count((byte)'\n');
            throw new JsonException("text is not Unicode", path: null, line, bytePositionInLine: null, error);
        }

        return JsonNode.Parse(utf8, documentOptions: s_options);
    }
}
