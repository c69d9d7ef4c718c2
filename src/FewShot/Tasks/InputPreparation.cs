using FewShot.Compute.Graphs;
using FewShot.Storage;

namespace FewShot.Tasks;

/// <summary>
/// How an example from a user's file becomes the numbers a learner was trained on: kept with the learner, so that adaptation and prediction
/// prepare files as training did. Immutable. A form of one's own is written to files under the name that
/// <see cref="Storage.PartRegistry"/> knows it by.
/// </summary>
[PartKind("form")]
public abstract record InputPreparation
{
    /// <summary>Says what is wrong with it for a learner of the given inputs, to go on after its name; null where nothing is.</summary>
    /// <param name="input">The shape of one example of the learner.</param>
    public abstract string? Incompatibility(Shape input);
}
