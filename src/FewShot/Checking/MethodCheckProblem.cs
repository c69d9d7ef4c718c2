using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;
using FewShot.Compute.Numerics;
using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Models;
using FewShot.Running;
using FewShot.Tasks;

namespace FewShot.Checking;

/// <summary>One small task with values for every input of its programs, and the meta-gradient that is to be checked.</summary>
internal sealed class MethodCheckProblem
{
    public MethodCheckProblem(TaskPrograms graphs, TaskShape shape, ulong seed)
    {
        graphs.Method.Validate(graphs.Model, shape);

        // Where conjugate gradients stand still depends on the last digits of the residual; checked is what they converge to.
        Graphs = graphs.Method.MetaGradient is Implicit { Solver: LinearSolver.ConjugateGradients solver } gradient
            ? graphs with
            {
                Method = graphs.Method with { MetaGradient = gradient with { Solver = solver with { Tolerance = 1e-12 } } },
            }
            : graphs;
        Shape = shape;
        var random = new CounterRandom(seed, 0x50524f42, 0);
        MetaParameters = graphs.Method.MetaParameters(graphs.Model);
        var drawn = ParameterSet.Initialize(MetaParameters, seed);

        // Away from the special values that parameters start at, so that no derivative is zero by symmetry.
        foreach (ParameterSpecification parameter in MetaParameters)
        {
            Values[parameter.Name] =
            [
                .. drawn[parameter.Name].ToArray().Select(value => (value * random.Uniform(0.8, 1.2)) + random.Uniform(-0.05, 0.05)),
            ];
        }

        (Values[TaskPrograms.SupportInputs], Values[TaskPrograms.SupportTargets]) = Examples(shape.SupportCount, shape.Shots, ref random);
        (Values[TaskPrograms.QueryInputs], Values[TaskPrograms.QueryTargets]) = Examples(
            shape.QueryCount,
            shape.QueriesPerClass,
            ref random
        );
        int steps = graphs.Method.Adaptation.Steps;
        Values[Unrolled.StepWeights] = [.. Enumerable.Range(1, steps).Select(step => 2.0 * step / (steps * (steps + 1)))];
        if (graphs.Method.MetaGradient.KeepsTaskState)
        {
            // The first visit of a task.
            foreach (
                (string name, Tensor value) in graphs
                    .Training(shape)
                    .Outputs.Where(output => output.Name.StartsWith(MetaGradientTrace.StatePrefix, StringComparison.Ordinal))
            )
            {
                Values[name] = graphs.Method.MetaGradient.FirstState(name[MetaGradientTrace.StatePrefix.Length..]) is { } meta
                    ? Values[meta]
                    : new double[value.Shape.Count];
            }
        }
    }

    public TaskPrograms Graphs { get; }

    public TaskShape Shape { get; }

    public IReadOnlyList<ParameterSpecification> MetaParameters { get; }

    /// <summary>A value for every input that a program of the task may have, by name.</summary>
    public Dictionary<string, double[]> Values { get; } = [];

    public string Name => $"{Graphs.Model.Name}, {Shape}, {Graphs.Statistics.ToString().ToLowerInvariant()} statistics";

    /// <summary>Every problem that a method can serve.</summary>
    public static IReadOnlyList<MethodCheckProblem> All(Method method, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(method);
        var problems = new List<MethodCheckProblem>();
        string fault = "";
        foreach (NormStatistics statistics in Enum.GetValues<NormStatistics>())
        {
            Add(Smooth, new TaskShape(TaskKind.Classification, [3], 3, 6, 6), statistics);
            Add(Smooth, new TaskShape(TaskKind.Regression, [2], 1, 6, 5), statistics);
            Add(
                (shape, outputs) => Networks.Conv4(shape, outputs, channels: 2),
                new TaskShape(TaskKind.Classification, [16, 16, 1], 2, 2, 2),
                statistics
            );
        }

        return problems.Count > 0 ? problems : throw new ArgumentException(fault);

        void Add(Func<Shape, int, Model> network, TaskShape shape, NormStatistics statistics)
        {
            try
            {
                Model model = network(new Shape([.. shape.InputShape]), method.Adaptation.NeedsHead ? shape.Outputs : 0);
                problems.Add(new MethodCheckProblem(new TaskPrograms(method, model, shape.Kind, statistics), shape, seed));
            }
            catch (ArgumentException error) when (error is not ShapeException)
            {
                fault = error.Message;
            }
        }
    }

    /// <summary>A network without kinks that has everything else: linear layers, normalisation and an activation.</summary>
    private static Model Smooth(Shape input, int outputs) =>
        new(
            "smooth mlp",
            input,
            [
                .. Enumerable
                    .Range(1, 2)
                    .Select(i => new NamedLayer(
                        $"layer{i}",
                        new Sequential(("linear", new Linear(5)), ("norm", new BatchNormalization()), ("tanh", Activation.Tanh))
                    )),
            ],
            outputs
        );

    /// <summary>The meta-gradient as the method computes it, in double, for every trained meta-parameter.</summary>
    public Dictionary<string, double[]> MetaGradient()
    {
        var program = new ReferenceProgram(Graphs.Training(Shape));
        using IWorker<double> worker = program.CreateWorker();
        for (int i = 0; i < program.InputNames.Count; i++)
        {
            Values[program.InputNames[i]].CopyTo(worker.Input(i));
        }

        worker.Run();
        return MetaParameters
            .Where(parameter => parameter.Trained)
            .ToDictionary(
                parameter => parameter.Name,
                parameter => worker.Output(program.OutputIndex(TaskPrograms.Gradient + parameter.Name)).ToArray()
            );
    }

    /// <summary>Begins a trace of the task that shares nothing with the one that is checked.</summary>
    public (TaskContext Task, Tensor QueryInputs, Tensor QueryTargets) Trace()
    {
        var graph = new Graph();
        TaskContext task = new TaskContext(
            Graphs.Model,
            ParameterSet.Declare(graph, MetaParameters),
            graph.Input(TaskPrograms.SupportInputs, new Shape([Shape.SupportCount, .. Shape.InputShape])),
            graph.Input(TaskPrograms.SupportTargets, new Shape(Shape.SupportCount, Shape.Outputs)),
            Shape.Kind,
            Graphs.Statistics
        );
        return (
            task,
            graph.Input(TaskPrograms.QueryInputs, new Shape([Shape.QueryCount, .. Shape.InputShape])),
            graph.Input(TaskPrograms.QueryTargets, new Shape(Shape.QueryCount, Shape.Outputs))
        );
    }

    private (double[] Inputs, double[] Targets) Examples(int count, int perClass, ref CounterRandom random)
    {
        double[] inputs = new double[count * Shape.InputSize];
        foreach (ref double value in inputs.AsSpan())
        {
            value = random.NextNormal();
        }

        double[] targets = new double[count * Shape.Outputs];
        for (int i = 0; i < targets.Length; i++)
        {
            (int example, int output) = Math.DivRem(i, Shape.Outputs);
            targets[i] =
                Shape.Kind == TaskKind.Regression ? random.NextNormal()
                : example / perClass == output ? 1
                : 0;
        }

        return (inputs, targets);
    }
}
