using System.Text.Json.Serialization;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Methods;

/// <summary>How a learner is written as JSON.</summary>
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
