using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.ProgramBench;

/// <summary>The exact meta-gradient of one task (MAML), traced directly: what the engine is measured by.</summary>
internal static class MetaLearningPrograms
{
    private delegate Tensor Network(IReadOnlyList<Tensor> parameters, Tensor x);

    /// <summary>Regression by an MLP 1-40-40-1 with ReLU: 10 support and 10 query points.</summary>
    public static Graph Sine(int steps)
    {
        var graph = new Graph();
        Tensor[] parameters =
        [
            graph.Input("w1", new Shape(1, 40)),
            graph.Input("b1", new Shape(40)),
            graph.Input("w2", new Shape(40, 40)),
            graph.Input("b2", new Shape(40)),
            graph.Input("w3", new Shape(40, 1)),
            graph.Input("b3", new Shape(1)),
        ];
        Tensor Mlp(IReadOnlyList<Tensor> p, Tensor x) =>
            ((x.MatrixMultiply(p[0]) + p[1]).Relu().MatrixMultiply(p[2]) + p[3]).Relu().MatrixMultiply(p[4]) + p[5];

        return Maml(
            graph,
            parameters,
            Mlp,
            (prediction, target) => prediction.MeanSquaredError(target),
            new Shape(10, 1),
            new Shape(10, 1),
            1,
            steps,
            0.01
        );
    }

    /// <summary>
    /// Classification of 28×28 images by four blocks of 64 channels: convolution, batch normalisation, ReLU, max-pooling.
    /// </summary>
    public static Graph Omniglot(int ways, int shots, int queries, int steps, int channels = 64, bool checkpoint = false)
    {
        var graph = new Graph();
        var parameters = new List<Tensor>();
        int inputs = 1;
        for (int block = 1; block <= 4; block++)
        {
            parameters.Add(graph.Input($"conv{block}", new Shape(3, 3, inputs, channels)));
            parameters.Add(graph.Input($"scale{block}", new Shape(channels)));
            parameters.Add(graph.Input($"shift{block}", new Shape(channels)));
            inputs = channels;
        }

        parameters.Add(graph.Input("head", new Shape(channels, ways)));
        parameters.Add(graph.Input("bias", new Shape(ways)));
        Tensor Conv4(IReadOnlyList<Tensor> p, Tensor x)
        {
            for (int block = 0; block < 4; block++)
            {
                Tensor y = x.Convolve(p[3 * block], 1, 1);
                Tensor centred = y - y.Mean(0, 1, 2);
                Tensor variance = centred.Square().Mean(0, 1, 2);
                x = ((centred * (variance + 1e-5).ReciprocalSqrt() * p[(3 * block) + 1]) + p[(3 * block) + 2]).Relu().MaxPool(2);
            }

            return x.Reshape(x.Shape[0], channels).MatrixMultiply(p[12]) + p[13];
        }

        return Maml(
            graph,
            parameters,
            Conv4,
            (logits, target) => logits.CrossEntropy(target),
            new Shape(ways * shots, 28, 28, 1),
            new Shape(ways * queries, 28, 28, 1),
            ways,
            steps,
            0.4,
            checkpoint
        );
    }

    private static Graph Maml(
        Graph graph,
        IReadOnlyList<Tensor> parameters,
        Network network,
        Func<Tensor, Tensor, Tensor> loss,
        Shape support,
        Shape query,
        int outputs,
        int steps,
        double rate,
        bool checkpoint = false
    )
    {
        Tensor supportInputs = graph.Input("support inputs", support);
        Tensor supportTargets = graph.Input("support targets", new Shape(support[0], outputs));
        Tensor queryInputs = graph.Input("query inputs", query);
        Tensor queryTargets = graph.Input("query targets", new Shape(query[0], outputs));
        IReadOnlyList<Tensor> adapted = parameters;
        for (int step = 1; step <= steps; step++)
        {
            using IDisposable scope = graph.Scope($"inner step {step}");
            IReadOnlyList<Tensor> Descend(IReadOnlyList<Tensor> p)
            {
                IReadOnlyList<Tensor> gradients = Differentiate.Gradients(loss(network(p, supportInputs), supportTargets), p);
                return [.. p.Zip(gradients, (value, gradient) => value - (gradient * rate))];
            }

            adapted = checkpoint ? Rematerialize.Run(Descend, adapted) : Descend(adapted);
        }

        using (graph.Scope("query"))
        {
            Tensor objective = loss(network(adapted, queryInputs), queryTargets);
            graph.Output("loss", objective);
            using IDisposable scope = graph.Scope("meta-gradient");
            IReadOnlyList<Tensor> gradients = Differentiate.Gradients(objective, parameters);
            for (int i = 0; i < gradients.Count; i++)
            {
                graph.Output($"gradient {((Tensor)parameters[i]).Id}", gradients[i]);
            }
        }

        return graph;
    }
}
