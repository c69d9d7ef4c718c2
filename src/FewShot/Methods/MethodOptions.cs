using FewShot.Patterns;

namespace FewShot.Methods;

/// <summary>What a user may change of a catalogue row; null keeps the row's own value.</summary>
public sealed record MethodOptions
{
    /// <summary>Inner steps K.</summary>
    public int? InnerSteps { get; init; }

    /// <summary>Inner step size α.</summary>
    public double? InnerRate { get; init; }

    /// <summary>Λ pattern.</summary>
    public Pattern? Pattern { get; init; }

    /// <summary>How many last inner steps are differentiated exactly.</summary>
    public int? ExactSteps { get; init; }
}
