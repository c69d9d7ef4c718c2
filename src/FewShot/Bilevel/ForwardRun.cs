using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.MetaGradients;
using FewShot.Models;

namespace FewShot.Bilevel;

/// <summary>Inner steps along which ∂y/∂x goes, a tangent for each upper number.</summary>
internal sealed class ForwardRun : HypergradientRun
{
    private readonly BilevelProgram _step;
    private readonly BilevelProgram _outer;
    private readonly (int Variable, int Coordinate)[] _directions;
    private readonly string[] _tangents;

    public ForwardRun(BilevelProblem problem, BilevelOptions options)
        : base(problem, options)
    {
        _directions =
        [
            .. problem.UpperVariables.SelectMany(
                (variable, i) => Enumerable.Range(0, variable.Shape.Count).Select(coordinate => (i, coordinate))
            ),
        ];
        if (_directions.Length > Hypergradient.Forward.Most)
        {
            throw new ArgumentException(
                $"forward mode takes a product with the Hessian for each of the {_directions.Length} upper numbers in every step; it "
                    + $"is for at most {Hypergradient.Forward.Most}: "
                    + "use Hypergradient.Implicit or Hypergradient.Reverse"
            );
        }

        (string Name, Shape Shape)[] tangents =
        [
            .. _directions.SelectMany((_, j) => problem.LowerVariables.Select(variable => (Tangent(j, variable.Name), variable.Shape))),
        ];
        _tangents = [.. tangents.Select(tangent => tangent.Name)];
        _step = new BilevelProgram(
            problem,
            tangents,
            (graph, all) =>
            {
                IReadOnlyList<Tensor> slope = TraceStep(graph, all);
                for (int j = 0; j < _directions.Length; j++)
                {
                    Tensor[] moved = TangentsOf(all, j);
                    IReadOnlyList<Tensor> change = Differentiate.JacobianVectorProduct(
                        slope,
                        [.. Of(all, Upper), .. Of(all, Lower)],
                        [.. Direction(graph, j), .. moved]
                    );
                    for (int i = 0; i < Lower.Length; i++)
                    {
                        graph.Output(Tangent(j, Lower[i]), moved[i] - (change[i] * options.InnerRate));
                    }
                }
            }
        );
        _outer = new BilevelProgram(
            problem,
            tangents,
            (graph, all) =>
            {
                Tensor loss = problem.Upper(all);
                IReadOnlyList<Tensor> direct = Differentiate.Gradients(loss, [.. Of(all, Upper), .. Of(all, Lower)]);
                Tensor[] through = [.. _directions.Select((_, j) => LinearSolver.Dot([.. direct.Skip(Upper.Length)], TangentsOf(all, j)))];
                graph.Output(UpperLoss, loss);
                OutputGradients(
                    graph,
                    [
                        .. problem.UpperVariables.Select(
                            (variable, i) =>
                                direct[i]
                                + TensorOperations
                                    .Stack(0, [.. through.Where((_, j) => _directions[j].Variable == i)])
                                    .Reshape(variable.Shape)
                        ),
                    ]
                );
            }
        );
        Programs = [_step, _outer];
    }

    public override IReadOnlyList<BilevelProgram> Programs { get; }

    protected override void BeforeStep(int step)
    {
        // Where y starts does not depend on x, under a warm start neither: what it owes to earlier iterations is not counted.
        foreach (string tangent in step == 0 ? _tangents : [])
        {
            _step[tangent].Clear();
        }
    }

    protected override double Differentiated(ParameterSet y, float[] gradient)
    {
        _outer.Load(y);
        foreach (string tangent in _tangents)
        {
            _step.Output(tangent).CopyTo(_outer[tangent]);
        }

        _outer.Run();
        AddGradients(_outer, gradient);
        return _outer.Output(UpperLoss)[0];
    }

    private static string Tangent(int direction, string name) => $"tangent {direction} of {name}";

    private Tensor[] TangentsOf(TensorMap all, int direction) => Of(all, Lower.Select(name => Tangent(direction, name)));

    /// <summary>The unit vector of an upper number, cut into the upper variables.</summary>
    private IEnumerable<Tensor> Direction(Graph graph, int direction) =>
        Problem.UpperVariables.Select(
            (variable, i) =>
            {
                double[] values = new double[variable.Shape.Count];
                if (i == _directions[direction].Variable)
                {
                    values[_directions[direction].Coordinate] = 1;
                }

                return graph.Constant(values, variable.Shape);
            }
        );
}
