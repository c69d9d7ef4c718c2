using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Models;

namespace FewShot.Bilevel;

/// <summary>
/// Inner steps whose y are kept, and the way back through them: v ← v − β·∂²g/∂y²·v, from ∇_y f, with −β·∂²g/∂x∂y·v to x at each.
/// </summary>
internal sealed class ReverseRun : HypergradientRun
{
    private const string Cotangent = "cotangent of ";

    private readonly BilevelProgram _step;
    private readonly BilevelProgram _outer;
    private readonly BilevelProgram _back;
    private readonly int _lastSteps;
    private readonly float[][] _kept;

    public ReverseRun(BilevelProblem problem, BilevelOptions options, int lastSteps)
        : base(problem, options)
    {
        _lastSteps = lastSteps;
        _kept = [.. Enumerable.Range(0, lastSteps).Select(_ => new float[problem.LowerVariables.Sum(variable => variable.Shape.Count)])];
        _step = new BilevelProgram(problem, [], (graph, all) => TraceStep(graph, all));
        _outer = new BilevelProgram(
            problem,
            [],
            (graph, all) =>
            {
                Tensor loss = problem.Upper(all);
                IReadOnlyList<Tensor> direct = Differentiate.Gradients(loss, [.. Of(all, Upper), .. Of(all, Lower)]);
                graph.Output(UpperLoss, loss);
                OutputGradients(graph, direct);
                OutputCotangents(graph, [.. direct.Skip(Upper.Length)]);
            }
        );
        _back = new BilevelProgram(
            problem,
            problem.LowerVariables.Select(variable => (Cotangent + variable.Name, variable.Shape)),
            (graph, all) =>
            {
                Tensor[] v = Of(all, Lower.Select(name => Cotangent + name));
                IReadOnlyList<Tensor> slope = Differentiate.Gradients(problem.Lower(all), Of(all, Lower));
                IReadOnlyList<Tensor> product = Differentiate.VectorJacobianProduct(
                    slope,
                    [.. v.Select(part => part * -options.InnerRate)],
                    [.. Of(all, Upper), .. Of(all, Lower)]
                );
                OutputGradients(graph, product);
                OutputCotangents(graph, [.. v.Select((part, i) => part + product[Upper.Length + i])]);
            }
        );
        Programs = [_step, _outer, _back];
    }

    public override IReadOnlyList<BilevelProgram> Programs { get; }

    public override long KeptBytes => _kept.Sum(values => (long)values.Length * sizeof(float));

    protected override void BeforeStep(int step)
    {
        int place = step - (Options.InnerSteps - _lastSteps);
        int start = 0;
        foreach (string name in place >= 0 ? Lower : [])
        {
            _step[name].CopyTo(_kept[place].AsSpan(start));
            start += _step[name].Length;
        }
    }

    protected override double Differentiated(ParameterSet y, float[] gradient)
    {
        _outer.Load(y);
        _outer.Run();
        AddGradients(_outer, gradient);
        foreach (string name in Lower)
        {
            _outer.Output(Cotangent + name).CopyTo(_back[Cotangent + name]);
        }

        for (int step = _lastSteps - 1; step >= 0; step--)
        {
            int start = 0;
            foreach (string name in Lower)
            {
                Span<float> at = _back[name];
                _kept[step].AsSpan(start, at.Length).CopyTo(at);
                start += at.Length;
            }

            _back.Turn();
            AddGradients(_back, gradient);
        }

        return _outer.Output(UpperLoss)[0];
    }

    private void OutputCotangents(Graph graph, IReadOnlyList<Tensor> cotangents)
    {
        for (int i = 0; i < Lower.Length; i++)
        {
            graph.Output(Cotangent + Lower[i], cotangents[i]);
        }
    }
}
