using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Differentiation;

/// <summary>
/// Derivatives as graphs: each result is made of ordinary operations, so it can be differentiated again. Not thread-safe while a graph is
/// built.
/// </summary>
public static class Differentiate
{
    /// <summary>
    /// The gradient of a scalar with respect to tensors; zeros where it does not depend on one. Variables count as independent of each
    /// other: what one is made of is not looked into.
    /// </summary>
    /// <param name="scalar">The tensor that is differentiated, of one element.</param>
    /// <param name="variables">The tensors to differentiate by.</param>
    /// <returns>The gradients, in the order and of the shapes of the variables.</returns>
    /// <exception cref="ArgumentException">
    /// A variable is a constant, or something of the scalar was computed from it and folded so that it no longer reads it (a product with a
    /// transposition, the sum of a multiple); <see cref="TensorOperations.AsVariable"/> prevents that.
    /// </exception>
    public static IReadOnlyList<Tensor> Gradients(Tensor scalar, params IReadOnlyList<Tensor> variables) =>
        PartialGradients(scalar, variables, []);

    /// <summary>
    /// The partial gradient of a scalar with respect to some tensors while others are held: neither are the variables looked into, nor what
    /// is held, though it be made of the variables or of what made them.
    /// </summary>
    /// <param name="scalar">What is differentiated.</param>
    /// <param name="variables">The tensors to differentiate by.</param>
    /// <param name="held">What keeps its value; a variable among them stays a variable.</param>
    /// <exception cref="ArgumentException">As for <see cref="Gradients"/>.</exception>
    public static IReadOnlyList<Tensor> PartialGradients(Tensor scalar, IReadOnlyList<Tensor> variables, IReadOnlyList<Tensor> held)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        ArgumentNullException.ThrowIfNull(held);
        return scalar.Shape.Count != 1
            ? throw new ShapeException($"Gradients: needs a scalar, got {scalar.Shape}; for others use VectorJacobianProduct")
            : VectorJacobianProduct([scalar], [scalar.Graph.Fill(1, scalar.Shape)], variables, held, recompute: true);
    }

    /// <summary>The vector-Jacobian product Σ cotangentᵀ·∂y/∂x of outputs y and variables x, by one reverse sweep.</summary>
    public static IReadOnlyList<Tensor> VectorJacobianProduct(
        IReadOnlyList<Tensor> outputs,
        IReadOnlyList<Tensor> cotangents,
        IReadOnlyList<Tensor> variables
    ) => VectorJacobianProduct(outputs, cotangents, variables, [], recompute: true);

    private static IReadOnlyList<Tensor> VectorJacobianProduct(
        IReadOnlyList<Tensor> outputs,
        IReadOnlyList<Tensor> cotangents,
        IReadOnlyList<Tensor> variables,
        IReadOnlyList<Tensor> held,
        bool recompute
    )
    {
        if (outputs.Count == 0)
        {
            throw new ArgumentException($"{nameof(VectorJacobianProduct)}: needs at least one output", nameof(outputs));
        }

        Require(outputs, cotangents, nameof(VectorJacobianProduct));
        Tensor?[] found = new ReverseSweep(outputs, variables, held, recompute).Run(cotangents);
        return [.. variables.Select((variable, i) => found[i] ?? variable.Graph.Fill(0, variable.Shape))];
    }

    /// <summary>
    /// The Jacobian-vector product ∂y/∂x·tangent of outputs y and variables x, the forward derivative: the transpose of the transpose,
    /// whose dummy cotangent the result does not depend on.
    /// </summary>
    public static IReadOnlyList<Tensor> JacobianVectorProduct(
        IReadOnlyList<Tensor> outputs,
        IReadOnlyList<Tensor> variables,
        IReadOnlyList<Tensor> tangents
    )
    {
        Require(variables, tangents, nameof(JacobianVectorProduct));
        if (variables.Count == 0)
        {
            throw new ArgumentException($"{nameof(JacobianVectorProduct)}: needs at least one variable", nameof(variables));
        }

        Graph graph = variables[0].Graph;
        Tensor[] probes = [.. outputs.Select((output, i) => graph.Apply(new Probe(graph.Nodes.Count + i, output.Shape)))];

        // A segment traced again would wait for its cotangents, so the probes would stay; and a forward derivative has nothing to keep for
        // a way back.
        IReadOnlyList<Tensor> transposed = VectorJacobianProduct(outputs, probes, variables, [], recompute: false);
        return VectorJacobianProduct(transposed, tangents, probes);
    }

    /// <summary>
    /// The Hessian of a scalar times a vector, reverse over reverse: the gradient of ⟨gradient, vector⟩ with the vector held fixed. The
    /// product itself can be differentiated with respect to the vector.
    /// </summary>
    public static IReadOnlyList<Tensor> HessianVectorProduct(
        Tensor scalar,
        IReadOnlyList<Tensor> variables,
        IReadOnlyList<Tensor> vector
    ) => VectorJacobianProduct(Gradients(scalar, variables), vector, variables);

    /// <summary>
    /// The Gauss-Newton product Jᵀ·H·J·v of a scalar loss of outputs y(x): J = ∂y/∂x and H the Hessian of the loss in y.
    /// </summary>
    public static IReadOnlyList<Tensor> GaussNewtonVectorProduct(
        Func<Tensor, Tensor> loss,
        Tensor output,
        IReadOnlyList<Tensor> variables,
        IReadOnlyList<Tensor> vector
    )
    {
        IReadOnlyList<Tensor> moved = JacobianVectorProduct([output], variables, vector);
        IReadOnlyList<Tensor> curved = HessianVectorProduct(loss(output), [output], moved);
        return VectorJacobianProduct([output], curved, variables);
    }

    private static void Require(IReadOnlyList<Tensor> tensors, IReadOnlyList<Tensor> vectors, string name)
    {
        if (tensors.Count != vectors.Count)
        {
            throw new ArgumentException($"{name}: {vectors.Count} vectors for {tensors.Count} tensors");
        }

        for (int i = 0; i < tensors.Count; i++)
        {
            if (tensors[i].Shape != vectors[i].Shape)
            {
                throw new ShapeException($"{name}: vector {i} has shape {vectors[i].Shape}, its tensor {tensors[i].Shape}");
            }
        }
    }
}
