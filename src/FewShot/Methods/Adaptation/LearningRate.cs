using System.Text.Json.Serialization;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Models;
using FewShot.Storage;

namespace FewShot.Methods.Adaptation;

/// <summary>What one learned inner step size is for.</summary>
[JsonConverter(typeof(CamelCaseEnum<LearningRateScope>))]
public enum LearningRateScope
{
    /// <summary>The step size is a constant and not learned.</summary>
    Fixed,

    /// <summary>One learned number for everything.</summary>
    Scalar,

    /// <summary>One learned number a layer.</summary>
    Layer,

    /// <summary>One learned number a layer and a step (MAML++, Antoniou 2019).</summary>
    LayerAndStep,

    /// <summary>One learned number a parameter (Meta-SGD, Li 2017).</summary>
    Parameter,
}

/// <summary>The inner step size α: a constant, or meta-parameters that start there and are learned with the rest.</summary>
/// <param name="Initial">The first value; 0.4 suits one step on Omniglot, 0.01 images in colour.</param>
/// <param name="Scope">What one learned value is for; by default none is learned.</param>
public sealed record LearningRate(double Initial, LearningRateScope Scope = LearningRateScope.Fixed)
{
    /// <summary>
    /// What learned values are multiplied by. Optimisers such as Adam move every meta-parameter by about the outer step size, whatever its
    /// own size: a step size far below one must be a small part of what is learned, or the first iterations move it to many times what it
    /// was.
    /// </summary>
    [JsonInclude]
    internal double Unit { get; init; } = 1;

    /// <summary>The meta-parameters that hold the step size.</summary>
    internal IEnumerable<ParameterSpecification> MetaParameters(Model model, int steps)
    {
        Initializer initial = Initializer.Constant(Initial / Unit);
        return Scope switch
        {
            LearningRateScope.Fixed => [],
            LearningRateScope.Scalar => [new("inner_rate", Shape.Scalar, initial)],
            LearningRateScope.Layer => model.Layers.Select(layer => new ParameterSpecification(
                $"inner_rate.{layer}",
                Shape.Scalar,
                initial
            )),
            LearningRateScope.LayerAndStep => Enumerable
                .Range(0, steps)
                .SelectMany(step =>
                    model.Layers.Select(layer => new ParameterSpecification($"inner_rate.step{step}.{layer}", Shape.Scalar, initial))
                ),
            _ => model
                .Parameters.Where(parameter => parameter.Trained)
                .Select(parameter => new ParameterSpecification($"inner_rate.{parameter.Name}", parameter.Shape, initial)),
        };
    }

    /// <summary>The step size of one parameter at one step: a scalar, or a tensor of the parameter's shape.</summary>
    internal Tensor At(TensorMap meta, Tensor parameter, string name, int step) =>
        Scope == LearningRateScope.Fixed ? parameter.Graph.Fill(Initial, Shape.Scalar) : Learned(meta, name, step) * Unit;

    private Tensor Learned(TensorMap meta, string name, int step) =>
        Scope switch
        {
            LearningRateScope.Scalar => meta["inner_rate"],
            LearningRateScope.Layer => meta[$"inner_rate.{Model.LayerOf(name)}"],
            LearningRateScope.LayerAndStep => meta[$"inner_rate.step{step}.{Model.LayerOf(name)}"],
            _ => meta[$"inner_rate.{name}"],
        };
}
