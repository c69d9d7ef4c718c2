using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using FewShot.Compute.Graphs;
using FewShot.Compute.Numerics;
using FewShot.Compute.Operations;
using Tensor = FewShot.Compute.Graphs.Tensor;

namespace FewShot.Compute.Execution.Steps;

/// <summary>
/// Sums and maxima over axes that are neither all leading nor all trailing: the source in order, the result with strides.
/// </summary>
internal sealed unsafe class ReductionKernel : StepKernel
{
    private readonly StridedLoops _loops;
    private readonly bool _isMaximum;
    private readonly int _count;

    public ReductionKernel(Tensor node)
    {
        _isMaximum = node.Operation is ReduceMaximum;
        AxisList axes = node.Operation is ReduceMaximum maximum ? maximum.Axes : ((Sum)node.Operation).Axes;
        Shape source = node.Inputs[0].Shape;
        _loops = new StridedLoops(source.Extents, Sum.ResultStrides(source, axes));
        _count = node.Shape.Count;
    }

    public override string Description => $"{(_isMaximum ? "maximum" : "sum")} in runs of {_loops.RunLength}";

    [SkipLocalsInit]
    public override void Run(float** buffers, byte* scratch)
    {
        float* source = buffers[0];
        float* result = buffers[1];
        Span<int> index = stackalloc int[StridedLoops.MaximumDepth];
        index.Clear();
        new Span<float>(result, _count).Fill(_isMaximum ? float.NegativeInfinity : 0);
        int length = _loops.RunLength;
        nint offset = 0;
        for (int run = 0; run < _loops.Runs; run++)
        {
            var from = new ReadOnlySpan<float>(source, length);
            if (_loops.RunStride == 0)
            {
                result[offset] = _isMaximum
                    ? MathF.Max(result[offset], TensorPrimitives.Max(from))
                    : result[offset] + (float)Reductions.Sum(from);
            }
            else
            {
                var to = new Span<float>(result + offset, length);
                if (_isMaximum)
                {
                    TensorPrimitives.Max(to, from, to);
                }
                else
                {
                    TensorPrimitives.Add(to, from, to);
                }
            }

            source += length;
            offset = _loops.Next(index, offset);
        }
    }
}
