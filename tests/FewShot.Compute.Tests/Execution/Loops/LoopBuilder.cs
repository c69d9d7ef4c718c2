using FewShot.Compute.Execution.Loops;
using FewShot.Compute.Graphs;

namespace FewShot.Compute.Tests.Execution.Loops;

/// <summary>Writes specifications by hand.</summary>
internal sealed class LoopBuilder(LoopDomain domain)
{
    private readonly List<Extent> _operands = [];
    private readonly List<LoopInstruction> _instructions = [];
    private readonly List<LoopOutput> _outputs = [];

    internal int Operand(Extent extent)
    {
        _operands.Add(extent);
        _instructions.Add(new LoopInstruction(LoopOpcode.Load, extent, _operands.Count - 1, 0, 0, 0));
        return _instructions.Count - 1;
    }

    internal int Constant(float value)
    {
        _instructions.Add(new LoopInstruction(LoopOpcode.Constant, Extent.Scalar, 0, 0, 0, value));
        return _instructions.Count - 1;
    }

    internal int Value(Operation operation, Extent extent, int a, int b = 0, int c = 0)
    {
        _instructions.Add(new LoopInstruction(LoopOpcode.ElementWise, extent, a, b, c, 0, operation));
        return _instructions.Count - 1;
    }

    internal int Value(LoopOpcode opcode, Extent extent, int a, int b = 0)
    {
        _instructions.Add(new LoopInstruction(opcode, extent, a, b, 0, 0));
        return _instructions.Count - 1;
    }

    internal LoopBuilder Output(int value, OutputKind kind = OutputKind.Store)
    {
        _outputs.Add(new LoopOutput(value, kind));
        return this;
    }

    internal LoopSpecification Build() => new(domain, _operands, _instructions, _outputs);
}
