using System.Runtime.CompilerServices;
using FewShot.Compute.Graphs;
using FewShot.Compute.Kernels;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Execution.Steps;

/// <summary>Transposition and repetition: the result in order, the source with strides.</summary>
internal sealed unsafe class RearrangementKernel : StepKernel
{
    private readonly StridedLoops _loops;
    private readonly SimdLevel _level;
    private readonly bool _isTransposition;

    public RearrangementKernel(Tensor node, SimdLevel level)
    {
        _level = level;
        Shape source = node.Inputs[0].Shape;
        int[] strides = source.Strides();
        _loops = new StridedLoops(
            node.Shape.Extents,
            node.Operation switch
            {
                Transpose transpose => [.. transpose.Order.Select(axis => strides[axis])],
                _ => BroadcastTo.SourceStrides(source, node.Shape),
            }
        );

        // The last two loops exchanged: matrices, transposed in tiles.
        (int[] extents, nint[] outer) = _loops.Outer;
        _isTransposition = extents.Length > 0 && outer[^1] == 1 && _loops.RunStride >= extents[^1];
    }

    public override string Description => _isTransposition ? "transposition in tiles" : $"copy in runs of {_loops.RunLength}";

    [SkipLocalsInit]
    public override void Run(float** buffers, byte* scratch)
    {
        float* source = buffers[0];
        float* result = buffers[1];
        Span<int> index = stackalloc int[StridedLoops.MaximumDepth];
        index.Clear();
        int length = _loops.RunLength;
        nint stride = _loops.RunStride;
        nint offset = 0;
        if (_isTransposition)
        {
            int rows = _loops.Outer.Extents[^1];
            for (int run = 0; run < _loops.Runs; run += rows)
            {
                MatrixTranspose.Run(source + offset, stride, result, length, length, rows, _level);
                result += (nint)rows * length;
                for (int i = 0; i < rows; i++)
                {
                    offset = _loops.Next(index, offset);
                }
            }

            return;
        }

        for (int run = 0; run < _loops.Runs; run++)
        {
            float* from = source + offset;
            switch (stride)
            {
                case 1:
                    new ReadOnlySpan<float>(from, length).CopyTo(new Span<float>(result, length));
                    break;
                case 0:
                    new Span<float>(result, length).Fill(*from);
                    break;
                default:
                    for (int i = 0; i < length; i++)
                    {
                        result[i] = from[i * stride];
                    }

                    break;
            }

            result += length;
            offset = _loops.Next(index, offset);
        }
    }
}
