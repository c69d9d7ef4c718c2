using FewShot.Compute.Graphs;
using FewShot.Compute.Kernels;
using FewShot.Compute.Operations;
using FewShot.Compute.Planning;
using Step = FewShot.Compute.Planning.Step;

namespace FewShot.Compute.Execution.Simd;

/// <summary>
/// Which kernel runs which operation. An operation without an entry runs by its definition; the dump says so.
/// </summary>
internal static class StepKernels
{
    private static readonly Dictionary<Type, Func<Tensor, SimdLevel, StepKernel>> Table = new()
    {
        [typeof(Operations.Convolution)] = (node, level) =>
            new ConvolutionStepKernel(Kernels.Convolution.Forward(
                Shape(((Operations.Convolution)node.Operation).Geometry(node.Inputs[0].Shape, node.Inputs[1].Shape)), level)),
        [typeof(ConvolutionDataGradient)] = (node, level) =>
            new ConvolutionStepKernel(Kernels.Convolution.DataGradient(
                Shape(((ConvolutionDataGradient)node.Operation).Geometry(node.Inputs[0].Shape, node.Inputs[1].Shape)), level)),
        [typeof(ConvolutionWeightGradient)] = (node, level) =>
            new ConvolutionStepKernel(Kernels.Convolution.WeightGradient(
                Shape(((ConvolutionWeightGradient)node.Operation).Geometry(node.Inputs[0].Shape, node.Inputs[1].Shape)), level)),
        [typeof(TurnWeights)] = (node, level) => new TurnWeightsKernel(node.Inputs[0].Shape, level),
    };

    public static StepKernel For(Step step, SimdLevel level) =>
        step.Loop is not null ? new LoopStepKernel(step, level)
        : Table.TryGetValue(step.Nodes[0].Operation.GetType(), out Func<Tensor, SimdLevel, StepKernel>? factory) ? factory(step.Nodes[0], level)
        : new DefinitionKernel(step.Nodes[0]);

    private static ConvolutionShape Shape(ConvolutionGeometry geometry) => new(
        geometry.N, geometry.H, geometry.W, geometry.C, geometry.O, geometry.Kh, geometry.Kw, geometry.Stride, geometry.Padding);
}
