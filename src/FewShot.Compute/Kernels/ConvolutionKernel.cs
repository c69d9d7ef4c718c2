namespace FewShot.Compute.Kernels;

/// <summary>
/// A convolution prepared for one shape: immutable and safe to run on many threads at once, each with its own scratch of
/// <see cref="ScratchBytes"/> bytes, aligned to 64.
/// </summary>
internal abstract unsafe class ConvolutionKernel
{
    /// <summary>What runs, for logs and tables.</summary>
    public abstract string Description { get; }

    /// <summary>Multiply-adds it makes, transforms and empty lanes not counted: no machine runs it faster than these.</summary>
    public abstract long Products { get; }

    /// <summary>Scratch of a whole run: what all shares see, then what one thread needs.</summary>
    public abstract int ScratchBytes { get; }

    /// <summary>Bytes of scratch that all shares see.</summary>
    public virtual int SharedBytes => 0;

    /// <summary>The most pieces that the work can be cut into for several threads; 1 where it cannot.</summary>
    public abstract int Pieces { get; }

    public void Run(float* a, float* b, float* result, byte* scratch)
    {
        Run(a, b, result, scratch, scratch + SharedBytes, Share.Whole);
        End(result, scratch);
    }

    /// <summary>
    /// Computes a share. No sum is cut otherwise than in the whole, so all shares, in any order, and <see cref="End"/> give the same bits
    /// however many they are; each thread has its own scratch.
    /// </summary>
    public abstract void Run(float* a, float* b, float* result, byte* shared, byte* scratch, Share share);

    /// <summary>What one thread does after the shares.</summary>
    public virtual void End(float* result, byte* shared) { }
}
