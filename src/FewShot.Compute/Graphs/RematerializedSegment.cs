namespace FewShot.Compute.Graphs;

/// <summary>
/// Outputs computed from inputs by a function whose inner values need not be kept for the way back: differentiation traces the function
/// again.
/// </summary>
internal sealed record RematerializedSegment(
    Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> Function,
    IReadOnlyList<Tensor> Inputs,
    IReadOnlyList<Tensor> Outputs,
    int FirstNode
);
