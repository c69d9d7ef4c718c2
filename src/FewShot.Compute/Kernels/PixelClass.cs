namespace FewShot.Compute.Kernels;

/// <summary>A tap a row (or column) of the result sees: its index in the kernel and the input row (or column) it reads.</summary>
internal readonly record struct Tap(int Kernel, int Input);

/// <summary>Result pixels that see the same taps at the same distances: the product of a set of rows and a set of columns.</summary>
internal sealed record PixelClass(int[] Rows, int[] Columns, Tap[] RowTaps, Tap[] ColumnTaps)
{
    public bool HasTaps => RowTaps.Length > 0 && ColumnTaps.Length > 0;

    /// <summary>The taps each result row (or column) of a convolution sees, inputs ascending.</summary>
    public static Tap[][] ForwardTaps(int size, int resultSize, int kernel, int stride, int padding) =>
        [
            .. Enumerable
                .Range(0, resultSize)
                .Select(result =>
                    Enumerable
                        .Range(0, kernel)
                        .Select(tap => new Tap(tap, result * stride - padding + tap))
                        .Where(tap => tap.Input >= 0 && tap.Input < size)
                        .ToArray()
                ),
        ];

    /// <summary>
    /// The taps each result row (or column) of the gradient to the data sees, whose input is the cotangent and whose taps are flipped.
    /// </summary>
    public static Tap[][] DataGradientTaps(int size, int cotangentSize, int kernel, int stride, int padding) =>
        [
            .. Enumerable
                .Range(0, size)
                .Select(result =>
                    Enumerable
                        .Range(0, kernel)
                        .Where(flipped => (result + padding - (kernel - 1 - flipped)) % stride == 0)
                        .Select(flipped => new Tap(flipped, (result + padding - (kernel - 1 - flipped)) / stride))
                        .Where(tap => tap.Input >= 0 && tap.Input < cotangentSize)
                        .ToArray()
                ),
        ];

    /// <summary>The classes of all result pixels, those with the most taps first.</summary>
    public static PixelClass[] Find(Tap[][] rowTaps, Tap[][] columnTaps)
    {
        (int[] Members, Tap[] Taps)[] rows = GroupEqual(rowTaps);
        (int[] Members, Tap[] Taps)[] columns = GroupEqual(columnTaps);
        return
        [
            .. from row in rows
            from column in columns
            orderby row.Taps.Length * column.Taps.Length descending
            select new PixelClass(row.Members, column.Members, row.Taps, column.Taps),
        ];
    }

    private static (int[] Members, Tap[] Taps)[] GroupEqual(Tap[][] taps) =>
        [
            .. Enumerable
                .Range(0, taps.Length)
                .GroupBy(index => string.Join(" ", taps[index].Select(tap => (tap.Kernel, tap.Input - taps[index][0].Input))))
                .Select(group =>
                    (
                        group.ToArray(),
                        taps[group.First()].Select(tap => tap with { Input = tap.Input - taps[group.First()][0].Input }).ToArray()
                    )
                ),
        ];
}
