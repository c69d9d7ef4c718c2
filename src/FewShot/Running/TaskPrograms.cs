using FewShot.Compute.Graphs;
using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Running;

/// <summary>
/// Traces the programs of one task. Inputs come in one order: every meta-parameter by its name, then <c>support_inputs</c>,
/// <c>support_targets</c>, and what else the program needs.
/// </summary>
/// <param name="Method">The method of the learner.</param>
/// <param name="Model">The network of the learner.</param>
/// <param name="Kind">What the tasks ask for: classes or values.</param>
/// <param name="Statistics">Where normalisation takes its statistics from.</param>
/// <param name="OwnLoss">A loss in place of that of the kind.</param>
internal sealed record TaskPrograms(Method Method, Model Model, TaskKind Kind, NormStatistics Statistics, TaskLoss? OwnLoss = null)
{
    public const string SupportInputs = "support_inputs";
    public const string SupportTargets = "support_targets";
    public const string QueryInputs = "query_inputs";
    public const string QueryTargets = "query_targets";
    public const string Loss = "loss";
    public const string Predictions = "predictions";
    public const string Gradient = "gradient:";
    public const string Observed = "observed:";
    public const string NegativeCurvature = "solver:negative_curvature";
    public const string StoodStill = "solver:stood_still";

    /// <summary>The programs of a definition.</summary>
    public static TaskPrograms Of(LearnerDefinition definition) =>
        new(definition.Method, definition.Network, definition.Kind, definition.NormStatistics, definition.Loss);

    /// <summary>
    /// One task's part of a meta-step: outputs <c>loss</c>, <c>predictions</c>, a <c>gradient:NAME</c> for each trained meta-parameter, and
    /// an <c>observed:NAME</c> for each running statistic.
    /// </summary>
    /// <param name="shape">The sizes of the task.</param>
    /// <param name="segmentSteps">How many inner steps are recomputed together on the way back; 0 keeps all.</param>
    public Graph Training(TaskShape shape, int segmentSteps = 0)
    {
        Validate(shape);
        TaskContext task = Begin(shape.SupportCount, shape.Outputs) with { SegmentSteps = segmentSteps };
        (Tensor inputs, Tensor targets) = Queries(task.Graph, shape);
        string[] trained = [.. Method.MetaParameters(Model).Where(parameter => parameter.Trained).Select(parameter => parameter.Name)];
        MetaGradientTrace outer = Method.MetaGradient.Trace(task, Method.Adaptation, inputs, targets, trained);
        task.Graph.Output(Loss, outer.Loss);
        task.Graph.Output(Predictions, outer.Predictions);
        foreach ((string name, Tensor gradient) in outer.Gradients)
        {
            task.Graph.Output(Gradient + name, gradient);
        }

        foreach ((string name, Tensor value) in outer.TaskState)
        {
            task.Graph.Output(MetaGradientTrace.StatePrefix + name, value);
        }

        if (outer.Solver is { } solver)
        {
            task.Graph.Output(NegativeCurvature, solver.NegativeCurvature);
            task.Graph.Output(StoodStill, solver.StoodStill);
        }

        if (Statistics == NormStatistics.Running)
        {
            NormalizationSource source = task.SupportNormalization();
            _ = Model.Embed(task.Meta, task.SupportInputs, source);
            foreach ((string name, Tensor seen) in source.Seen)
            {
                task.Graph.Output(Observed + name, seen);
            }
        }

        return task.Graph;
    }

    /// <summary>
    /// Adaptation measured on queries: outputs <c>predictions:k</c> under the state before and after each inner step, or under the last
    /// state alone.
    /// </summary>
    public Graph Evaluation(TaskShape shape, bool everyStep = true)
    {
        Validate(shape);
        TaskContext task = Begin(shape.SupportCount, shape.Outputs);
        Tensor inputs = task.Graph.Input(QueryInputs, new Shape([shape.QueryCount, .. shape.InputShape]));
        IReadOnlyList<TensorMap> states = Method.Adaptation.Adapt(task);
        for (int step = everyStep ? 0 : states.Count - 1; step < states.Count; step++)
        {
            task.Graph.Output($"{Predictions}:{step}", Method.Adaptation.Predict(task, states[step], inputs));
        }

        return task.Graph;
    }

    /// <summary>
    /// Adaptation alone: outputs every tensor of the final state by its name, or those alone that are not meta-parameters as they were.
    /// </summary>
    public Graph Adapt(int supportCount, int outputs, bool changesOnly = false)
    {
        TaskContext task = Begin(supportCount, outputs);
        foreach ((string name, Tensor value) in Method.Adaptation.Adapt(task)[^1])
        {
            if (!changesOnly || !task.Meta.Contains(name) || !ReferenceEquals(value, task.Meta[name]))
            {
                task.Graph.Output(name, value);
            }
        }

        return task.Graph;
    }

    /// <summary>Answers from a state: inputs are the state's tensors by name, then the queries; output <c>predictions</c>.</summary>
    public Graph Predict(IReadOnlyList<(string Name, Shape Shape)> state, int queryCount)
    {
        var graph = new Graph();
        var values = new TensorMap(state.Select(entry => KeyValuePair.Create(entry.Name, graph.Input(entry.Name, entry.Shape))));
        Tensor inputs = graph.Input(QueryInputs, Batch(queryCount));

        // Prediction reads the state alone; the task's support set and meta-parameters are not there to be read.
        TaskContext task = new TaskContext(Model, values, inputs, inputs, Kind, Statistics) { OwnLoss = OwnLoss };
        graph.Output(Predictions, Method.Adaptation.Predict(task, values, inputs));
        return graph;
    }

    private void Validate(TaskShape shape)
    {
        if (shape.Kind != Kind)
        {
            throw new ArgumentException(
                $"the learner is for {Kind.ToString().ToLowerInvariant()}, the tasks are {shape.Kind.ToString().ToLowerInvariant()}; "
                    + "set the kind of the definition to that of the tasks"
            );
        }

        Method.Validate(Model, shape);
    }

    private TaskContext Begin(int supportCount, int outputs)
    {
        var graph = new Graph();
        TensorMap meta = ParameterSet.Declare(graph, Method.MetaParameters(Model));
        Tensor inputs = graph.Input(SupportInputs, Batch(supportCount));
        Tensor targets = graph.Input(SupportTargets, new Shape(supportCount, outputs));
        return new TaskContext(Model, meta, inputs, targets, Kind, Statistics) { OwnLoss = OwnLoss };
    }

    private static (Tensor Inputs, Tensor Targets) Queries(Graph graph, TaskShape shape) =>
        (
            graph.Input(QueryInputs, new Shape([shape.QueryCount, .. shape.InputShape])),
            graph.Input(QueryTargets, new Shape(shape.QueryCount, shape.Outputs))
        );

    private Shape Batch(int count) => new([count, .. Model.Input.Extents]);
}
