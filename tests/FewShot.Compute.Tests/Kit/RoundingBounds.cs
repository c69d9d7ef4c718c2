using System.Numerics;
using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Tests.Kit;

/// <summary>
/// The values of a graph by the definitions, and how far rounding can move them. The bound comes from the graph itself: every node that
/// rounds is multiplied by random factors a few units of roundoff from one, and the spread of the outputs over some draws, times a margin,
/// is the bound. So it follows magnitudes and cancellation, and a result that a kink may flip is not held to one side of it.
/// </summary>
internal sealed record RoundingBounds(double[][] Values, double[][] Bounds)
{
    private const int Draws = 6;
    private const double Noise = 8;
    private const double Margin = 16;

    /// <summary>Operations that only move or choose values, or give whole numbers: exact in any precision.</summary>
    private static readonly HashSet<Type> s_exact =
    [
        typeof(Absolute),
        typeof(Negate),
        typeof(Relu),
        typeof(Maximum),
        typeof(Minimum),
        typeof(Sign),
        typeof(Step),
        typeof(Greater),
        typeof(Equal),
        typeof(Select),
        typeof(MaxPoolSelect),
        typeof(MaxUnpool),
        typeof(ReduceMaximum),
        typeof(TurnWeights),
        typeof(After),
        typeof(SegmentOutput),
        typeof(StopGradient),
        typeof(BroadcastTo),
        typeof(Concatenate),
        typeof(Gather),
        typeof(OneHot),
        typeof(Pad),
        typeof(Reshape),
        typeof(Slice),
        typeof(Transpose),
    ];

    public static RoundingBounds Of<T>(Graph graph, IReadOnlyList<double[]> inputs)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double roundoff = double.CreateChecked(T.BitIncrement(T.One) - T.One) / 2;
        double[][] values = Kit.Values.Run(graph, inputs);
        double[][] bounds = [.. values.Select(output => output.Select(value => 4 * roundoff * Math.Abs(value)).ToArray())];
        (Graph noisy, int noises) = WithNoise(graph, inputs);
        using IWorker<double> worker = new ReferenceProgram(noisy).CreateWorker();
        for (int i = 0; i < inputs.Count; i++)
        {
            Kit.Values.Write(worker, i, inputs[i]);
        }

        var random = new Random(12345);
        for (int draw = 0; draw < Draws; draw++)
        {
            for (int i = inputs.Count; i < inputs.Count + noises; i++)
            {
                foreach (ref double factor in worker.Input(i))
                {
                    factor = 1 + (Noise * roundoff * ((2 * random.NextDouble()) - 1));
                }
            }

            worker.Run();
            for (int i = 0; i < values.Length; i++)
            {
                // One bound for an output: the spread at one place is a matter of few draws, that of all its places is not.
                double spread = worker
                    .Output(i)
                    .ToArray()
                    .Zip(values[i], (moved, value) => Math.Abs(moved - value))
                    .Where(double.IsFinite)
                    .DefaultIfEmpty()
                    .Max();
                for (int j = 0; j < values[i].Length; j++)
                {
                    bounds[i][j] = Math.Max(bounds[i][j], (4 * roundoff * Math.Abs(values[i][j])) + (Margin * spread));
                }
            }
        }

        return new RoundingBounds(values, bounds);
    }

    private static (Graph Graph, int Noises) WithNoise(Graph graph, IReadOnlyList<double[]> inputs)
    {
        var noisy = new Graph();
        var copies = new Tensor[graph.Nodes.Count];
        foreach (Tensor input in graph.Inputs)
        {
            copies[input.Id] = noisy.Input(((Input)input.Operation).Label, input.Shape);
        }

        int noises = 0;
        Tensor Noised(Tensor tensor) => tensor * noisy.Input($"noise {noises++}", tensor.Shape);
        for (int i = 0; i < inputs.Count; i++)
        {
            if (!inputs[i].All(double.IsInteger))
            {
                copies[graph.Inputs[i].Id] = Noised(copies[graph.Inputs[i].Id]);
            }
        }

        foreach (Tensor node in graph.Nodes.Where(node => node.Operation is not Input))
        {
            Tensor copy = noisy.Apply(node.Operation, [.. node.Inputs.Select(input => copies[input.Id])]);
            bool whole =
                s_exact.Contains(node.Operation.GetType())
                || node.Operation is Fill { Value: var value } && double.IsInteger(value)
                || node.Operation is Constant;
            copies[node.Id] = whole ? copy : Noised(copy);
        }

        foreach ((string name, Tensor tensor) in graph.Outputs)
        {
            noisy.Output(name, copies[tensor.Id]);
        }

        return (noisy, noises);
    }
}
