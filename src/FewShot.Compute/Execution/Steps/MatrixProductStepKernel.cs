using FewShot.Compute.Graphs;
using FewShot.Compute.Kernels;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Execution.Steps;

/// <summary>Runs a matrix product, or one after another those of a batch.</summary>
internal sealed unsafe class MatrixProductStepKernel : StepKernel
{
    private readonly MatrixProductKernel _kernel;
    private readonly int _batch;
    private readonly nint _a;
    private readonly nint _b;
    private readonly nint _result;

    public MatrixProductStepKernel(Tensor node, StepKernels kernels)
    {
        var product = (Operations.MatrixProduct)node.Operation;
        (Shape a, Shape b) = (node.Inputs[0].Shape, node.Inputs[1].Shape);
        _batch = a.Rank == 3 ? a[0] : 1;
        (_a, _b, _result) = (a.Count / _batch, b.Count / _batch, node.Shape.Count / _batch);
        int inner = product.TransposeA ? a[-2] : a[-1];
        _kernel = Kernels.MatrixProduct.Prepare(
            node.Shape[-2],
            node.Shape[-1],
            inner,
            product.TransposeA,
            product.TransposeB,
            kernels.Level
        );
        Shares = kernels.Shares(node.Operation.MultiplyAdds(node), Pieces);
    }

    public override int Shares { get; }

    // Of a batch the products, of one product its rows.
    private int Pieces => _batch > 1 ? _batch : _kernel.Pieces;

    public override string Description => _batch > 1 ? $"{_batch} times {_kernel.Description}" : _kernel.Description;

    public override int ScratchBytes => _kernel.ScratchBytes;

    public override void Run(float** buffers, byte* scratch) => Run(buffers, scratch, scratch, Share.Whole);

    public override void Run(float** buffers, byte* shared, byte* scratch, Share share)
    {
        if (_batch == 1)
        {
            _kernel.Run(buffers[0], buffers[1], buffers[2], scratch, share);
            return;
        }

        (int first, int end) = share.Range(_batch);
        for (int i = first; i < end; i++)
        {
            _kernel.Run(buffers[0] + (i * _a), buffers[1] + (i * _b), buffers[2] + (i * _result), scratch);
        }
    }
}
