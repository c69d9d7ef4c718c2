using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>
/// Takes from each k×k window (stride k, incomplete windows dropped) of the first input the entry at the place where the second is largest,
/// the first such place row by row. Max pooling is this operation with both inputs the same.
/// </summary>
internal sealed record MaxPoolSelect(int Window) : Operation
{
    internal override Smoothness Smoothness => Smoothness.Kinked;

    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        inputs[0] != inputs[1] ? throw Misfit("shapes must be equal", inputs) : PoolingWindows.Pooled(this, inputs[0], Window);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        ReadOnlySpan<T> v = inputs[0];
        ReadOnlySpan<T> x = inputs[1];
        var windows = new PoolingWindows(inputs.Shape(0), Window);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = v[windows.PlaceOfMaximum(x, i)];
        }
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) =>
        [cotangent.Graph.Apply(new MaxUnpool(Window), cotangent, node.Inputs[1]), null];
}

/// <summary>
/// The transpose of <see cref="MaxPoolSelect"/> in its first input: each entry of the first input at the place in its window where the
/// second is largest, zero elsewhere.
/// </summary>
internal sealed record MaxUnpool(int Window) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        PoolingWindows.Pooled(this, inputs[1], Window) == inputs[0] ? inputs[1] : throw Misfit($"windows of {Window} do not fit", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        ReadOnlySpan<T> x = inputs[1];
        var windows = new PoolingWindows(inputs.Shape(1), Window);
        result.Clear();
        for (int i = 0; i < inputs[0].Length; i++)
        {
            result[windows.PlaceOfMaximum(x, i)] = inputs[0][i];
        }
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) =>
        [cotangent.Graph.Apply(new MaxPoolSelect(Window), cotangent, node.Inputs[1]), null];
}

/// <summary>Offsets of the k×k windows of images [n, h, w, c].</summary>
internal readonly struct PoolingWindows(Shape images, int window)
{
    private readonly int _height = images[1];
    private readonly int _width = images[2];
    private readonly int _channels = images[3];

    public static Shape Pooled(Operation operation, Shape images, int window) =>
        images.Rank == 4 && window >= 1 && images[1] >= window && images[2] >= window
            ? new Shape(images[0], images[1] / window, images[2] / window, images[3])
            : throw operation.Misfit($"needs images [n, h, w, c] of at least {window}x{window}", images);

    /// <summary>Offset of the window's first entry for a row-major index into the pooled tensor.</summary>
    public int Start(int pooled)
    {
        (int rest, int channel) = Math.DivRem(pooled, _channels);
        (rest, int column) = Math.DivRem(rest, _width / window);
        (int image, int row) = Math.DivRem(rest, _height / window);
        return (((((image * _height) + (row * window)) * _width) + (column * window)) * _channels) + channel;
    }

    /// <summary>Offset of entry (row, column) of a window from its first.</summary>
    public int Step(int row, int column) => ((row * _width) + column) * _channels;

    public int PlaceOfMaximum<T>(ReadOnlySpan<T> x, int pooled)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        int start = Start(pooled);
        int best = start;
        for (int row = 0; row < window; row++)
        {
            for (int column = 0; column < window; column++)
            {
                int place = start + Step(row, column);

                // NaN counts as the largest, as in every other maximum, so that a diverged value is not passed over.
                best = x[place] > x[best] || (T.IsNaN(x[place]) && !T.IsNaN(x[best])) ? place : best;
            }
        }

        return best;
    }
}

public static partial class TensorOperations
{
    /// <summary>
    /// The largest entry of each k×k window of images [n, h, w, c], stride k; rows and columns that fill no window are dropped.
    /// </summary>
    public static Tensor MaxPool(this Tensor x, int window) => x.Graph.Apply(new MaxPoolSelect(window), x, x);
}
