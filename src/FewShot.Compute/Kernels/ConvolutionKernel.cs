namespace FewShot.Compute.Kernels;

/// <summary>
/// A convolution prepared for one shape: immutable and safe to run on many threads at once, each with its own scratch of
/// <see cref="ScratchBytes"/> bytes, aligned to 64.
/// </summary>
internal abstract unsafe class ConvolutionKernel
{
    /// <summary>What runs, for logs and tables.</summary>
    public abstract string Description { get; }

    public abstract int ScratchBytes { get; }

    /// <summary>The most pieces that the work can be cut into for several threads; 1 where it cannot.</summary>
    public abstract int Pieces { get; }

    public void Run(float* a, float* b, float* result, byte* scratch) => Run(a, b, result, scratch, Share.Whole);

    /// <summary>Computes a share of the result. No sum is cut, so the result has the same bits however it is shared; each thread has its own scratch.</summary>
    public abstract void Run(float* a, float* b, float* result, byte* scratch, Share share);
}
