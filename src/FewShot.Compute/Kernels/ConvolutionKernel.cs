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

    public abstract void Run(float* a, float* b, float* result, byte* scratch);
}
