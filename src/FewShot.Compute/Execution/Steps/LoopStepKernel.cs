using System.Diagnostics.CodeAnalysis;
using FewShot.Compute.Execution.Loops;
using FewShot.Compute.Graphs;
using FewShot.Compute.Kernels;
using FewShot.Compute.Planning;
using Step = FewShot.Compute.Planning.Step;

namespace FewShot.Compute.Execution.Steps;

/// <summary>Runs a fused loop.</summary>
internal sealed unsafe class LoopStepKernel : StepKernel
{
    private readonly LoopKernel _kernel;
    private readonly IReadOnlyList<Tensor> _operands;
    private readonly IReadOnlyList<Tensor> _outputs;

    [RequiresDynamicCode("Emits IL.")]
    public LoopStepKernel(Step step, SimdLevel level, long shareWork)
    {
        (LoopSpecification specification, _operands) = LoopTranslation.Of(step);
        _outputs = step.Outputs;
        _kernel = LoopKernel.Compile(specification, level.Floats() * 32, shareWork);
    }

    public override string Description
    {
        get
        {
            LoopDomain domain = _kernel.Specification.Domain;
            string window = domain.Window > 1 ? $" in {domain.Window}x{domain.Window} windows" : "";
            return $"loop over {domain.Images * domain.Height * domain.Width} x {domain.Columns}{window}, "
                + $"{_kernel.Specification.Instructions.Count} values";
        }
    }

    public override int ScratchBytes => _kernel.ScratchBytes;

    public override bool InPlace(Tensor input, Tensor output)
    {
        LoopSpecification specification = _kernel.Specification;
        int written = _outputs.IndexOf(output);
        LoopOutput to = specification.Outputs[written];
        return to.Kind == OutputKind.Store
            && specification.Instructions[to.Value].Extent == Extent.Full
            && _operands.Count(operand => operand == input) == 1
            && specification.Operands[_operands.IndexOf(input)] == Extent.Full;
    }

    public override IReadOnlyList<Tensor> Buffers(Step step) => [.. _operands, .. _outputs];

    public override void Run(float** buffers, byte* scratch) => _kernel.Run(buffers, scratch);

    public override int Shares => _kernel.Shares;

    // The loops keep nothing else: what is prepared before and summed up after them.
    public override int SharedBytes => _kernel.ScratchBytes;

    public override void Begin(float** buffers, byte* shared) => _kernel.Begin(buffers, shared);

    public override void Run(float** buffers, byte* shared, byte* scratch, Share share) => _kernel.Run(buffers, shared, share);

    public override void End(float** buffers, byte* shared) => _kernel.End(buffers, shared);
}

file static class Lists
{
    public static int IndexOf(this IReadOnlyList<Tensor> list, Tensor tensor)
    {
        for (int i = 0; i < list.Count; i++)
        {
            if (list[i] == tensor)
            {
                return i;
            }
        }

        return -1;
    }
}
