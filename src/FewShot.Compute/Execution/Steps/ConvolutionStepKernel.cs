using FewShot.Compute.Graphs;
using FewShot.Compute.Kernels;

namespace FewShot.Compute.Execution.Steps;

/// <summary>Runs a convolution or one of its gradients by a hand-tuned kernel.</summary>
internal sealed unsafe class ConvolutionStepKernel(ConvolutionKernel kernel, int shares) : StepKernel
{
    public override string Description => kernel.Description;

    public override int ScratchBytes => kernel.ScratchBytes;

    public override void Run(float** buffers, byte* scratch) => kernel.Run(buffers[0], buffers[1], buffers[2], scratch);

    public override int Shares => shares;

    public override int SharedBytes => kernel.SharedBytes;

    public override void Run(float** buffers, byte* shared, byte* scratch, Share share) =>
        kernel.Run(buffers[0], buffers[1], buffers[2], shared, scratch, share);

    public override void End(float** buffers, byte* shared) => kernel.End(buffers[2], shared);
}

/// <summary>Turns weights for the gradient to the data.</summary>
internal sealed unsafe class TurnWeightsKernel(Shape weights, StepKernels kernels) : StepKernel
{
    private readonly SimdLevel _level = kernels.Level;
    private readonly int _taps = weights[0] * weights[1];
    private readonly int _inputs = weights[2];
    private readonly int _outputs = weights[3];

    public override string Description => "transposition of weights";

    public override int Shares { get; } = kernels.Shares(weights.Count * StepKernels.MultiplyAddsPerMove, weights[0] * weights[1]);

    public override void Run(float** buffers, byte* scratch) => Run(buffers, scratch, scratch, Share.Whole);

    public override void Run(float** buffers, byte* shared, byte* scratch, Share share) =>
        WeightTranspose.Run(buffers[0], buffers[1], _taps, _inputs, _outputs, _level, share);
}
