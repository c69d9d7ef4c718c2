using System.Text.Json.Serialization;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Storage;

namespace FewShot.Methods;

/// <summary>
/// The names of this library's own parts in files: a part that is saved has its name here and its type in the list below.
/// </summary>
internal static class BuiltInParts
{
    private static readonly Lazy<bool> s_registered = new(RegisterAll);

    /// <summary>Registers the library's own parts, once in a process.</summary>
    public static void Register() => _ = s_registered.Value;

    private static bool RegisterAll()
    {
        LearnerJson json = LearnerJson.Default;
        PartRegistry.Register("gradient-descent", json.GradientDescent);
        PartRegistry.Register("kernel-regression", json.KernelRegression);
        PartRegistry.Register("tangent-flow", json.TangentFlow);
        PartRegistry.Register("prototypes", json.Prototypes);
        PartRegistry.Register("steepest-descent-head", json.SteepestDescentHead);
        PartRegistry.Register("ridge-regression-head", json.RidgeRegressionHead);
        PartRegistry.Register("logistic-regression-head", json.LogisticRegressionHead);
        PartRegistry.Register("matching-attention", json.MatchingAttention);
        PartRegistry.Register("squared-norm", json.SquaredNorm);
        PartRegistry.Register("proximal", json.Proximal);
        PartRegistry.Register("unrolled", json.Unrolled);
        PartRegistry.Register("reptile", json.Reptile);
        PartRegistry.Register("implicit", json.Implicit);
        PartRegistry.Register("hessian-free", json.HessianFree);
        PartRegistry.Register("energy-functional", json.EnergyFunctional);
        PartRegistry.Register("conjugate-gradients", json.ConjugateGradients);
        PartRegistry.Register("steepest-descent", json.SteepestDescent);
        PartRegistry.Register("neumann", json.Neumann);
        PartRegistry.Register("fixed-point", json.FixedPoint);
        PartRegistry.Register("uniform", json.UniformWeighting);
        PartRegistry.Register("gradient-agreement", json.GradientAgreement);
        PartRegistry.Register("similarity-softmax", json.SimilaritySoftmax);
        PartRegistry.Register("loss-softmax", json.LossSoftmax);
        PartRegistry.Register("linear", json.Linear);
        PartRegistry.Register("convolution", json.ConvolutionLayer);
        PartRegistry.Register("batch-normalization", json.BatchNormalization);
        PartRegistry.Register("relu", json.ReluActivation);
        PartRegistry.Register("tanh", json.TanhActivation);
        PartRegistry.Register("max-pooling", json.MaxPooling);
        PartRegistry.Register("sequential", json.Sequential);
        PartRegistry.Register("constant", json.ConstantInitializer);
        PartRegistry.Register("kaiming", json.KaimingInitializer);
        PartRegistry.Register("glorot", json.GlorotInitializer);
        return true;
    }
}

/// <summary>How a learner and its parts are written as JSON.</summary>
[JsonSerializable(typeof(LearnerSpecification))]
[JsonSerializable(typeof(LearnerDocument))]
[JsonSerializable(typeof(GradientDescent))]
[JsonSerializable(typeof(KernelRegression))]
[JsonSerializable(typeof(TangentFlow))]
[JsonSerializable(typeof(Prototypes))]
[JsonSerializable(typeof(SteepestDescentHead))]
[JsonSerializable(typeof(RidgeRegressionHead))]
[JsonSerializable(typeof(LogisticRegressionHead))]
[JsonSerializable(typeof(MatchingAttention))]
[JsonSerializable(typeof(LowerRegularization.SquaredNorm))]
[JsonSerializable(typeof(LowerRegularization.Proximal))]
[JsonSerializable(typeof(Unrolled))]
[JsonSerializable(typeof(Reptile))]
[JsonSerializable(typeof(Implicit))]
[JsonSerializable(typeof(HessianFree))]
[JsonSerializable(typeof(EnergyFunctional))]
[JsonSerializable(typeof(LinearSolver.ConjugateGradients))]
[JsonSerializable(typeof(LinearSolver.SteepestDescent))]
[JsonSerializable(typeof(LinearSolver.Neumann))]
[JsonSerializable(typeof(LinearSolver.FixedPoint))]
[JsonSerializable(typeof(UniformWeighting))]
[JsonSerializable(typeof(GradientAgreement))]
[JsonSerializable(typeof(SimilaritySoftmax))]
[JsonSerializable(typeof(LossSoftmax))]
[JsonSerializable(typeof(Linear))]
[JsonSerializable(typeof(ConvolutionLayer))]
[JsonSerializable(typeof(BatchNormalization))]
[JsonSerializable(typeof(ReluActivation))]
[JsonSerializable(typeof(TanhActivation))]
[JsonSerializable(typeof(MaxPooling))]
[JsonSerializable(typeof(Sequential))]
[JsonSerializable(typeof(ConstantInitializer))]
[JsonSerializable(typeof(KaimingInitializer))]
[JsonSerializable(typeof(GlorotInitializer))]
internal sealed partial class LearnerJson : JsonSerializerContext;
