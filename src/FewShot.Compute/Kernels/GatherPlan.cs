namespace FewShot.Compute.Kernels;

/// <summary>
/// Which input pixels every result pixel sums over. Pixels that see the same taps form a class: inside the map, on an edge, in a
/// corner, and with a stride by phase. The loops take groups of up to six pixels of one class, from any rows and images, so taps
/// outside the map cost nothing and no border has to exist in memory.
/// </summary>
internal sealed unsafe class GatherPlan
{
    private const int MaximumPixels = 6;
    private readonly List<(PinnedTable<int> Groups, int Pixels, int Count)> _tables = [];

    /// <summary>Plans the groups of pixels and the runs of input that they sum over.</summary>
    /// <param name="rowTaps">The taps that each result row sees.</param>
    /// <param name="columnTaps">The taps that each result column sees.</param>
    /// <param name="classes">The classes of the result's pixels.</param>
    /// <param name="segmentStarts">Where each class's segments start (<see cref="SegmentTable.Starts"/>).</param>
    /// <param name="images">Images planned together.</param>
    /// <param name="inputRow">Floats from an input row to the next.</param>
    /// <param name="inputPixel">Floats from an input pixel to the next.</param>
    /// <param name="inputImage">Floats from an input image to the next.</param>
    public GatherPlan(
        Tap[][] rowTaps,
        Tap[][] columnTaps,
        PixelClass[] classes,
        int[] segmentStarts,
        int images,
        int inputRow,
        int inputPixel,
        int inputImage
    )
    {
        List<int>[] groups = Enumerable.Range(0, MaximumPixels + 1).Select(_ => new List<int>()).ToArray();
        for (int index = 0; index < classes.Length; index++)
        {
            if (!classes[index].HasTaps)
            {
                continue;
            }

            (int Input, int Result)[] pixels = (
                from image in Enumerable.Range(0, images)
                from row in classes[index].Rows
                from column in classes[index].Columns
                select (
                    Input: image * inputImage + rowTaps[row][0].Input * inputRow + columnTaps[column][0].Input * inputPixel,
                    Result: (image * rowTaps.Length + row) * columnTaps.Length + column
                )
            ).ToArray();

            // Sizes within a class differ by at most one: a group of a single pixel would wait for its own sums.
            int first = 0;
            foreach (int size in BalancedSizes(pixels.Length, MaximumPixels))
            {
                (int Input, int Result)[] group = pixels[first..(first + size)];
                first += size;
                groups[size].Add(segmentStarts[index]);
                groups[size].Add(segmentStarts[index + 1]);
                groups[size].AddRange(group.Select(pixel => pixel.Input));
                groups[size].AddRange(group.Select(pixel => pixel.Result));
            }
        }

        for (int size = MaximumPixels; size >= 1; size--)
        {
            if (groups[size].Count > 0)
            {
                _tables.Add((new PinnedTable<int>(groups[size].ToArray()), size, groups[size].Count / (2 + 2 * size)));
            }
        }
    }

    /// <summary>Cuts a count into the fewest parts of at most a maximum, as equal as possible, larger ones first.</summary>
    public static IEnumerable<int> BalancedSizes(int count, int maximum)
    {
        for (int parts = (count + maximum - 1) / maximum; parts > 0; parts--)
        {
            int size = (count + parts - 1) / parts;
            yield return size;
            count -= size;
        }
    }

    /// <summary>Groups in all.</summary>
    public int Groups => _tables.Sum(table => table.Count);

    public void Run(GatherArguments* arguments, SimdLevel level, int vectors, Share share)
    {
        foreach ((PinnedTable<int>? groups, int pixels, int count) in _tables)
        {
            (int first, int end) = share.Range(count);
            if (first < end)
            {
                arguments->Groups = groups.Pointer + first * (2 + 2 * pixels);
                arguments->GroupCount = end - first;
                Loops.Gather(level, pixels, vectors)(arguments);
            }
        }
    }
}
