using FewShot.Methods;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Checking;

/// <summary>What <see cref="MethodCheck.Run(Methods.Method, ulong)"/> found.</summary>
/// <param name="Method">The name of the method.</param>
/// <param name="Order">How its meta-gradient is computed.</param>
/// <param name="Definition">What the meta-gradient was compared with.</param>
/// <param name="MaxRelativeError">
/// The largest error, relative to the component, but at least to a thousandth of the largest component of the meta-gradient.
/// </param>
/// <param name="Tolerance">The largest error that passes.</param>
/// <param name="Passed">Whether all errors are within the tolerance, and more was compared than left out in every case.</param>
/// <param name="Coordinates">How many coordinates and random directions were compared.</param>
/// <param name="LeftOut">
/// How many were left out, because every difference crossed a kink of a relu or a max-pooling, and so is not the difference of a
/// derivative.
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
/// <param name="Name">The network, the tasks and the statistics of the problem, in words.</param>
/// <param name="Kind">What the tasks ask for: classes or values.</param>
/// <param name="NormStatistics">Where normalisation took its statistics from.</param>
/// <param name="MaxRelativeError">The largest error of the case, relative as in <see cref="MethodCheckResult"/>.</param>
/// <param name="Worst">The coordinate or direction with the largest error, and both values there.</param>
/// <param name="Coordinates">How many coordinates and random directions were compared.</param>
/// <param name="LeftOut">How many coordinates and directions were left out.</param>
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
/// <param name="Method">The name of the method.</param>
/// <param name="MaxRelativeError">
/// The largest difference, relative to the largest value of its tensor (gradients: or a tenth of the largest of all).
/// </param>
/// <param name="Tolerance">The largest difference that passes.</param>
/// <param name="Passed">Whether the largest difference is within the tolerance.</param>
/// <param name="Values">How many numbers were compared.</param>
/// <param name="Worst">The number with the largest difference: its output, its place there and its problem.</param>
public sealed record ExecutorComparison(string Method, double MaxRelativeError, double Tolerance, bool Passed, int Values, string Worst);
