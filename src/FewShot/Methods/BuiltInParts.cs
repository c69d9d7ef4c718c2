using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Storage;

namespace FewShot.Methods;

/// <summary>The names of this library's own parts in files, listed once.</summary>
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
