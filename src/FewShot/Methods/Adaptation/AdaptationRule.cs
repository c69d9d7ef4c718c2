using FewShot.Compute.Graphs;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Methods.Adaptation;

/// <summary>
/// The inner loop: how a task's support set changes the model, and how the changed model answers. One of the five choices that make a
/// method. Immutable; what it computes is only traced here.
/// </summary>
[PartKind]
public abstract record AdaptationRule
{
    /// <summary>Whether the model needs a linear head of its own, as many outputs wide as the tasks have ways.</summary>
    public virtual bool NeedsHead => false;

    /// <summary>
    /// Whether the head is zero before training: where it is the answer that a support set corrects, an arbitrary one would only have to be
    /// unlearned.
    /// </summary>
    public virtual bool HeadStartsAtZero(Model model) => false;

    /// <summary>How many states <see cref="Adapt"/> leaves after the first: 0 for a closed form.</summary>
    public virtual int Steps => 0;

    /// <summary>Which layers the rule changes; null for a rule to which no pattern applies.</summary>
    public virtual Pattern? Changing => null;

    /// <summary>Gives the rule another pattern.</summary>
    /// <param name="pattern">Which layers it shall change.</param>
    /// <exception cref="ArgumentException">No pattern applies to the rule.</exception>
    public virtual AdaptationRule Under(Pattern pattern) =>
        throw new ArgumentException($"{GetType().Name} has no layers that change one by one: a pattern does not apply to it");

    /// <summary>Meta-parameters the rule learns besides the model's, such as step sizes.</summary>
    public virtual IEnumerable<ParameterSpecification> MetaParameters(Model model) => [];

    /// <summary>
    /// Traces the adaptation: the states before and after each inner step (just the result, for a closed form). A state is all that
    /// <see cref="Predict"/> needs of the task and the meta-parameters.
    /// </summary>
    public abstract IReadOnlyList<TensorMap> Adapt(TaskContext task);

    /// <summary>Traces the answers for queries [n, ...]: logits [n, ways] or values [n, outputs].</summary>
    public abstract Tensor Predict(TaskContext task, TensorMap state, Tensor queries);

    /// <summary>Why the rule cannot serve such tasks with such a model, in one line, or null.</summary>
    public virtual string? Incompatibility(Model model, Tasks.TaskShape shape) => null;
}
