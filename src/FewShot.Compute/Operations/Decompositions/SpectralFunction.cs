using System.Numerics;
using System.Numerics.Tensors;
using FewShot.Compute.Graphs;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;
using Tensor = FewShot.Compute.Graphs.Tensor;

namespace FewShot.Compute.Operations;

/// <summary>
/// The n-th Fréchet derivative Dⁿf(A)[E₁..Eₙ] of a function of a symmetric matrix A in directions E₁..Eₙ; without directions f(A) itself.
/// Every input counts by its symmetric part. Not finite where f is not defined on the eigenvalues.
/// </summary>
/// <remarks>
/// The form ⟨C, Dⁿf(A)[E₁..Eₙ]⟩ is symmetric in all of C, E₁..Eₙ, so the operation is its own derivative: a cotangent is one more
/// direction. In the basis of eigenvectors, Dⁿf(A) is the sum over paths i₀..iₙ of f[λᵢ₀..λᵢₙ] times the sum over orders of the directions
/// of the products along the path.
/// </remarks>
internal sealed record SpectralFunction(MatrixFunction Function) : Operation
{
    internal override Shape Infer(IReadOnlyList<Shape> inputs) =>
        inputs[0].Rank == 2 && inputs[0][0] == inputs[0][1] && inputs.All(shape => shape == inputs[0])
            ? inputs[0]
            : throw Misfit("needs a square matrix, and directions of its shape", inputs);

    internal override void Evaluate<T>(Operands<T> inputs, Span<T> result)
    {
        int n = inputs.Shape(0)[0];
        double[][] symmetric = new double[inputs.Count][];
        for (int i = 0; i < symmetric.Length; i++)
        {
            if (SymmetricPart(inputs[i], n) is not { } part)
            {
                result.Fill(T.NaN);
                return;
            }

            symmetric[i] = part;
        }

        Evd<double> decomposition = Matrix<double>.Build.Dense(n, n, symmetric[0]).Evd(Symmetricity.Symmetric);
        double[] values = Function.Eigenvalues([.. decomposition.EigenValues.Select(value => value.Real)]);

        // The library's products would start threads; these stay on the worker's core.
        double[] rows = decomposition.EigenVectors.ToColumnMajorArray();
        double[] columns = decomposition.EigenVectors.ToRowMajorArray();
        double[][] directions = [.. symmetric.Skip(1).Select(direction => Product(Product(rows, direction, n), columns, n))];
        double[] inner = new SpectralPaths(Function, values, directions).Sum();
        double[] outer = Product(Product(columns, inner, n), rows, n);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = T.CreateChecked(outer[i]);
        }
    }

    /// <summary>The symmetric part ½(X + Xᵀ), or null where an element is not finite (the decomposition would not end).</summary>
    private static double[]? SymmetricPart<T>(ReadOnlySpan<T> x, int n)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double[] part = new double[n * n];
        for (int row = 0; row < n; row++)
        {
            for (int column = 0; column < n; column++)
            {
                double value = (double.CreateChecked(x[(row * n) + column]) + double.CreateChecked(x[(column * n) + row])) / 2;
                if (!double.IsFinite(value))
                {
                    return null;
                }

                part[(row * n) + column] = value;
            }
        }

        return part;
    }

    private static double[] Product(double[] a, double[] b, int n)
    {
        double[] product = new double[n * n];
        for (int row = 0; row < n; row++)
        {
            Span<double> target = product.AsSpan(row * n, n);
            for (int k = 0; k < n; k++)
            {
                TensorPrimitives.MultiplyAdd(b.AsSpan(k * n, n), a[(row * n) + k], target, target);
            }
        }

        return product;
    }

    /// <summary>Zero where a direction is; one order of the directions, so that equal derivatives are one node.</summary>
    internal override Tensor? Simplify(Graph graph, IReadOnlyList<Tensor> inputs)
    {
        if (inputs.Skip(1).Any(direction => direction.Operation is Fill { Value: 0 }))
        {
            return graph.Fill(0, inputs[0].Shape);
        }

        for (int i = 2; i < inputs.Count; i++)
        {
            if (inputs[i].Id < inputs[i - 1].Id)
            {
                return graph.Apply(this, [inputs[0], .. inputs.Skip(1).OrderBy(direction => direction.Id)]);
            }
        }

        return null;
    }

    internal override Tensor?[] Differentiate(Tensor node, Tensor cotangent)
    {
        var parts = new Tensor?[node.Inputs.Count];
        parts[0] = node.Graph.Apply(this, [node.Inputs[0], cotangent, .. node.Inputs.Skip(1)]);
        for (int i = 1; i < parts.Length; i++)
        {
            parts[i] = node.Graph.Apply(this, [.. node.Inputs.Select((input, j) => j == i ? cotangent : input)]);
        }

        return parts;
    }

    /// <summary>
    /// The two changes of basis of each input and the result; the decomposition, of some ten times that, is not of multiply-adds only.
    /// </summary>
    internal override long MultiplyAdds(Tensor node) => 2L * node.Inputs.Count * node.Shape.Count * node.Shape[0];
}

public static partial class TensorOperations
{
    /// <summary>
    /// A function of a symmetric matrix: V·f(Λ)·Vᵀ for A = V·Λ·Vᵀ, of which the symmetric part counts. Differentiable to any order, also
    /// where eigenvalues coincide. Not finite where f is not defined on an eigenvalue. Computed in double whatever the program's precision.
    /// </summary>
    /// <param name="a">The symmetric matrix [n, n].</param>
    /// <param name="function">The function of its eigenvalues.</param>
    public static Tensor SpectralFunction(this Tensor a, MatrixFunction function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return a.Graph.Apply(new SpectralFunction(function), a);
    }
}
