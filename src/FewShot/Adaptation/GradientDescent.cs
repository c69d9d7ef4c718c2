using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Models;
using FewShot.Patterns;
using FewShot.Tasks;

namespace FewShot.Adaptation;

/// <summary>
/// K steps of gradient descent on the support loss, θᵏ⁺¹ = θᵏ − α·Λ[k]·∇L_S(θᵏ), from the meta-parameters (Finn 2017, arXiv 1703.03400).
/// </summary>
/// <param name="InnerSteps">K.</param>
/// <param name="Rate">α.</param>
public sealed record GradientDescent(int InnerSteps, LearningRate Rate) : AdaptationRule
{
    /// <summary>Λ: which layers change at which step; all by default.</summary>
    public Pattern Pattern { get; init; } = Pattern.All;

    /// <summary>Added to the support loss; null for nothing.</summary>
    public LowerRegularization? Regularization { get; init; }

    /// <inheritdoc/>
    public override bool NeedsHead => true;

    /// <inheritdoc/>
    public override int Steps => InnerSteps;

    /// <inheritdoc/>
    public override IEnumerable<ParameterSpecification> MetaParameters(Model model) => Rate.MetaParameters(model, InnerSteps);

    /// <inheritdoc/>
    public override IReadOnlyList<TensorMap> Adapt(TaskTrace task)
    {
        TensorMap parameters = Trained(task).With(task.Start);
        var states = new List<TensorMap> { task.WithStatistics(parameters) };
        for (int step = 0; step < InnerSteps; step++)
        {
            using IDisposable scope = task.Graph.Scope($"inner step {step + 1}");
            string[] active = Active(task.Model, parameters, step);
            if (active.Length > 0)
            {
                parameters = task.Checkpointed ? StepCheckpointed(task, parameters, active, step) : Step(task, parameters, active, step);
            }

            states.Add(task.WithStatistics(parameters));
        }

        return states;
    }

    /// <inheritdoc/>
    public override Tensor Predict(TaskTrace task, TensorMap state, Tensor queries) =>
        task.Model.Apply(state, queries, task.QueryNormalization(state));

    /// <inheritdoc/>
    public override string? Fault(Model model, TaskShape shape) =>
        model.Outputs != shape.Outputs
            ? $"the model's head has {model.Outputs} outputs, the tasks {shape.Outputs}; gradient descent adapts a head of exactly as many"
            : Pattern.Fault(InnerSteps, model.Layers.Count);

    /// <summary>What the steps descend: the support loss and the regularisation of the parameters that change.</summary>
    internal Tensor Objective(TaskTrace task, TensorMap parameters, IReadOnlyList<string> changing)
    {
        Tensor loss = task.Loss(task.Model.Apply(parameters, task.SupportInputs, task.SupportNormalization()), task.SupportTargets);
        return Regularization is null
            ? loss
            : loss + Regularization.Of([.. changing.Select(name => parameters[name])], [.. changing.Select(name => task.Meta[name])]);
    }

    /// <summary>Names of the parameters that change at some step.</summary>
    internal IReadOnlyList<string> Changing(TaskTrace task)
    {
        TensorMap parameters = Trained(task);
        return [.. Enumerable.Range(0, InnerSteps).SelectMany(step => Active(task.Model, parameters, step)).Distinct()];
    }

    internal static TensorMap Trained(TaskTrace task)
    {
        HashSet<string> names = [.. task.Model.Parameters.Where(parameter => parameter.Trained).Select(parameter => parameter.Name)];
        return task.Meta.Where(names.Contains);
    }

    internal string[] Active(Model model, TensorMap parameters, int step)
    {
        HashSet<string> layers = [.. model.Layers.Where((_, layer) => Pattern.Changes(step, layer, model.Layers.Count))];
        return [.. parameters.Names.Where(name => layers.Contains(Model.LayerOf(name)))];
    }

    private TensorMap Step(TaskTrace task, TensorMap parameters, string[] active, int step)
    {
        Tensor loss = Objective(task, parameters, active);
        IReadOnlyList<Tensor> gradients = Differentiate.Gradients(loss, [.. active.Select(name => parameters[name])]);
        return parameters.With(active.Select((name, i) =>
        {
            Tensor gradient = task.IsExact(step) ? gradients[i] : gradients[i].StopGradient();
            return KeyValuePair.Create(name, parameters[name] - (Rate.At(task.Meta, parameters[name], name, step) * gradient));
        }));
    }

    /// <summary>The same step as a segment of the task and meta-parameters it reads, so that the way back keeps only those.</summary>
    private TensorMap StepCheckpointed(TaskTrace task, TensorMap parameters, string[] active, int step)
    {
        // At the first step the task's parameters are meta-parameters themselves; a segment with one tensor as two of its inputs would count its
        // gradient twice.
        Tensor[] read = [.. parameters.Tensors.Concat(task.Meta.Tensors).Distinct()];
        Dictionary<Tensor, int> place = read.Select((tensor, i) => (tensor, i)).ToDictionary();
        IReadOnlyList<Tensor> changed = Checkpoint.Run(
            inputs =>
            {
                TensorMap result = Step(
                    task with { Meta = task.Meta.Select((_, tensor) => inputs[place[tensor]]) }, parameters.Select((_, tensor) => inputs[place[tensor]]), active, step);
                return [.. active.Select(name => result[name])];
            },
            read);
        return parameters.With(active.Select((name, i) => KeyValuePair.Create(name, changed[i])));
    }
}
