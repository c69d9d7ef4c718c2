using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Methods.Adaptation;

/// <summary>
/// K steps of gradient descent on the support loss, θᵏ⁺¹ = θᵏ − α·Λ[k]·∇L_S(θᵏ), from the meta-parameters (Finn 2017, arXiv 1703.03400).
/// The gradient is the partial one: layer by layer, with all others held at θᵏ, whatever made them.
/// </summary>
/// <remarks>
/// Where steps are recomputed, segments of s of them keep K/s parameter sets until the way back, which then holds the inner values of s
/// steps at a time (Chen 2016, arXiv 1604.06174). Whatever s, every step is computed twice.
/// </remarks>
/// <param name="InnerSteps">The number of inner steps K.</param>
/// <param name="Rate">The inner step size α.</param>
public sealed record GradientDescent(int InnerSteps, LearningRate Rate) : AdaptationRule, IDescent
{
    /// <summary>Which layers change at which step: the pattern Λ.</summary>
    /// <value><see cref="Pattern.All"/> by default: every layer at every step.</value>
    public Pattern Pattern { get; init; } = Pattern.All;

    /// <summary>What is added to the support loss; null for nothing.</summary>
    /// <value>Null by default.</value>
    public LowerRegularization? Regularization { get; init; }

    /// <inheritdoc/>
    public override bool NeedsHead => true;

    /// <inheritdoc/>
    public override Pattern? Changing => Pattern;

    /// <inheritdoc/>
    public override AdaptationRule Under(Pattern pattern) => this with { Pattern = pattern };

    /// <inheritdoc/>
    public override int Steps => InnerSteps;

    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> MetaParameters(Model model) => Rate.MetaParameters(model, InnerSteps);

    /// <inheritdoc/>
    public override IReadOnlyList<TensorMap> Adapt(TaskContext task)
    {
        TensorMap parameters = Trained(task).With(task.Start);
        var states = new List<TensorMap> { task.WithStatistics(parameters) };
        int together = task.SegmentSteps == 0 ? InnerSteps : task.SegmentSteps;
        for (int first = 0; first < InnerSteps; first += together)
        {
            int count = Math.Min(together, InnerSteps - first);
            IReadOnlyList<TensorMap> after =
                task.SegmentSteps == 0 ? Descend(task, parameters, first, count) : DescendRecomputed(task, parameters, first, count);
            states.AddRange(after.Select(task.WithStatistics));
            parameters = after[^1];
        }

        return states;
    }

    /// <inheritdoc/>
    public override Tensor Predict(TaskContext task, TensorMap state, Tensor queries) =>
        task.Model.Apply(state, queries, task.QueryNormalization(state));

    /// <inheritdoc/>
    public override string? Incompatibility(Model model, TaskShape shape) =>
        model.Outputs != shape.Outputs
            ? $"the model's head has {model.Outputs} outputs, the tasks {shape.Outputs}; gradient descent adapts a head of exactly as many"
            : Pattern.Incompatibility(InnerSteps, model.Layers.Count)
                ?? (
                    Regularization is not null && ChangingParameters(model).Count == 0
                        ? $"pattern {Pattern} changes no layer, so that the lower level has nothing to solve; let a layer change"
                        : null
                );

    /// <inheritdoc/>
    public Tensor Objective(TaskContext task, TensorMap parameters, IReadOnlyList<string> changing)
    {
        Tensor loss = task.Loss(task.Model.Apply(parameters, task.SupportInputs, task.SupportNormalization()), task.SupportTargets);
        return Regularization is null
            ? loss
            : loss + Regularization.Of([.. changing.Select(name => parameters[name])], [.. changing.Select(name => task.Meta[name])]);
    }

    /// <summary>Names of the parameters that change at some step.</summary>
    internal IReadOnlyList<string> ChangingParameters(Model model) => IDescent.AllChanging(this, model, InnerSteps);

    internal static TensorMap Trained(TaskContext task)
    {
        HashSet<string> names = [.. task.Model.Parameters.Where(parameter => parameter.Trained).Select(parameter => parameter.Name)];
        return task.Meta.Where(names.Contains);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ChangingParameters(Model model, int step) =>
        model.TrainedOf(layer => Pattern.Changes(step, layer, model.Layers.Count));

    /// <summary>The parameters after each of some steps.</summary>
    private IReadOnlyList<TensorMap> Descend(TaskContext task, TensorMap parameters, int first, int count)
    {
        var states = new List<TensorMap>();
        for (int step = first; step < first + count; step++)
        {
            using IDisposable scope = task.Graph.Scope($"inner step {step + 1}");
            parameters = Step(task, parameters, step);
            states.Add(parameters);
        }

        return states;
    }

    private TensorMap Step(TaskContext task, TensorMap parameters, int step)
    {
        IReadOnlyList<string> active = ChangingParameters(task.Model, step);
        if (active.Count == 0)
        {
            return parameters;
        }

        Tensor loss = Objective(task, parameters, active);

        // A layer that stays may have been moved by an earlier step, whose gradient depends on those that move now: the derivative does not
        // run on through that.
        IReadOnlyList<Tensor> gradients = Differentiate.PartialGradients(
            loss,
            [.. active.Select(name => parameters[name])],
            [.. parameters.Tensors]
        );
        return parameters.With(
            active.Select(
                (name, i) =>
                {
                    Tensor gradient = task.IsExact(step) ? gradients[i] : gradients[i].StopGradient();
                    return KeyValuePair.Create(name, parameters[name] - (Rate.At(task.Meta, parameters[name], name, step) * gradient));
                }
            )
        );
    }

    /// <summary>
    /// The steps of gradient descent as one segment of the task and meta-parameters they read, so that the way back keeps only those.
    /// </summary>
    private IReadOnlyList<TensorMap> DescendRecomputed(TaskContext task, TensorMap parameters, int first, int count)
    {
        // At the first step the task's parameters are meta-parameters themselves; a segment with one tensor as two of its inputs would
        // count its gradient twice.
        Tensor[] read = [.. parameters.Tensors.Concat(task.Meta.Tensors).Distinct()];
        Dictionary<Tensor, int> place = read.Select((tensor, i) => (tensor, i)).ToDictionary();
        (string Name, int Step)[] changed =
        [
            .. Enumerable.Range(0, count).SelectMany(step => ChangingParameters(task.Model, first + step).Select(name => (name, step))),
        ];
        IReadOnlyList<Tensor> outputs = Rematerialize.Run(
            inputs =>
            {
                TaskContext again = task with { Meta = task.Meta.Select((_, tensor) => inputs[place[tensor]]) };
                IReadOnlyList<TensorMap> after = Descend(again, parameters.Select((_, tensor) => inputs[place[tensor]]), first, count);
                return [.. changed.Select(change => after[change.Step][change.Name])];
            },
            read
        );
        ILookup<int, KeyValuePair<string, Tensor>> byStep = changed
            .Zip(outputs)
            .ToLookup(pair => pair.First.Step, pair => KeyValuePair.Create(pair.First.Name, pair.Second));

        // Not the argument itself is moved on: the segment, traced again later, still starts from it.
        TensorMap state = parameters;
        return [.. Enumerable.Range(0, count).Select(step => state = state.With(byStep[step]))];
    }
}
