using FewShot.Compute.Graphs;
using FewShot.Methods.MetaGradients;
using FewShot.Models;

namespace FewShot.Bilevel;

/// <summary>Inner steps of which nothing is kept, then the implicit function theorem.</summary>
internal sealed class ImplicitRun : HypergradientRun
{
    private const string Dual = "v of ";
    private const string NegativeCurvature = "negative curvature";
    private const string StoodStill = "stood still";

    private readonly BilevelProgram _outer;

    public ImplicitRun(BilevelProblem problem, BilevelOptions options, LinearSolver solver)
        : base(problem, options)
    {
        var step = new BilevelProgram(problem, [], (graph, all) => TraceStep(graph, all));
        IEnumerable<(string, Shape)> guess = options.WarmStart
            ? problem.LowerVariables.Select(variable => (Dual + variable.Name, variable.Shape))
            : [];
        _outer = new BilevelProgram(
            problem,
            guess,
            (graph, all) =>
            {
                BilevelTrace trace = BilevelGradient.Trace(
                    (x, y) => problem.Upper(At(all, x, y)),
                    (x, y) => problem.Lower(At(all, x, y)),
                    Of(all, Upper),
                    Of(all, Lower),
                    solver,
                    options.WarmStart ? Of(all, Lower.Select(name => Dual + name)) : null
                );
                graph.Output(UpperLoss, trace.Upper);
                graph.Output(NegativeCurvature, trace.Solution.NegativeCurvature);
                graph.Output(StoodStill, trace.Solution.StoodStill);
                OutputGradients(graph, trace.Gradients);
                for (int i = 0; i < Lower.Length && options.WarmStart; i++)
                {
                    graph.Output(Dual + Lower[i], trace.Solution.Values[i]);
                }
            }
        );
        Programs = [step, _outer];
    }

    public override IReadOnlyList<BilevelProgram> Programs { get; }

    protected override double Differentiated(ParameterSet y, float[] gradient)
    {
        _outer.Load(y);
        _outer.Turn();
        AddGradients(_outer, gradient);
        return _outer.Output(UpperLoss)[0];
    }

    protected override BilevelStep Told(BilevelStep step) =>
        step with
        {
            NegativeCurvature = _outer.Output(NegativeCurvature)[0] != 0,
            StoodStill = _outer.Output(StoodStill)[0] != 0,
        };

    private TensorMap At(TensorMap all, IReadOnlyList<Tensor> x, IReadOnlyList<Tensor> y) =>
        all.With([.. Upper.Zip(x, KeyValuePair.Create), .. Lower.Zip(y, KeyValuePair.Create)]);
}
