using System.Numerics.Tensors;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// How the iterations of a loop are cut so that several threads can run it. Where the loop sums over rows, it is cut into a few sections,
/// the same whatever the number of threads: each has sums of its own, in double, and these are added in order at the end. So the order of
/// no sum depends on who computed it.
/// </summary>
internal sealed unsafe class LoopPartition(int iterations)
{
    private const int MostSections = 8;

    private readonly List<(long Offset, int Slot, int Count)> _sums = [];

    /// <summary>The iterations of the outermost loop.</summary>
    internal int Iterations => iterations;

    /// <summary>Bytes of the sums of one section.</summary>
    internal long SectionBytes { get; private set; }

    /// <summary>Pieces that are run as one.</summary>
    internal int Pieces => _sums.Count > 0 ? Math.Min(MostSections, iterations) : iterations;

    internal long Bytes => SectionBytes == 0 ? 0 : Pieces * SectionBytes;

    /// <summary>Memory for the sums of an output, in double.</summary>
    internal LoopBuffer Reserve(LoopBuffer output, int count, long bytes)
    {
        _sums.Add((SectionBytes, output.Slot, count));
        SectionBytes += bytes;
        return new LoopBuffer(LoopBuffer.Section, SectionBytes - bytes);
    }

    /// <summary>The iteration a piece starts with.</summary>
    internal int Start(int piece) => (int)((long)iterations * piece / Pieces);

    /// <summary>Adds up the sections' sums.</summary>
    internal void AddSections(float** buffers, byte* sections)
    {
        foreach ((long offset, int slot, int count) in _sums)
        {
            Span<double> total = new(sections + offset, count);
            for (int section = 1; section < Pieces; section++)
            {
                TensorPrimitives.Add(total, new ReadOnlySpan<double>(sections + offset + (section * SectionBytes), count), total);
            }

            TensorPrimitives.ConvertTruncating<double, float>(total, new Span<float>(buffers[slot], count));
        }
    }
}
