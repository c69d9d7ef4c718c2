using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Planning;
using Step = FewShot.Compute.Planning.Step;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// Writes a fused step as a loop specification. Operands and outputs are named by tensor; outputs are in the step's order.
/// </summary>
internal sealed class LoopTranslation
{
    private readonly LoopDomain _domain;
    private readonly HashSet<Tensor> _computed;
    private readonly List<(Tensor Tensor, Extent Extent)> _operands = [];
    private readonly List<LoopInstruction> _instructions = [];
    private readonly Dictionary<(Tensor Tensor, Extent Loaded, Extent Declared), int> _values = [];

    private LoopTranslation(Step step)
    {
        LoopForm form = step.Loop!.Value;
        int columns = form.Columns == 0 ? form.Count : form.Columns;
        _domain = form.Map is { } map
            ? new LoopDomain(map.Images, map.Height, map.Width, map.Channels, map.Window)
            : new LoopDomain(form.Count / columns, 1, 1, columns, 1);
        _computed = [.. step.Nodes];
    }

    /// <summary>
    /// The specification, and the tensor each of its operands lies in (one tensor may be two operands, read in two ways).
    /// </summary>
    public static (LoopSpecification Specification, IReadOnlyList<Tensor> Operands) Of(Step step)
    {
        var translation = new LoopTranslation(step);
        LoopOutput[] outputs = [.. step.Outputs.Select(translation.Output)];
        return (
            new LoopSpecification(
                translation._domain,
                [.. translation._operands.Select(operand => operand.Extent)],
                translation._instructions,
                outputs
            ),
            [.. translation._operands.Select(operand => operand.Tensor)]
        );
    }

    private LoopOutput Output(Tensor root)
    {
        switch (root.Operation)
        {
            case Sum sum:
                return new LoopOutput(
                    Value(root.Inputs[0], Extent.Full),
                    FusionRules.Reduces(root, sum.Axes).Pattern switch
                    {
                        AxisPattern.Leading => OutputKind.SumRows,
                        AxisPattern.Trailing => OutputKind.SumColumns,
                        _ => OutputKind.SumAll,
                    }
                );
            case ReduceMaximum:
                return new LoopOutput(Value(root.Inputs[0], Extent.Full), OutputKind.MaxColumns);
            default:
                Extent extent = root.Operation is MaxPoolSelect or AveragePool ? Extent.Pooled : Extent.Full;
                return new LoopOutput(Value(root, extent), OutputKind.Store);
        }
    }

    /// <summary>The index of the instruction whose value is the tensor's, seen as a value of an extent.</summary>
    private int Value(Tensor tensor, Extent extent)
    {
        Tensor source = Storage.Of(tensor);
        if (source.Operation is Fill fill)
        {
            return Emit((source, Extent.Scalar, extent), new LoopInstruction(LoopOpcode.Constant, extent, 0, 0, 0, (float)fill.Value));
        }

        if (!_computed.Contains(source))
        {
            return Load(source, extent, extent);
        }

        if (source.Operation is BroadcastTo)
        {
            Extent loaded = FusionRules.Repeats(source).Pattern switch
            {
                AxisPattern.Leading => Extent.Column,
                AxisPattern.Trailing => Extent.Row,
                _ => Extent.Scalar,
            };
            return Load(Storage.Of(source.Inputs[0]), loaded, extent);
        }

        if (_values.TryGetValue((source, extent, extent), out int known))
        {
            return known;
        }

        Span<int> arguments = stackalloc int[3];
        arguments.Clear();
        for (int i = 0; i < source.Inputs.Count; i++)
        {
            arguments[i] = Value(
                source.Inputs[i],
                Extents(FusionRules.Role(source, i, extent == Extent.Pooled ? OperandRole.Pooled : OperandRole.Full))
            );
        }

        LoopOpcode opcode = Opcode(source.Operation);
        Operation? operation = opcode == LoopOpcode.ElementWise ? source.Operation : null;
        return Emit((source, extent, extent), new LoopInstruction(opcode, extent, arguments[0], arguments[1], arguments[2], 0, operation));
    }

    private static LoopOpcode Opcode(Operation operation) =>
        operation switch
        {
            MaxPoolSelect => LoopOpcode.MaxPoolSelect,
            MaxUnpool => LoopOpcode.MaxUnpool,
            AveragePool => LoopOpcode.AveragePool,
            AverageUnpool => LoopOpcode.AverageUnpool,
            _ => LoopOpcode.ElementWise,
        };

    private static Extent Extents(OperandRole role) => role == OperandRole.Pooled ? Extent.Pooled : Extent.Full;

    private int Load(Tensor source, Extent loaded, Extent declared)
    {
        int operand = _operands.IndexOf((source, loaded));
        if (operand < 0)
        {
            operand = _operands.Count;
            _operands.Add((source, loaded));
        }

        return Emit((source, loaded, declared), new LoopInstruction(LoopOpcode.Load, declared, operand, 0, 0, 0));
    }

    private int Emit((Tensor Tensor, Extent Loaded, Extent Declared) key, LoopInstruction instruction)
    {
        if (!_values.TryGetValue(key, out int index))
        {
            index = _instructions.Count;
            _instructions.Add(instruction);
            _values.Add(key, index);
        }

        return index;
    }
}
