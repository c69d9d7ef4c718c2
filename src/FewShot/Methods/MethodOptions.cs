using FewShot.Patterns;

namespace FewShot.Methods;

/// <summary>What a user may change of a catalogue row; null keeps the row's own value.</summary>
public sealed record MethodOptions
{
    /// <summary>Inner steps K, at least 1.</summary>
    public int? InnerSteps
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(InnerSteps), value, "There must be at least 1 inner step.");
    }

    /// <summary>Inner step size α, positive.</summary>
    public double? InnerRate
    {
        get;
        init => field = value is null || (value > 0 && double.IsFinite(value.Value))
            ? value
            : throw new ArgumentOutOfRangeException(nameof(InnerRate), value, "The inner step size must be a positive number.");
    }

    /// <summary>Λ pattern.</summary>
    public Pattern? Pattern { get; init; }

    /// <summary>How an implicit meta-gradient solves its linear system, as <see cref="MetaGradients.LinearSolver.Parse"/> reads it.</summary>
    public string? Solver { get; init; }

    /// <summary>Whether an implicit meta-gradient starts warm, see <see cref="MetaGradients.Implicit.WarmStart"/>.</summary>
    public bool WarmStart { get; init; }

    /// <summary>How many last inner steps are differentiated exactly, at least 0.</summary>
    public int? ExactSteps
    {
        get;
        init => field = value is null or >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(ExactSteps), value, "The number of exact steps cannot be negative.");
    }
}
