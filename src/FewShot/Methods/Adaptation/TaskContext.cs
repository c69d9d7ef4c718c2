using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Methods.Adaptation;

/// <summary>
/// What tracing one task's computation needs: the model, its meta-parameters, the support set, and how normalisation and loss are defined.
/// </summary>
/// <param name="Model">The network of the learner.</param>
/// <param name="Meta">All meta-parameters: the model's, then those of the adaptation.</param>
/// <param name="SupportInputs">The support examples [n, ...].</param>
/// <param name="SupportTargets">The targets of the support examples [n, outputs]: one-hot rows or values.</param>
/// <param name="Kind">What the task asks for, classes or values: it decides the loss.</param>
/// <param name="Statistics">Where normalisation takes its statistics from.</param>
public sealed record TaskContext(
    Model Model,
    TensorMap Meta,
    Tensor SupportInputs,
    Tensor SupportTargets,
    TaskKind Kind,
    NormStatistics Statistics
)
{
    /// <summary>
    /// Whether the meta-gradient passes through the gradient that an inner step took (second order), for each step. A step where it does
    /// not shows a StopGradient.
    /// </summary>
    /// <value>True for every step by default.</value>
    public Func<int, bool> IsExact { get; init; } = _ => true;

    /// <summary>
    /// How many inner steps are recomputed together on the way back instead of kept; 0 keeps all. See <see cref="GradientDescent"/>.
    /// </summary>
    /// <value>0 by default.</value>
    public int SegmentSteps { get; init; }

    /// <summary>Whether anything is recomputed on the way back.</summary>
    public bool Checkpointed => SegmentSteps > 0;

    /// <summary>The values of parameters that do not start at their meta-parameters: where a task that recurs goes on from.</summary>
    /// <value>Empty by default.</value>
    public TensorMap Start { get; init; } = new();

    /// <summary>The graph being traced.</summary>
    public Graph Graph => SupportInputs.Graph;

    /// <summary>A loss in place of that of the <see cref="Kind"/>; null for none.</summary>
    /// <value>Null by default.</value>
    public TaskLoss? OwnLoss { get; init; }

    /// <summary>Mean cross-entropy for classification, mean squared error for regression, or a loss of the user's own.</summary>
    /// <param name="predictions">The answers [n, outputs].</param>
    /// <param name="targets">The right answers [n, outputs].</param>
    public Tensor Loss(Tensor predictions, Tensor targets) =>
        OwnLoss is not null ? OwnLoss.Of(predictions, targets)
        : Kind == TaskKind.Classification ? predictions.CrossEntropy(targets)
        : predictions.MeanSquaredError(targets);

    /// <summary>The statistics a pass over the support set normalises by.</summary>
    public NormalizationSource SupportNormalization() =>
        Statistics == NormStatistics.Running ? NormalizationSource.Given(Meta) : NormalizationSource.OfBatch();

    /// <summary>The statistics a pass over queries normalises by, under a state that adaptation left.</summary>
    public NormalizationSource QueryNormalization(TensorMap state) =>
        Statistics == NormStatistics.Query ? NormalizationSource.OfBatch() : NormalizationSource.Given(state);

    /// <summary>
    /// The state completed by what queries are normalised by: the statistics the support set has under these parameters, or the running
    /// ones. Nothing is added for batch statistics.
    /// </summary>
    public TensorMap WithStatistics(TensorMap state)
    {
        switch (Statistics)
        {
            case NormStatistics.Support:
                NormalizationSource source = NormalizationSource.OfBatch();
                _ = Model.Embed(state, SupportInputs, source);
                return state.With(source.Seen);
            case NormStatistics.Running:
                return state.With(Meta.Where(IsStatistic));
            default:
                return state;
        }
    }

    private bool IsStatistic(string name) => Model.Parameters.Any(parameter => parameter.Name == name && !parameter.Trained);
}
