using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.Patterns;
using FewShot.Models;

namespace FewShot.Methods.Adaptation;

/// <summary>
/// The Jacobian of a batch of answers in some parameters: what the empirical neural tangent kernel is made of (Jacot 2018).
/// </summary>
internal static class EmpiricalTangents
{
    /// <summary>One row for each example and output, an example's outputs side by side: [n·outputs, number of parameters].</summary>
    public static Tensor Rows(Tensor answers, IReadOnlyList<Tensor> parameters)
    {
        var rows = new Tensor[answers.Shape.Count];
        for (int i = 0; i < rows.Length; i++)
        {
            double[] unit = new double[rows.Length];
            unit[i] = 1;
            IReadOnlyList<Tensor> gradient = Differentiate.VectorJacobianProduct(
                [answers],
                [answers.Graph.Constant(unit, answers.Shape)],
                parameters
            );
            rows[i] = TensorOperations.Concatenate(1, [.. gradient.Select(part => part.Reshape(1, -1))]);
        }

        return TensorOperations.Concatenate(0, rows);
    }

    /// <summary>
    /// The direction Jᵀc that coefficients of the answers give the parameters of some layers, and how the support set's statistics, which
    /// are made of them, change along it: entries of a state, all that <see cref="Along"/> needs. Without the latter, queries that are
    /// answered from a state alone would have another Jacobian than the support set.
    /// </summary>
    public static IEnumerable<KeyValuePair<string, Tensor>> Direction(
        string prefix,
        TaskContext task,
        TensorMap state,
        Tensor answers,
        Tensor coefficients,
        IReadOnlyList<string> names
    )
    {
        Tensor[] parameters = [.. names.Select(name => state[name])];
        IReadOnlyList<Tensor> direction = Differentiate.VectorJacobianProduct([answers], [coefficients], parameters);
        string[] statistics = task.Statistics == NormStatistics.Support ? [.. StatisticsOf(task.Model, names)] : [];
        return
        [
            .. names.Zip(direction, (name, part) => KeyValuePair.Create(prefix + name, part)),
            .. statistics.Select(name =>
                KeyValuePair.Create(prefix + name, Differentiate.JacobianVectorProduct([state[name]], parameters, direction)[0])
            ),
        ];
    }

    /// <summary>J(x)·Jᵀc for the answers at x under a state that holds a <see cref="Direction"/>.</summary>
    public static Tensor Along(string prefix, Model model, TensorMap state, Tensor answers, IReadOnlyList<string> names)
    {
        // States saved before statistics had a direction have none.
        string[] moved = [.. names, .. StatisticsOf(model, names).Where(name => state.Contains(prefix + name))];
        return Differentiate.JacobianVectorProduct(
            [answers],
            [.. moved.Select(name => state[name])],
            [.. moved.Select(name => state[prefix + name])]
        )[0];
    }

    /// <summary>The trained parameters of the layers that a pattern's first row names.</summary>
    public static string[] Moving(Model model, Pattern pattern) => model.TrainedOf(layer => pattern.Changes(0, layer, model.Layers.Count));

    /// <summary>A kernel over examples [n, n] made one over examples and outputs: its Kronecker product with the identity.</summary>
    public static Tensor RepeatOverOutputs(this Tensor kernel, int outputs)
    {
        int n = kernel.Shape[0];
        Tensor spread = kernel.Reshape(n, 1, n, 1).BroadcastTo(new Shape(n, outputs, n, outputs));
        Tensor identity = kernel.Graph.Identity(outputs).Reshape(1, outputs, 1, outputs).BroadcastTo(spread.Shape);
        return (spread * identity).Reshape(n * outputs, n * outputs);
    }

    /// <summary>The statistics at and above the lowest layer of some parameters: those below do not depend on any.</summary>
    private static IEnumerable<string> StatisticsOf(Model model, IReadOnlyList<string> names)
    {
        List<string> layers = [.. model.Layers];
        int lowest = names.Select(name => layers.IndexOf(Model.LayerOf(name))).DefaultIfEmpty(layers.Count).Min();
        return model
            .Parameters.Where(parameter => !parameter.Trained && layers.IndexOf(Model.LayerOf(parameter.Name)) >= lowest)
            .Select(parameter => parameter.Name);
    }
}
