using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>A row for each whole number in the input, 1 at its place and 0 elsewhere; its derivative is zero.</summary>
internal sealed record OneHot(int Classes) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        inputs[0].Rank == 1 && Classes > 0 ? new Shape(inputs[0].Count, Classes) : throw Misfit("needs a list of classes", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        result.Clear();
        for (int i = 0; i < inputs[0].Length; i++)
        {
            int place = RowIndex.Of(inputs[0][i], Classes);
            if (place >= 0)
            {
                result[(i * Classes) + place] = T.One;
            }
        }
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent) => [null];
}

public static partial class TensorOperations
{
    /// <summary>Rows with a 1 at the place each whole number names; a row of zeros for a number outside [0, classes).</summary>
    public static Tensor OneHot(this Tensor indices, int classes) => indices.Graph.Apply(new OneHot(classes), indices);
}
