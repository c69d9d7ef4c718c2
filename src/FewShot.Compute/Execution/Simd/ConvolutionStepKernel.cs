using FewShot.Compute.Graphs;
using FewShot.Compute.Kernels;

namespace FewShot.Compute.Execution.Simd;

/// <summary>Runs a convolution or one of its gradients by a hand-tuned kernel.</summary>
internal sealed unsafe class ConvolutionStepKernel(ConvolutionKernel kernel) : StepKernel
{
    public override string Description => kernel.Description;

    public override int ScratchBytes => kernel.ScratchBytes;

    public override void Run(float** buffers, byte* scratch) => kernel.Run(buffers[0], buffers[1], buffers[2], scratch);
}

/// <summary>Turns weights for the gradient to the data.</summary>
internal sealed unsafe class TurnWeightsKernel(Shape weights, SimdLevel level) : StepKernel
{
    private readonly int _height = weights[0];
    private readonly int _width = weights[1];
    private readonly int _inputs = weights[2];
    private readonly int _outputs = weights[3];

    public override string Description => "transposition of weights";

    public override void Run(float** buffers, byte* scratch) =>
        Convolution.TransposeWeights(buffers[0], buffers[1], _height, _width, _inputs, _outputs, level);
}
