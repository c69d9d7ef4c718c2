using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Adaptation;

/// <summary>The Jacobian of a batch of answers in some parameters: what the empirical neural tangent kernel is made of (Jacot 2018).</summary>
internal static class EmpiricalTangents
{
    /// <summary>One row for each example and output, an example's outputs side by side: [n·outputs, number of parameters].</summary>
    public static Tensor Rows(Tensor answers, IReadOnlyList<Tensor> parameters)
    {
        var rows = new Tensor[answers.Shape.Count];
        for (int i = 0; i < rows.Length; i++)
        {
            var unit = new double[rows.Length];
            unit[i] = 1;
            IReadOnlyList<Tensor> gradient = Differentiate.VectorJacobianProduct([answers], [answers.Graph.Constant(unit, answers.Shape)], parameters);
            rows[i] = TensorOperations.Concatenate(1, [.. gradient.Select(part => part.Reshape(1, -1))]);
        }

        return TensorOperations.Concatenate(0, rows);
    }

    /// <summary>A kernel over examples [n, n] made one over examples and outputs: its Kronecker product with the identity.</summary>
    public static Tensor RepeatOverOutputs(this Tensor kernel, int outputs)
    {
        int n = kernel.Shape[0];
        Tensor spread = kernel.Reshape(n, 1, n, 1).BroadcastTo(new Shape(n, outputs, n, outputs));
        Tensor identity = kernel.Graph.Identity(outputs).Reshape(1, outputs, 1, outputs).BroadcastTo(spread.Shape);
        return (spread * identity).Reshape(n * outputs, n * outputs);
    }
}
