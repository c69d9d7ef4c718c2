using System.Runtime.CompilerServices;
using FewShot.Compute.Graphs;
using FewShot.Compute.Kernels;
using FewShot.Compute.Operations;
using FewShot.Compute.Planning;
using Step = FewShot.Compute.Planning.Step;

namespace FewShot.Compute.Execution.Steps;

/// <summary>
/// Which kernel runs which operation. An operation without an entry runs by its definition; the dump says so. Steps of one program with the
/// same work share one kernel, and with it the tables it holds.
/// </summary>
/// <param name="level">The vectors they are made for.</param>
/// <param name="shareWork">The least work that is worth a thread's joining in, in multiply-adds; see <see cref="Shares"/>.</param>
internal sealed class StepKernels(SimdLevel level, long shareWork = StepKernels.WorthAThread)
{
    /// <summary>
    /// About a microsecond: handing a share to a thread that waits for it and hearing that it is done takes a quarter of one.
    /// </summary>
    public const long WorthAThread = 100_000;

    /// <summary>The multiply-adds of a convolution that take as long as moving a number in memory does.</summary>
    public const long MultiplyAddsPerMove = 8;

    private static readonly Dictionary<Type, Func<StepKernels, Tensor, StepKernel>> s_table = new()
    {
        [typeof(Operations.Convolution)] = (kernels, node) =>
            kernels.Convolution(
                node,
                ((Operations.Convolution)node.Operation).Geometry(node.Inputs[0].Shape, node.Inputs[1].Shape),
                Kernels.Convolution.Forward
            ),
        [typeof(ConvolutionDataGradient)] = (kernels, node) =>
            kernels.Convolution(
                node,
                ((ConvolutionDataGradient)node.Operation).Geometry(node.Inputs[0].Shape, node.Inputs[1].Shape),
                Kernels.Convolution.DataGradient
            ),
        [typeof(ConvolutionWeightGradient)] = (kernels, node) =>
            kernels.Convolution(
                node,
                ((ConvolutionWeightGradient)node.Operation).Geometry(node.Inputs[0].Shape, node.Inputs[1].Shape),
                Kernels.Convolution.WeightGradient
            ),
        [typeof(TurnWeights)] = (kernels, node) => new TurnWeightsKernel(node.Inputs[0].Shape, kernels),
        [typeof(Operations.MatrixProduct)] = (kernels, node) => kernels.Shared(node, () => new MatrixProductStepKernel(node, kernels)),
        [typeof(Transpose)] = (kernels, node) => new RearrangementKernel(node, kernels.Level),
        [typeof(BroadcastTo)] = (kernels, node) => new RearrangementKernel(node, kernels.Level),
        [typeof(Sum)] = (_, node) => new ReductionKernel(node),
        [typeof(ReduceMaximum)] = (_, node) => new ReductionKernel(node),
        [typeof(Fill)] = (_, node) => new FillKernel(node),
    };

    private readonly Dictionary<object, StepKernel> _shared = [];

    public SimdLevel Level => level;

    public long ShareWork => shareWork;

    /// <summary>Into how many shares it pays to cut so many multiply-adds, where they can be cut into so many pieces.</summary>
    public int Shares(long multiplyAdds, int pieces) => (int)Math.Clamp(multiplyAdds / shareWork, 1, pieces);

    public StepKernel For(Step step) =>
        step.Loop is not null ? Loop(step)
        : s_table.TryGetValue(step.Nodes[0].Operation.GetType(), out Func<StepKernels, Tensor, StepKernel>? factory)
            ? factory(this, step.Nodes[0])
        : new DefinitionKernel(step.Nodes[0]);

    private LoopStepKernel Loop(Step step) =>
        RuntimeFeature.IsDynamicCodeSupported
            ? new LoopStepKernel(step, level, shareWork)
            : throw new InvalidOperationException("A loop was planned in a process that may not generate code.");

    private StepKernel Convolution(
        Tensor node,
        ConvolutionGeometry geometry,
        Func<ConvolutionShape, SimdLevel, ConvolutionKernel> prepare
    ) =>
        Shared(
            node,
            () =>
            {
                var shape = new ConvolutionShape(
                    geometry.N,
                    geometry.H,
                    geometry.W,
                    geometry.C,
                    geometry.O,
                    geometry.Kh,
                    geometry.Kw,
                    geometry.Stride,
                    geometry.Padding
                );
                ConvolutionKernel kernel = prepare(shape, level);
                return new ConvolutionStepKernel(kernel, Shares(shape.MultiplyAdds, kernel.Pieces));
            }
        );

    private StepKernel Shared(Tensor node, Func<StepKernel> make)
    {
        object key = (node.Operation, node.Inputs[0].Shape, node.Inputs[1].Shape);
        if (!_shared.TryGetValue(key, out StepKernel? kernel))
        {
            _shared[key] = kernel = make();
        }

        return kernel;
    }
}
