using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using FewShot.Compute.Execution.Loops;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using Xunit;

namespace FewShot.Compute.Tests.Execution.Loops;

/// <summary>Timings of representative loops; run on request only: <c>-explicit only -class "*LoopBandwidth"</c>.</summary>
public unsafe class LoopBandwidth(ITestOutputHelper output)
{
    private const int Repetitions = 15;

    [Fact(Explicit = true)]
    public void Loops_are_timed_against_the_memory()
    {
        float[] a = new float[75 * 14 * 14 * 64];
        float[] c = new float[a.Length];
        Array.Fill(a, 1f);
        Baseline("copy 3.8 MB (Span.CopyTo)", 2L * a.Length * sizeof(float), () => a.CopyTo(c, 0));
        Kernel("moments [14700,64]", LoopExamples.Moments(14700, 64));
        Kernel("normalise+relu+maxpool [75,14,14,64]", LoopExamples.Forward(75, 14, 64));
        Kernel("its gradient sums [75,14,14,64]", LoopExamples.BackwardSums(75, 14, 64));
        Kernel("its gradient [75,14,14,64]", LoopExamples.Backward(75, 14, 64));
        float[] d = new float[4 * a.Length];
        float[] e = new float[d.Length];
        Baseline("copy 15 MB (Span.CopyTo)", 2L * d.Length * sizeof(float), () => d.CopyTo(e, 0));
        Kernel("normalise+relu+maxpool [75,28,28,64]", LoopExamples.Forward(75, 28, 64));
        Kernel("its gradient [75,28,28,64]", LoopExamples.Backward(75, 28, 64));
        Kernel("moments [980,64]", LoopExamples.Moments(980, 64));
        Kernel("normalise+relu+maxpool [5,14,14,64]", LoopExamples.Forward(5, 14, 64));
        Kernel("its gradient sums [5,14,14,64]", LoopExamples.BackwardSums(5, 14, 64));
        Kernel("its gradient [5,14,14,64]", LoopExamples.Backward(5, 14, 64));
        Kernel("its gradient sums [5,7,7,64]", LoopExamples.BackwardSums(5, 7, 64));
        Kernel("add column [980,64]", LoopExamples.Add(980, 64, Extent.Column));
        Kernel("add full 940800", LoopExamples.Add(14700, 64, Extent.Full));
        Baseline("  TensorPrimitives.Add", 3L * a.Length * sizeof(float), () => TensorPrimitives.Add(a, c, c));
        Kernel("sum 940800", LoopExamples.Sum(a.Length));
        Baseline("  TensorPrimitives.Sum", (long)a.Length * sizeof(float), () => TensorPrimitives.Sum<float>(a));
        float[] s = new float[4096];
        float[] t = new float[4096];
        foreach (Operation operation in LoopGenerator.Operations().Where(operation => operation is UnaryOperation))
        {
            Kernel($"{operation.Name} 4096", LoopExamples.Unary(operation, 4096));
        }

        Baseline("  TensorPrimitives.Exp", 8 * s.Length, () => TensorPrimitives.Exp(s, t));
        Baseline("  TensorPrimitives.Tanh", 8 * s.Length, () => TensorPrimitives.Tanh(s, t));
        Baseline("  TensorPrimitives.Sigmoid", 8 * s.Length, () => TensorPrimitives.Sigmoid(s, t));
        Kernel("add full [10,40]", LoopExamples.Add(10, 40, Extent.Full));
        Baseline("  TensorPrimitives.Add 400", 12 * 400, () => TensorPrimitives.Add(s.AsSpan(0, 400), t.AsSpan(0, 400), t.AsSpan(0, 400)));
        Kernel("add column [10,40]", LoopExamples.Add(10, 40, Extent.Column));
        Kernel("add full [10,1]", LoopExamples.Add(10, 1, Extent.Full));
        Kernel("add column [5,5]", LoopExamples.Add(5, 5, Extent.Column));
        Kernel("add full [40]", LoopExamples.Add(1, 40, Extent.Full));
        Kernel("exp and row sums [75,5]", LoopExamples.Exponentials(75, 5));
    }

    private void Baseline(string name, long bytes, Action action) => Report(name, bytes, Best(action), null);

    private void Kernel(string name, LoopSpecification specification)
    {
        LoopKernel kernel = LoopKernel.Compile(specification, 256);
        Random random = new(1);
        int count = specification.Operands.Count + specification.Outputs.Count;
        float** buffers = (float**)NativeMemory.Alloc((nuint)(count * sizeof(nint)));
        long bytes = 0;
        for (int i = 0; i < count; i++)
        {
            long length =
                i < specification.Operands.Count
                    ? specification.Domain.ElementCount(specification.Operands[i])
                    : specification.OutputLength(specification.Outputs[i - specification.Operands.Count]);
            bytes += length * sizeof(float);
            buffers[i] = (float*)NativeMemory.AlignedAlloc((nuint)(length * sizeof(float)), 4096);
            for (long j = 0; j < length; j++)
            {
                buffers[i][j] = random.NextSingle() - 0.5f;
            }
        }

        byte* scratch = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, kernel.ScratchBytes), 64);
        Report(name, bytes, Best(() => kernel.Run(buffers, scratch)), kernel);
        for (int i = 0; i < count; i++)
        {
            NativeMemory.AlignedFree(buffers[i]);
        }

        NativeMemory.AlignedFree(scratch);
        NativeMemory.Free(buffers);
    }

    /// <summary>Nanoseconds of the fastest of several batches of about two milliseconds.</summary>
    private static double Best(Action action)
    {
        // Library methods reach their final code only after some calls and some time.
        for (long begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin).TotalMilliseconds < 300; )
        {
            action();
        }

        long start = Stopwatch.GetTimestamp();
        action();
        int batch = (int)Math.Clamp(TimeSpan.TicksPerMillisecond * 2 / Math.Max(1, Stopwatch.GetElapsedTime(start).Ticks), 1, 20000);
        double best = double.MaxValue;
        for (int r = 0; r < Repetitions; r++)
        {
            start = Stopwatch.GetTimestamp();
            for (int i = 0; i < batch; i++)
            {
                action();
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalNanoseconds / batch);
        }

        return best;
    }

    private void Report(string name, long bytes, double nanoseconds, LoopKernel? kernel) =>
        output.WriteLine(
            $"{name, -44} {nanoseconds, 12:F1} ns {bytes / nanoseconds, 8:F1} "
                + $"GB/s{(kernel is null ? "" : $"   compiled in {kernel.CompileTime.TotalMilliseconds:F1} ms")}"
        );
}
