namespace FewShot.Compute.Kernels;

/// <summary>
/// A stretch of a step's work, from First / Of to End / Of of it: what one thread does where several share a step. Shares with the same Of
/// that follow each other cover the work without a gap, whatever it is counted in.
/// </summary>
internal readonly record struct Share(int First, int End, int Of)
{
    /// <summary>The whole of the work.</summary>
    public static Share Whole => new(0, 1, 1);

    public bool IsEmpty => First >= End;

    /// <summary>The stretch of a number of pieces.</summary>
    public (int First, int End) Range(int pieces) => ((int)((long)pieces * First / Of), (int)((long)pieces * End / Of));

    /// <summary>What of the share lies in one of several equal parts of the work, as a share of that part.</summary>
    public Share Within(int part, int parts) =>
        new(Math.Clamp((First * parts) - (part * Of), 0, Of), Math.Clamp((End * parts) - (part * Of), 0, Of), Of);
}
