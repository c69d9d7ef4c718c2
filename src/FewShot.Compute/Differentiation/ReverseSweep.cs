using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Differentiation;

/// <summary>One pass from outputs back to variables, visiting only nodes that lie between them.</summary>
internal sealed class ReverseSweep
{
    private readonly Graph _graph;
    private readonly IReadOnlyList<Tensor> _outputs;
    private readonly IReadOnlyList<Tensor> _variables;
    private readonly HashSet<Tensor> _isVariable;
    private readonly bool _recompute;
    private readonly bool[] _depends;
    private readonly Tensor?[] _cotangents;

    /// <param name="outputs">Where the sweep starts.</param>
    /// <param name="variables">Where it ends; each counts as independent of the others.</param>
    /// <param name="recompute">Whether checkpointed segments are traced again, or walked into like everything else.</param>
    public ReverseSweep(IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> variables, bool recompute = true)
    {
        _graph = outputs[0].Graph;
        _outputs = outputs;
        _variables = variables;
        _isVariable = [.. variables];
        _recompute = recompute;
        int count = outputs.Max(output => output.Id) + 1;
        _depends = new bool[count];
        _cotangents = new Tensor?[count];
        foreach (Tensor variable in variables.Where(variable => variable.Id < count))
        {
            _depends[variable.Id] = true;
        }

        for (int id = 0; id < count; id++)
        {
            if (_graph.Nodes[id].Operation is StopGradient)
            {
                continue;
            }

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

        for (int id = _cotangents.Length - 1; id >= 0; id--)
        {
            Tensor node = _graph.Nodes[id];
            if (_cotangents[id] is not { } cotangent || _isVariable.Contains(node))
            {
                continue;
            }

            if (_recompute && node.Operation is SegmentOutput output)
            {
                // The other outputs of the segment were made together with this one, so all their users have been visited when the first is reached.
                CheckpointedSegment segment = _graph.Segments[output.Segment];
                if (Reached(segment).Min(other => other.Id) == id)
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

    /// <summary>The outputs of a segment through which the sweep enters it: not those never reached, nor those at which it ends.</summary>
    private Tensor[] Reached(CheckpointedSegment segment) =>
        [.. segment.Outputs.Where(output => output.Id < _cotangents.Length && _cotangents[output.Id] is not null && !_isVariable.Contains(output))];

    /// <summary>Traces a segment again behind the cotangents of its outputs, and differentiates that.</summary>
    private void Recompute(CheckpointedSegment segment)
    {
        Tensor[] reached = Reached(segment);
        RequireAllArguments(reached, segment.Inputs);
        Tensor[] cotangents = [.. reached.Select(output => _cotangents[output.Id]!)];
        Tensor[] inputs = [.. segment.Inputs.Select(input => input.After(cotangents))];
        IReadOnlyList<Tensor> outputs = segment.Function(inputs);

        // A captured tensor is not made from the new arguments, though it may be from the old.
        RequireAllArguments(outputs, inputs);

        // A tensor passed twice is one variable.
        int[] differentiable = [.. Enumerable.Range(0, inputs.Length).Where(i => _depends[segment.Inputs[i].Id]).DistinctBy(i => inputs[i])];
        IReadOnlyList<Tensor> parts = Differentiate.VectorJacobianProduct(
            [.. reached.Select(output => outputs[((SegmentOutput)output.Operation).Index])], cotangents, [.. differentiable.Select(i => inputs[i])]);
        for (int i = 0; i < differentiable.Length; i++)
        {
            Add(segment.Inputs[differentiable[i]], parts[i]);
        }
    }

    /// <summary>Throws where a segment's outputs depend on a variable other than through its arguments: that part would silently get no gradient.</summary>
    private void RequireAllArguments(IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> arguments)
    {
        var seen = new HashSet<Tensor>(arguments);
        var pending = new Stack<Tensor>(outputs);
        while (pending.TryPop(out Tensor? tensor))
        {
            if (!seen.Add(tensor) || (tensor.Id < _depends.Length && !_depends[tensor.Id]))
            {
                continue;
            }

            if (_isVariable.Contains(tensor))
            {
                throw new ArgumentException(
                    $"a checkpointed segment depends on {tensor}, which is differentiated, other than through its inputs; pass what it uses of it as an argument");
            }

            foreach (Tensor input in tensor.Inputs)
            {
                pending.Push(input);
            }
        }
    }
}
