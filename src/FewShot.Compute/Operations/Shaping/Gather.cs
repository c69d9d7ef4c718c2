using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>Rows of the first input, chosen by the second: whole numbers in [0, rows). An index outside gives a row of NaN.</summary>
internal sealed record Gather : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        inputs[0].Rank >= 1 && inputs[1].Rank == 1
            ? inputs[0].With(0, inputs[1].Count)
            : throw Misfit("needs rows and a list of indices", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        int width = inputs.Shape(0).Count / inputs.Shape(0)[0];
        for (int i = 0; i < inputs[1].Length; i++)
        {
            Span<T> row = result.Slice(i * width, width);
            int index = RowIndex.Of(inputs[1][i], inputs.Shape(0)[0]);
            if (index < 0)
            {
                row.Fill(T.NaN);
            }
            else
            {
                inputs[0].Slice(index * width, width).CopyTo(row);
            }
        }
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) =>
        [cotangent.Graph.Apply(new ScatterAdd(node.Inputs[0].Shape[0]), cotangent, node.Inputs[1]), null];
}

/// <summary>
/// Adds the rows of the first input into a tensor of zeros at the places the second names: the transpose of <see cref="Gather"/>.
/// </summary>
internal sealed record ScatterAdd(int Rows) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        inputs[0].Rank >= 1 && inputs[1].Rank == 1 && inputs[1].Count == inputs[0][0]
            ? inputs[0].With(0, Rows)
            : throw Misfit("needs one index a row", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        int width = result.Length / Rows;
        result.Clear();
        for (int i = 0; i < inputs[1].Length; i++)
        {
            int index = RowIndex.Of(inputs[1][i], Rows);
            if (index >= 0)
            {
                for (int j = 0; j < width; j++)
                {
                    result[(index * width) + j] += inputs[0][(i * width) + j];
                }
            }
        }
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [cotangent.Gather(node.Inputs[1]), null];
}

/// <summary>Row numbers given as values of a tensor.</summary>
internal static class RowIndex
{
    /// <summary>The row a value names, or −1 where it names none of <paramref name="count"/> rows: NaN is no row.</summary>
    public static int Of<T>(T value, int count)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T> =>
        value >= T.Zero && value < T.CreateChecked(count) ? int.CreateTruncating(value) : -1;
}

public static partial class TensorOperations
{
    /// <summary>The rows (entries of axis 0) that a list of whole numbers chooses.</summary>
    public static Tensor Gather(this Tensor x, Tensor indices) => x.Graph.Apply(new Gather(), x, indices);
}
