using System.Text.Json.Serialization;
using FewShot.Compute.Graphs;
using FewShot.Tasks.Data;

namespace FewShot.Tasks;

/// <summary>
/// How an example from a user's file becomes the numbers a learner was trained on: kept with the learner, so that adaptation and prediction
/// prepare files as training did. Immutable.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "form")]
[JsonDerivedType(typeof(ImagePreparation), "image")]
[JsonDerivedType(typeof(TablePreparation), "table")]
public abstract record InputPreparation
{
    /// <summary>What is wrong with it for a learner of the given inputs, to go on after its name; null where nothing is.</summary>
    internal abstract string? Incompatibility(Shape input);
}
