namespace FewShot.Models;

/// <summary>A layer under the name that its parameters are found by and that a pattern addresses.</summary>
/// <param name="Name">The name, without a dot.</param>
/// <param name="Layer">The layer itself.</param>
public sealed record NamedLayer(string Name, Layer Layer)
{
    /// <summary>Lets a pair be written where a named layer is meant.</summary>
    /// <param name="pair">The name and the layer.</param>
    public static implicit operator NamedLayer((string Name, Layer Layer) pair) => new(pair.Name, pair.Layer);
}
