using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>Rows of the first input, chosen by the second: whole numbers in [0, rows). An index outside gives a row of NaN.</summary>
internal sealed record Gather : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        inputs[0].Rank >= 1 && inputs[1].Rank == 1 ? inputs[0].With(0, inputs[1].Count) : throw Misfit("needs rows and a list of indices", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        int width = inputs.Shape(0).Count / inputs.Shape(0)[0];
        for (int i = 0; i < inputs[1].Length; i++)
        {
            Span<T> row = result.Slice(i * width, width);
            int index = int.CreateSaturating(inputs[1][i]);
            if (index < 0 || index >= inputs.Shape(0)[0])
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

/// <summary>Adds the rows of the first input into a tensor of zeros at the places the second names: the transpose of <see cref="Gather"/>.</summary>
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
            int index = int.CreateSaturating(inputs[1][i]);
            if (index >= 0 && index < Rows)
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

public static partial class TensorOperations
{
    /// <summary>Rows (entries of axis 0) chosen by a list of whole numbers.</summary>
    public static Tensor Gather(this Tensor x, Tensor indices) => x.Graph.Apply(new Gather(), x, indices);
}
