using FewShot.Methods;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Checking;

/// <summary>What <see cref="MethodCheck.Run(Methods.Method, ulong)"/> found.</summary>
/// <param name="Method">The method.</param>
/// <param name="Order">How its meta-gradient is computed.</param>
/// <param name="Definition">What the meta-gradient was compared with.</param>
/// <param name="MaxRelativeError">
/// The largest error, relative to the component, but at least to a thousandth of the largest component of the meta-gradient.
/// </param>
/// <param name="Tolerance">The largest error that passes.</param>
/// <param name="Passed">Whether all errors are within the tolerance, and more was compared than left out in every case.</param>
/// <param name="Coordinates">Coordinates and random directions compared.</param>
/// <param name="LeftOut">
/// Those where every difference crossed a kink of a relu or a max-pooling, and so is not the difference of a derivative.
/// </param>
/// <param name="Cases">The problems, one by one.</param>
public sealed record MethodCheckResult(
    string Method,
    string Order,
    string Definition,
    double MaxRelativeError,
    double Tolerance,
    bool Passed,
    int Coordinates,
    int LeftOut,
    IReadOnlyList<MethodCheckCase> Cases
);

/// <summary>One problem of a check.</summary>
/// <param name="Name">Network, tasks and statistics.</param>
/// <param name="Kind">Classification or regression.</param>
/// <param name="NormStatistics">Where normalisation took its statistics from.</param>
/// <param name="MaxRelativeError">The largest error.</param>
/// <param name="Worst">Where it was, and both values.</param>
/// <param name="Coordinates">Coordinates and random directions compared.</param>
/// <param name="LeftOut">Coordinates and directions left out.</param>
public sealed record MethodCheckCase(
    string Name,
    TaskKind Kind,
    NormStatistics NormStatistics,
    double MaxRelativeError,
    string Worst,
    int Coordinates,
    int LeftOut
);

/// <summary>What <see cref="MethodCheck.CompareExecutors"/> found.</summary>
/// <param name="Method">The method.</param>
/// <param name="MaxRelativeError">
/// The largest difference, relative to the largest value of its tensor (gradients: or a tenth of the largest of all).
/// </param>
/// <param name="Tolerance">The largest difference that passes.</param>
/// <param name="Passed">Whether it is within the tolerance.</param>
/// <param name="Values">Numbers compared.</param>
/// <param name="Worst">Where it was.</param>
public sealed record ExecutorComparison(string Method, double MaxRelativeError, double Tolerance, bool Passed, int Values, string Worst);
