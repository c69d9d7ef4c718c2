using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Differentiation;

/// <summary>One pass from outputs back to variables, visiting only nodes that lie between them.</summary>
internal sealed class ReverseSweep
{
    private readonly Graph _graph;
    private readonly IReadOnlyList<Tensor> _outputs;
    private readonly IReadOnlyList<Tensor> _variables;
    private readonly bool[] _depends;
    private readonly Tensor?[] _cotangents;

    public ReverseSweep(IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> variables)
    {
        _graph = outputs[0].Graph;
        _outputs = outputs;
        _variables = variables;
        int count = outputs.Max(output => output.Id) + 1;
        _depends = new bool[count];
        _cotangents = new Tensor?[count];
        foreach (Tensor variable in variables.Where(variable => variable.Id < count))
        {
            _depends[variable.Id] = true;
        }

        for (int id = 0; id < count; id++)
        {
            foreach (Tensor input in _graph.Nodes[id].Inputs)
            {
                _depends[id] |= _depends[input.Id];
            }
        }
    }

    public Tensor?[] Run(IReadOnlyList<Tensor> cotangents)
    {
        for (int i = 0; i < _outputs.Count; i++)
        {
            Add(_outputs[i], cotangents[i]);
        }

        var isVariable = new HashSet<Tensor>(_variables);
        for (int id = _cotangents.Length - 1; id >= 0; id--)
        {
            Tensor node = _graph.Nodes[id];
            if (_cotangents[id] is not { } cotangent || isVariable.Contains(node))
            {
                continue;
            }

            if (node.Operation is SegmentOutput output)
            {
                // The other outputs of the segment were made together with this one, so all their users have been visited when the first is reached.
                CheckpointedSegment segment = _graph.Segments[output.Segment];
                if (segment.Outputs.Where(other => _cotangents[other.Id] is not null).Min(other => other.Id) == id)
                {
                    Recompute(segment);
                }

                continue;
            }

            Tensor?[] parts = node.Operation.Differentiate(node, cotangent);
            for (int i = 0; i < parts.Length; i++)
            {
                if (parts[i] is { } part)
                {
                    Add(node.Inputs[i], part);
                }
            }
        }

        return [.. _variables.Select(variable => variable.Id < _cotangents.Length ? _cotangents[variable.Id] : null)];
    }

    private void Add(Tensor tensor, Tensor cotangent)
    {
        if (_depends[tensor.Id])
        {
            _cotangents[tensor.Id] = _cotangents[tensor.Id] is { } sum ? sum + cotangent : cotangent;
        }
    }

    /// <summary>Traces a segment again behind the cotangents of its outputs, and differentiates that.</summary>
    private void Recompute(CheckpointedSegment segment)
    {
        RequireNoCapture(segment);
        Tensor[] reached = [.. segment.Outputs.Where(output => _cotangents[output.Id] is not null)];
        Tensor[] cotangents = [.. reached.Select(output => _cotangents[output.Id]!)];
        Tensor[] inputs = [.. segment.Inputs.Select(input => _graph.Apply(new After(), [input, .. cotangents]))];
        IReadOnlyList<Tensor> outputs = segment.Function(inputs);
        int[] differentiable = [.. Enumerable.Range(0, inputs.Length).Where(i => _depends[segment.Inputs[i].Id])];
        IReadOnlyList<Tensor> parts = Differentiate.VectorJacobianProduct(
            [.. reached.Select(output => outputs[((SegmentOutput)output.Operation).Index])], cotangents, [.. differentiable.Select(i => inputs[i])]);
        for (int i = 0; i < differentiable.Length; i++)
        {
            Add(segment.Inputs[differentiable[i]], parts[i]);
        }
    }

    /// <summary>A captured tensor would silently get no gradient.</summary>
    private void RequireNoCapture(CheckpointedSegment segment)
    {
        var declared = new HashSet<Tensor>(segment.Inputs);
        var seen = new HashSet<Tensor>();
        var pending = new Stack<Tensor>(segment.Outputs);
        while (pending.TryPop(out Tensor? tensor))
        {
            if (declared.Contains(tensor) || !_depends[tensor.Id] || !seen.Add(tensor))
            {
                continue;
            }

            if (_variables.Contains(tensor))
            {
                throw new ArgumentException(
                    $"a checkpointed segment uses {tensor}, which is differentiated but is not among the segment's inputs; pass it as an argument");
            }

            foreach (Tensor input in tensor.Inputs)
            {
                pending.Push(input);
            }
        }
    }
}
