using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Simplification.Rules;

/// <summary>
/// Terms of a sum that are the same tensor with different factors become one, and so do products of the same kind that share an operand:
/// conv(x, v) + conv(x, w) = conv(x, v + w). Only products that nothing else reads, so that each joining saves one.
/// </summary>
internal static class FactorSums
{
    private sealed record Term(bool Negative, Tensor Source, Tensor Value);

    public static Tensor? Apply(Rewrite rewrite)
    {
        // The sum that reads a partial sum collects its terms too; to join them at each link of a chain would take the cube of its length.
        if (rewrite.Operation is not (Add or Subtract) || rewrite.IsPartialSum[rewrite.Node.Id])
        {
            return null;
        }

        var terms = new List<Term>();
        Collect(rewrite, rewrite.Node, false, terms);
        bool joined = false;
        for (int i = 0; i < terms.Count; i++)
        {
            for (int j = i + 1; j < terms.Count; j++)
            {
                if ((JoinScaled(terms[i], terms[j]) ?? JoinProducts(rewrite, terms[i], terms[j])) is { } term)
                {
                    terms[i] = term;
                    terms.RemoveAt(j--);
                    joined = true;
                }
            }
        }

        return joined ? Sum(terms) : null;
    }

    /// <summary>For each node, whether it is a sum whose only reader is another sum.</summary>
    public static bool[] PartialSums(Graph graph, int[] uses)
    {
        bool[] isPartial = new bool[graph.Nodes.Count];
        for (int id = isPartial.Length - 1; id >= 0; id--)
        {
            Tensor node = graph.Nodes[id];
            if (uses[id] > 0 && (node.Operation is Add or Subtract || isPartial[id]))
            {
                foreach (Tensor input in node.Inputs)
                {
                    isPartial[input.Id] = input.Operation is Add or Subtract or Negate && uses[input.Id] == 1;
                }
            }
        }

        return isPartial;
    }

    /// <summary>The terms of a sum, through partial sums that nothing else reads.</summary>
    private static void Collect(Rewrite rewrite, Tensor node, bool negative, List<Term> terms)
    {
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            Tensor input = node.Inputs[i];
            bool sign = negative ^ (node.Operation is Negate || (node.Operation is Subtract && i == 1));
            if (rewrite.IsPartialSum[input.Id])
            {
                Collect(rewrite, input, sign, terms);
            }
            else
            {
                terms.Add(new Term(sign, input, rewrite.Copies[input.Id]));
            }
        }
    }

    private static Tensor Sum(List<Term> terms)
    {
        Tensor sum = terms[0].Negative ? -terms[0].Value : terms[0].Value;
        foreach (Term term in terms.Skip(1))
        {
            sum = term.Negative ? sum - term.Value : sum + term.Value;
        }

        return sum;
    }

    private static Term? JoinScaled(Term a, Term b)
    {
        (Tensor? factorA, Tensor restA) = Split(a.Value);
        (Tensor? factorB, Tensor restB) = Split(b.Value);
        if (restA != restB || restA.Operation is Fill)
        {
            return null;
        }

        Graph graph = restA.Graph;
        if (
            Small(graph, factorA) is not { } smallA
            || Small(graph, factorB) is not { } smallB
            || Shape.Broadcast(smallA.Shape, smallB.Shape) is not { } shape
            || shape.Count > Math.Max(smallA.Shape.Count, smallB.Shape.Count)
        )
        {
            return null;
        }

        Tensor factor = a.Negative == b.Negative ? smallA + smallB : smallA - smallB;
        return new Term(a.Negative, a.Source, factor.BroadcastTo(restA.Shape).Multiply(restA));
    }

    private static (Tensor? Factor, Tensor Other) Split(Tensor value) =>
        FactorBroadcasts.Scaled(value) is (var factor, var rest) ? (factor, rest) : (null, value);

    private static Tensor? Small(Graph graph, Tensor? factor) =>
        factor is null ? graph.Fill(1, Shape.Scalar)
        : factor.Operation is Fill fill ? graph.Fill(fill.Value, Shape.Scalar)
        : Rewrite.Repeated(factor);

    private static Term? JoinProducts(Rewrite rewrite, Term a, Term b)
    {
        (Tensor x, Tensor y) = (a.Value, b.Value);
        if (
            !IsBilinear(x.Operation)
            || !x.Operation.Equals(y.Operation)
            || rewrite.Uses[a.Source.Id] != 1
            || rewrite.Uses[b.Source.Id] != 1
        )
        {
            return null;
        }

        Tensor Combine(Tensor u, Tensor v) => a.Negative == b.Negative ? u + v : u - v;
        if (x.Inputs[0] == y.Inputs[0] && x.Inputs[1].Shape == y.Inputs[1].Shape)
        {
            return new Term(a.Negative, a.Source, rewrite.Graph.Apply(x.Operation, x.Inputs[0], Combine(x.Inputs[1], y.Inputs[1])));
        }

        return x.Inputs[1] == y.Inputs[1] && x.Inputs[0].Shape == y.Inputs[0].Shape
            ? new Term(a.Negative, a.Source, rewrite.Graph.Apply(x.Operation, Combine(x.Inputs[0], y.Inputs[0]), x.Inputs[1]))
            : null;
    }

    private static bool IsBilinear(Operation operation) =>
        operation is Convolution or ConvolutionDataGradient or ConvolutionWeightGradient or MatrixProduct;
}
