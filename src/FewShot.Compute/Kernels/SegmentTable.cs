namespace FewShot.Compute.Kernels;

/// <summary>The runs of contiguous input that each class of pixels sums over, relative to the pixel's first input.</summary>
internal sealed class SegmentTable
{
    /// <summary>Finds the runs of every class.</summary>
    /// <param name="classes">The classes, in the order of the plan.</param>
    /// <param name="channels">Input channels summed over: all, or one block of them.</param>
    /// <param name="rowsPerTap">Weight rows from one tap to the next.</param>
    /// <param name="kernelWidth">Taps in a row of the kernel.</param>
    /// <param name="inputRow">Floats from an input row to the next.</param>
    /// <param name="inputPixel">Floats from an input pixel to the next.</param>
    public SegmentTable(PixelClass[] classes, int channels, int rowsPerTap, int kernelWidth, int inputRow, int inputPixel)
    {
        var segments = new List<Segment>();
        Starts = new int[classes.Length + 1];
        for (int index = 0; index < classes.Length; index++)
        {
            foreach (Tap row in classes[index].RowTaps)
            {
                foreach (Tap column in classes[index].ColumnTaps)
                {
                    var segment = new Segment(
                        row.Input * inputRow + column.Input * inputPixel,
                        channels,
                        (row.Kernel * kernelWidth + column.Kernel) * rowsPerTap
                    );
                    if (segments.Count > Starts[index] && Continues(segments[^1], segment))
                    {
                        segments[^1] = segments[^1] with { Length = segments[^1].Length + channels };
                    }
                    else
                    {
                        segments.Add(segment);
                    }
                }
            }

            Starts[index + 1] = segments.Count;
        }

        Segments = new PinnedTable<Segment>(segments.ToArray());
    }

    public PinnedTable<Segment> Segments { get; }

    /// <summary>Where each class's segments start; one more entry for the end.</summary>
    public int[] Starts { get; }

    private static bool Continues(Segment previous, Segment next) =>
        next.Input == previous.Input + previous.Length && next.WeightRow == previous.WeightRow + previous.Length;
}
