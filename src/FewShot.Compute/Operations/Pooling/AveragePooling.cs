using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The mean of each k×k window (stride k, incomplete windows dropped) of images [n, h, w, c].</summary>
internal sealed record AveragePool(int Window) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) => PoolingWindows.Pooled(this, inputs[0], Window);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        var windows = new PoolingWindows(inputs.Shape(0), Window);
        T scale = T.One / T.CreateChecked(Window * Window);
        for (int i = 0; i < result.Length; i++)
        {
            int start = windows.Start(i);
            T sum = T.Zero;
            for (int row = 0; row < Window; row++)
            {
                for (int column = 0; column < Window; column++)
                {
                    sum += inputs[0][start + windows.Step(row, column)];
                }
            }

            result[i] = sum * scale;
        }
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) =>
        [cotangent.Graph.Apply(new AverageUnpool(Window, node.Inputs[0].Shape), cotangent)];
}

/// <summary>The transpose of <see cref="AveragePool"/>: each entry divided over its window.</summary>
internal sealed record AverageUnpool(int Window, Shape Images) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        PoolingWindows.Pooled(this, Images, Window) == inputs[0]
            ? Images
            : throw Misfit($"windows of {Window} do not fit {Images}", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        var windows = new PoolingWindows(Images, Window);
        T scale = T.One / T.CreateChecked(Window * Window);
        result.Clear();
        for (int i = 0; i < inputs[0].Length; i++)
        {
            int start = windows.Start(i);
            for (int row = 0; row < Window; row++)
            {
                for (int column = 0; column < Window; column++)
                {
                    result[start + windows.Step(row, column)] = inputs[0][i] * scale;
                }
            }
        }
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent.Graph.Apply(new AveragePool(Window), cotangent)];
}

public static partial class TensorOperations
{
    /// <summary>The mean of each k×k window of images [n, h, w, c], stride k; rows and columns that fill no window are dropped.</summary>
    public static Tensor AveragePool(this Tensor x, int window) => x.Graph.Apply(new AveragePool(window), x);
}
