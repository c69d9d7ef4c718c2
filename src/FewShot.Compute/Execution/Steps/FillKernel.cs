using FewShot.Compute.Graphs;

namespace FewShot.Compute.Execution.Steps;

/// <summary>Writes one constant everywhere, for steps that cannot take it as a number.</summary>
internal sealed unsafe class FillKernel(Tensor node) : StepKernel
{
    private readonly float _value = (float)((Fill)node.Operation).Value;
    private readonly int _count = node.Shape.Count;

    public override string Description => "fill";

    public override void Run(float** buffers, byte* scratch) => new Span<float>(buffers[0], _count).Fill(_value);
}
