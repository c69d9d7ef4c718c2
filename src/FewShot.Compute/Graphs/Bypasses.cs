namespace FewShot.Compute.Graphs;

/// <summary>
/// Which tensors an identity looked through: what was asked of them was made of their inputs instead, so it no longer shows that it depends
/// on them. Differentiation reads this, or it would answer zero.
/// </summary>
internal sealed class Bypasses
{
    private readonly Dictionary<Tensor, HashSet<Tensor>> _results = [];

    /// <summary>Notes the inputs of an operation that the tensor which stands for its result is not made of.</summary>
    public void Note(IReadOnlyList<Tensor> inputs, Tensor result)
    {
        // What has become a constant, or one of the operands, depends on no other operand.
        if (result.Operation is Fill or Constant || inputs.Contains(result))
        {
            return;
        }

        foreach (Tensor input in inputs)
        {
            if (input.Inputs.Count > 0 && !IsMadeOf(result, input, inputs))
            {
                if (!_results.TryGetValue(input, out HashSet<Tensor>? results))
                {
                    _results.Add(input, results = []);
                }

                results.Add(result);
            }
        }
    }

    /// <summary>What stands for operations on a tensor without being made of it.</summary>
    public IReadOnlySet<Tensor> Of(Tensor tensor) =>
        _results.TryGetValue(tensor, out HashSet<Tensor>? results) ? results : new HashSet<Tensor>();

    /// <summary>Whether a tensor reads an operand without passing through another; operands come before what is made of them.</summary>
    private static bool IsMadeOf(Tensor result, Tensor operand, IReadOnlyList<Tensor> operands)
    {
        var seen = new HashSet<Tensor>();
        var pending = new Stack<Tensor>([result]);
        while (pending.TryPop(out Tensor? tensor))
        {
            foreach (Tensor input in tensor.Inputs)
            {
                if (input == operand)
                {
                    return true;
                }

                if (input.Id > operand.Id && !operands.Contains(input) && seen.Add(input))
                {
                    pending.Push(input);
                }
            }
        }

        return false;
    }
}
