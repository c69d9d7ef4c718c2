using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Models;

namespace FewShot.Checking;

/// <summary>
/// The query loss after a plain-number gradient descent in which the first steps use the gradients they had at the unmoved meta-parameters:
/// what unrolled meta-gradients are the derivative of: exact ones hold no step constant, first-order ones all. It shares no inner loop with
/// the graph that is checked.
/// </summary>
internal sealed class MethodCheckReplay : MethodCheckDefinition
{
    private readonly MethodCheckProblem _problem;
    private readonly MethodCheckInnerLoop _loop;
    private readonly MethodCheckProgram _query;
    private readonly double[]? _weights;
    private readonly List<Dictionary<string, double[]>> _constant = [];

    public MethodCheckReplay(MethodCheckProblem problem, GradientDescent descent, Unrolled unrolled)
    {
        _problem = problem;
        _loop = new MethodCheckInnerLoop(problem, descent);
        (TaskContext task, Tensor inputs, Tensor targets) = problem.Trace();
        GradientDescent none = descent with { InnerSteps = 0 };
        task.Graph.Output("loss", task.Loss(none.Predict(task, none.Adapt(task)[^1], inputs), targets));
        _query = new MethodCheckProgram(task.Graph, problem.Values);
        _weights = unrolled.MultiStepLoss ? problem.Values[Unrolled.StepWeights] : null;
        _loop.Run(
            problem.Values,
            [],
            (_, gradients) =>
            {
                if (_constant.Count < descent.InnerSteps - unrolled.ExactSteps)
                {
                    _constant.Add(gradients);
                }
            }
        );
    }

    public override (double Value, ulong Branches) At(string parameter, double[] direction, double step)
    {
        Dictionary<string, double[]> values = Moved(_problem.Values, parameter, direction, step);
        (double sum, ulong queryBranches) = (0, 0);
        int done = 0;
        (Dictionary<string, double[]> adapted, ulong branches) = _loop.Run(
            values,
            _constant,
            (parameters, _) =>
            {
                // Called before each step, so with the parameters that the step before it left.
                if (_weights is not null && done > 0)
                {
                    Add(parameters, _weights[done - 1]);
                }

                done++;
            }
        );
        Add(adapted, _weights is null ? 1 : _weights[^1]);
        return (sum, unchecked((branches * 31) + queryBranches));

        void Add(Dictionary<string, double[]> parameters, double weight)
        {
            foreach ((string name, double[] value) in parameters)
            {
                value.CopyTo(_query.Input(name));
            }

            queryBranches = unchecked((queryBranches * 31) + _query.Run());
            sum += weight * _query.Output("loss")[0];
        }
    }

    public override void Dispose()
    {
        _loop.Dispose();
        _query.Dispose();
    }
}

/// <summary>
/// The displacement φ − θᴷ as a sum over the inner steps of the step size times the derivative of the support loss at the step's
/// parameters: what Reptile descends, without the gradients that its graph uses.
/// </summary>
internal sealed class MethodCheckDisplacement : MethodCheckDefinition
{
    private readonly MethodCheckInnerLoop _loop;
    private readonly GradientDescent _descent;
    private readonly MethodCheckProgram _support;
    private readonly List<Dictionary<string, double[]>> _trajectory = [];

    public MethodCheckDisplacement(MethodCheckProblem problem, GradientDescent descent)
    {
        _descent = descent;
        _loop = new MethodCheckInnerLoop(problem, descent);
        (TaskContext task, _, _) = problem.Trace();
        task.Graph.Output("loss", MethodCheckInnerLoop.SupportLoss(task));
        _support = new MethodCheckProgram(task.Graph, problem.Values);
        _loop.Run(problem.Values, [], (parameters, _) => _trajectory.Add(parameters));
    }

    public override (double Value, ulong Branches) At(string parameter, double[] direction, double step)
    {
        (double sum, ulong branches) = (0, 0);
        for (int k = 0; k < _trajectory.Count; k++)
        {
            if (_loop.Changes(parameter, k))
            {
                foreach ((string name, double[] value) in _trajectory[k])
                {
                    value.CopyTo(_support.Input(name));
                }

                Span<double> moved = _support.Input(parameter);
                for (int i = 0; i < moved.Length; i++)
                {
                    moved[i] += step * direction[i];
                }

                branches = unchecked((branches * 31) + _support.Run());
                double[] regularization = _loop.Regularization(parameter, _trajectory[k][parameter], _trajectory[0][parameter]);
                sum +=
                    _descent.Rate.Initial
                    * (_support.Output("loss")[0] + (step * regularization.Zip(direction, (slope, d) => slope * d).Sum()));
            }
        }

        return (sum, branches);
    }

    public override void Dispose()
    {
        _loop.Dispose();
        _support.Dispose();
    }
}

/// <summary>Gradient descent on the support loss with plain numbers: a second implementation of <see cref="GradientDescent"/>.</summary>
internal sealed class MethodCheckInnerLoop : IDisposable
{
    private readonly MethodCheckProblem _problem;
    private readonly GradientDescent _descent;
    private readonly string[] _names;
    private readonly MethodCheckProgram _gradients;

    public MethodCheckInnerLoop(MethodCheckProblem problem, GradientDescent descent)
    {
        _problem = problem;
        _descent = descent;
        _names = [.. problem.Graphs.Model.Parameters.Where(parameter => parameter.Trained).Select(parameter => parameter.Name)];
        (TaskContext task, _, _) = problem.Trace();
        IReadOnlyList<Tensor> gradients = Differentiate.Gradients(SupportLoss(task), [.. _names.Select(name => task.Meta[name])]);
        for (int i = 0; i < _names.Length; i++)
        {
            task.Graph.Output(_names[i], gradients[i]);
        }

        _gradients = new MethodCheckProgram(task.Graph, problem.Values);
    }

    public static Tensor SupportLoss(TaskContext task) =>
        task.Loss(task.Model.Apply(task.Meta, task.SupportInputs, task.SupportNormalization()), task.SupportTargets);

    /// <summary>Whether a parameter changes at a step.</summary>
    public bool Changes(string parameter, int step)
    {
        IReadOnlyList<string> layers = _problem.Graphs.Model.Layers;
        return _descent.Pattern.Changes(step, layers.ToList().IndexOf(Model.LayerOf(parameter)), layers.Count);
    }

    /// <summary>Runs the inner loop; the first steps take the gradients given for them.</summary>
    /// <param name="values">The values of all meta-parameters.</param>
    /// <param name="constant">The gradients that the first steps take.</param>
    /// <param name="before">Called with the parameters and the gradients of each step before it is made.</param>
    public (Dictionary<string, double[]> Adapted, ulong Branches) Run(
        IReadOnlyDictionary<string, double[]> values,
        IReadOnlyList<Dictionary<string, double[]>> constant,
        Action<Dictionary<string, double[]>, Dictionary<string, double[]>> before
    )
    {
        Dictionary<string, double[]> parameters = _names.ToDictionary(name => name, name => (double[])values[name].Clone());
        ulong branches = 0;
        for (int step = 0; step < _descent.InnerSteps; step++)
        {
            Dictionary<string, double[]> gradients;
            if (step < constant.Count)
            {
                gradients = constant[step];
            }
            else
            {
                (Dictionary<string, double[]> slopes, ulong taken) = GradientsAt(parameters);
                branches = unchecked((branches * 31) + taken);
                gradients = Regularized(slopes);
            }

            before(parameters, gradients);
            int current = step;
            parameters = _names.ToDictionary(
                name => name,
                name =>
                    !Changes(name, current)
                        ? parameters[name]
                        : [.. parameters[name].Select((value, i) => value - (Rate(values, name, current, i) * gradients[name][i]))]
            );
        }

        return (parameters, branches);

        Dictionary<string, double[]> Regularized(Dictionary<string, double[]> gradients) =>
            _descent.Regularization is null
                ? gradients
                : _names.ToDictionary(
                    name => name,
                    name =>
                        gradients[name].Zip(Regularization(name, parameters[name], values[name]), (slope, added) => slope + added).ToArray()
                );
    }

    /// <summary>The slope of the term that regularises the inner problem.</summary>
    public double[] Regularization(string name, double[] parameter, double[] start) =>
        _descent.Regularization switch
        {
            null => new double[parameter.Length],
            LowerRegularization.SquaredNorm norm => [.. parameter.Select(value => norm.Strength * value)],
            LowerRegularization.Proximal proximal => [.. parameter.Zip(start, (value, from) => proximal.Strength * (value - from))],
            _ => throw new NotSupportedException($"the check does not know the slope of {_descent.Regularization} in {name}; add it here"),
        };

    /// <summary>Gradients of the support loss at given parameters, without the regularisation.</summary>
    public (Dictionary<string, double[]> Gradients, ulong Branches) GradientsAt(IReadOnlyDictionary<string, double[]> parameters)
    {
        foreach (string name in _names)
        {
            parameters[name].CopyTo(_gradients.Input(name));
        }

        ulong branches = _gradients.Run();
        return (_names.ToDictionary(name => name, name => _gradients.Output(name).ToArray()), branches);
    }

    public void Dispose() => _gradients.Dispose();

    private double Rate(IReadOnlyDictionary<string, double[]> values, string name, int step, int coordinate) =>
        _descent.Rate.Scope == LearningRateScope.Fixed
            ? _descent.Rate.Initial
            : _descent.Rate.Unit * Learned(values, name, step, coordinate);

    private double Learned(IReadOnlyDictionary<string, double[]> values, string name, int step, int coordinate) =>
        _descent.Rate.Scope switch
        {
            LearningRateScope.Scalar => values["inner_rate"][0],
            LearningRateScope.Layer => values[$"inner_rate.{Model.LayerOf(name)}"][0],
            LearningRateScope.LayerAndStep => values[$"inner_rate.step{step}.{Model.LayerOf(name)}"][0],
            _ => values[$"inner_rate.{name}"][coordinate],
        };
}
