using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Differentiation;

/// <summary>One pass from outputs back to variables, visiting only nodes that lie between them.</summary>
internal sealed class ReverseSweep
{
    private const string Remedy = "differentiate by its AsVariable(), made before anything is computed from it";

    private readonly Graph _graph;
    private readonly IReadOnlyList<Tensor> _outputs;
    private readonly IReadOnlyList<Tensor> _variables;
    private readonly HashSet<Tensor> _isVariable;
    private readonly HashSet<Tensor> _isHeld;
    private readonly bool _recompute;

    // Nodes made before the first variable depend on none, and are left out: the sweep of an inner step costs what that step is long.
    private readonly int _first;
    private readonly bool[] _depends;
    private readonly Tensor?[] _cotangents;

    /// <summary>Sweeps from outputs to variables.</summary>
    /// <param name="outputs">The tensors where the sweep starts.</param>
    /// <param name="variables">The tensors where it ends; each counts as independent of the others.</param>
    /// <param name="held">What counts as independent of the variables, whatever it is made of.</param>
    /// <param name="recompute">Whether checkpointed segments are traced again, or walked into like everything else.</param>
    public ReverseSweep(IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> variables, IReadOnlyList<Tensor> held, bool recompute = true)
    {
        _graph = outputs[0].Graph;
        _outputs = outputs;
        _variables = variables;
        _isVariable = [.. variables];
        _isHeld = [.. held.Where(tensor => !_isVariable.Contains(tensor))];
        RequireNoBypass();
        _recompute = recompute;
        int end = outputs.Max(output => output.Id) + 1;
        _first = Math.Min(end, variables.Select(variable => variable.Id).DefaultIfEmpty(end).Min());
        _depends = new bool[end - _first];
        _cotangents = new Tensor?[end - _first];
        foreach (Tensor variable in variables.Where(variable => variable.Id < end))
        {
            _depends[variable.Id - _first] = true;
        }

        for (int id = _first; id < end; id++)
        {
            if (_graph.Nodes[id].Operation is not StopGradient && !_isHeld.Contains(_graph.Nodes[id]))
            {
                _depends[id - _first] |= _graph.Nodes[id].Inputs.Any(Depends);
            }
        }
    }

    public Tensor?[] Run(IReadOnlyList<Tensor> cotangents)
    {
        for (int i = 0; i < _outputs.Count; i++)
        {
            Add(_outputs[i], cotangents[i]);
        }

        for (int id = _first + _cotangents.Length - 1; id >= _first; id--)
        {
            Tensor node = _graph.Nodes[id];
            if (Cotangent(node) is not { } cotangent || _isVariable.Contains(node))
            {
                continue;
            }

            if (_recompute && node.Operation is SegmentOutput output)
            {
                // The other outputs of the segment were made together with this one, so all their users have been visited when the first is
                // reached.
                RematerializedSegment segment = _graph.Segments[output.Segment];
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

        return [.. _variables.Select(Cotangent)];
    }

    private bool IsSwept(Tensor tensor) => tensor.Id >= _first && tensor.Id < _first + _cotangents.Length;

    private bool Depends(Tensor tensor) => IsSwept(tensor) && _depends[tensor.Id - _first];

    private Tensor? Cotangent(Tensor tensor) => IsSwept(tensor) ? _cotangents[tensor.Id - _first] : null;

    private void Add(Tensor tensor, Tensor cotangent)
    {
        if (Depends(tensor))
        {
            _cotangents[tensor.Id - _first] = Cotangent(tensor) is { } sum ? sum + cotangent : cotangent;
        }
    }

    /// <summary>The outputs of a segment through which the sweep enters it: not those never reached, nor those at which it ends.</summary>
    private Tensor[] Reached(RematerializedSegment segment) =>
        [.. segment.Outputs.Where(output => Cotangent(output) is not null && !_isVariable.Contains(output))];

    /// <summary>Traces a segment again behind the cotangents of its outputs, and differentiates that.</summary>
    private void Recompute(RematerializedSegment segment)
    {
        Tensor[] reached = Reached(segment);
        RequireAllArguments(reached, segment.Inputs);
        Tensor[] cotangents = [.. reached.Select(output => Cotangent(output)!)];
        Tensor[] inputs = [.. segment.Inputs.Select(input => input.After(cotangents))];
        IReadOnlyList<Tensor> outputs = segment.Function(inputs);

        // A captured tensor is not made from the new arguments, though it may be from the old.
        RequireAllArguments(outputs, inputs);

        // A tensor passed twice is one variable.
        int[] differentiable = [.. Enumerable.Range(0, inputs.Length).Where(i => Depends(segment.Inputs[i])).DistinctBy(i => inputs[i])];
        IReadOnlyList<Tensor> parts = Differentiate.VectorJacobianProduct(
            [.. reached.Select(output => outputs[((SegmentOutput)output.Operation).Index])],
            cotangents,
            [.. differentiable.Select(i => inputs[i])]
        );
        for (int i = 0; i < differentiable.Length; i++)
        {
            Add(segment.Inputs[differentiable[i]], parts[i]);
        }
    }

    /// <summary>
    /// Throws where a derivative would come out as zero, or a part of it would be missing, because an identity bypassed the tensor it is
    /// asked for.
    /// </summary>
    private void RequireNoBypass()
    {
        Tensor[] cuts = [.. _isVariable, .. _isHeld];
        if (cuts.FirstOrDefault(cut => cut.Operation is Fill or Constant) is { } constant)
        {
            throw new ArgumentException($"{constant} is a constant, which is folded into what is made of it; {Remedy}");
        }

        if (cuts.All(cut => _graph.Bypasses.Of(cut).Count == 0))
        {
            return;
        }

        var seen = new HashSet<Tensor>();
        var pending = new Stack<Tensor>(_outputs);
        while (pending.TryPop(out Tensor? tensor))
        {
            if (!seen.Add(tensor) || _isVariable.Contains(tensor) || _isHeld.Contains(tensor) || tensor.Operation is StopGradient)
            {
                continue;
            }

            if (cuts.FirstOrDefault(cut => _graph.Bypasses.Of(cut).Contains(tensor)) is { } bypassed)
            {
                throw new ArgumentException(
                    $"{tensor} was computed from {bypassed}, which is differentiated, but folded: it is made of the inputs of that "
                        + $"instead; {Remedy}"
                );
            }

            foreach (Tensor input in tensor.Inputs)
            {
                pending.Push(input);
            }
        }
    }

    /// <summary>
    /// Throws where a segment's outputs depend on a variable other than through its arguments: that part would silently get no gradient.
    /// </summary>
    private void RequireAllArguments(IReadOnlyList<Tensor> outputs, IReadOnlyList<Tensor> arguments)
    {
        var seen = new HashSet<Tensor>(arguments);
        var pending = new Stack<Tensor>(outputs);
        while (pending.TryPop(out Tensor? tensor))
        {
            if (!seen.Add(tensor) || (tensor.Id < _first + _depends.Length && !Depends(tensor)))
            {
                continue;
            }

            if (_isVariable.Contains(tensor))
            {
                throw new ArgumentException(
                    $"a checkpointed segment depends on {tensor}, which is differentiated, other than through its inputs; pass what it "
                        + "uses of it as an argument"
                );
            }

            foreach (Tensor input in tensor.Inputs)
            {
                pending.Push(input);
            }
        }
    }
}
