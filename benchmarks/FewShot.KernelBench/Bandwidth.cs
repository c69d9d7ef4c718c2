using System.Numerics;
using System.Runtime.CompilerServices;

namespace FewShot.KernelBench;

/// <summary>How fast one core moves memory, by how much of it there is: every number is read and written.</summary>
internal sealed unsafe class Bandwidth
{
    private readonly (long Bytes, double GigabytesPerSecond)[] _steps =
    [
        .. new long[] { 64, 256, 512, 1024, 4096, 16384, 65536 }.Select(kibibytes => (kibibytes * 1024, Measured(kibibytes * 1024))),
    ];

    /// <summary>GB/s for so many bytes: that of the next measured size.</summary>
    public double At(long bytes) => _steps.FirstOrDefault(step => step.Bytes >= bytes, _steps[^1]).GigabytesPerSecond;

    public override string ToString() =>
        string.Join(", ", _steps.Select(step => $"{step.Bytes / 1024} KiB {step.GigabytesPerSecond:F0} GB/s"));

    private static double Measured(long bytes)
    {
        using var buffer = new AlignedBuffer(bytes / sizeof(float), 1);
        return 2e-9 * bytes / Measure.BestSeconds(() => Sweep((Vector<float>*)buffer.Pointer, bytes / sizeof(Vector<float>)))[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sweep(Vector<float>* vectors, long count)
    {
        for (long i = 0; i < count; i += 4)
        {
            vectors[i] = -vectors[i];
            vectors[i + 1] = -vectors[i + 1];
            vectors[i + 2] = -vectors[i + 2];
            vectors[i + 3] = -vectors[i + 3];
        }
    }
}
