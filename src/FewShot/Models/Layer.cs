using FewShot.Compute.Graphs;
using FewShot.Storage;

namespace FewShot.Models;

/// <summary>
/// A pure function of named parameters. To write one: say which parameters it has for an input, which shape it gives, and what it computes;
/// it can then be differentiated, adapted and run everywhere a built-in layer can. To save learners with it, register it
/// (<see cref="PartRegistry"/>): its public properties are what files hold. Immutable.
/// </summary>
[PartKind]
public abstract record Layer
{
    /// <summary>The parameters the layer needs under a name, for one example of a shape (without the batch axis).</summary>
    public virtual IEnumerable<ParameterSpecification> Parameters(string name, Shape input) => [];

    /// <summary>The shape of one example's result.</summary>
    /// <exception cref="ShapeException">The layer cannot take such an input.</exception>
    public abstract Shape Output(Shape input);

    /// <summary>Traces the layer on a batch [n, ...].</summary>
    /// <param name="name">The name its parameters are under.</param>
    /// <param name="parameters">All parameters of the model.</param>
    /// <param name="x">The batch [n, ...].</param>
    /// <param name="normalization">Where normalising layers take their statistics from.</param>
    public abstract Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization);
}
