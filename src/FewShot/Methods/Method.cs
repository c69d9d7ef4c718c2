using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Methods;

/// <summary>
/// A method: a composition of an adaptation (with its pattern), a meta-gradient and a task weighting. The outer optimiser is the trainer's.
/// </summary>
/// <param name="Name">The method's row in the catalogue, or a name of one's own.</param>
/// <param name="Title">The full name of the method.</param>
/// <param name="Paper">The paper in which the method was published.</param>
/// <param name="Adaptation">The inner loop, by which a task changes the model.</param>
/// <param name="MetaGradient">How the query loss reaches the meta-parameters.</param>
/// <param name="Weighting">How the tasks of a batch are combined.</param>
public sealed record Method(
    string Name,
    string Title,
    string Paper,
    AdaptationRule Adaptation,
    MetaGradient MetaGradient,
    TaskWeighting Weighting
)
{
    /// <summary>All meta-parameters for a model: the model's own, then those of the adaptation.</summary>
    public IReadOnlyList<ParameterSpecification> MetaParameters(Model model)
    {
        bool zeroHead = Adaptation.HeadStartsAtZero(model);
        return
        [
            .. model.Parameters.Select(parameter =>
                zeroHead && Model.LayerOf(parameter.Name) == Model.Head
                    ? parameter with
                    {
                        Initializer = Initializer.Constant(0),
                    }
                    : parameter
            ),
            .. Adaptation.MetaParameters(model),
        ];
    }

    /// <summary>What a user who trains with the method should know beforehand, in one line; null for nothing.</summary>
    public string? Warning => MetaGradient.Warning(Adaptation);

    /// <summary>Refuses a composition that makes no sense.</summary>
    /// <exception cref="ArgumentException">
    /// The parts do not go together, or not with the model or the tasks; the message says which and why.
    /// </exception>
    public void Validate(Model model, TaskShape shape)
    {
        string? misfit = model.Input.Extents.SequenceEqual(shape.InputShape.ToArray())
            ? null
            : $"the network takes inputs of {model.Input}, the tasks have [{string.Join(", ", shape.InputShape)}]; make it for the "
                + "shape of the tasks";
        if ((MetaGradient.Incompatibility(Adaptation) ?? misfit ?? Adaptation.Incompatibility(model, shape)) is { } fault)
        {
            throw new ArgumentException($"method {Name}: {fault}");
        }
    }
}
