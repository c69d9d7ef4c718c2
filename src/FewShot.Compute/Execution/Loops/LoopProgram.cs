namespace FewShot.Compute.Execution.Loops;

/// <summary>Where a tensor lies: at buffers[Slot], or at an offset in bytes into the scratch memory or into that of a section.</summary>
internal readonly record struct LoopBuffer(int Slot, long ScratchOffset)
{
    internal const int Scratch = -1;
    internal const int Section = -2;
}

internal readonly record struct ProgramOperand(Extent Extent, LoopBuffer Buffer);

internal readonly record struct ProgramOutput(int Value, OutputKind Kind, Extent Extent, LoopBuffer Buffer);

/// <summary>
/// One pass over memory. A specification is lowered to a few of these: passes over columns, rows or one number that prepare what does not
/// change inside the main pass, then the main pass, in which every value of extent Row is a Load.
/// </summary>
internal sealed class LoopProgram
{
    internal LoopProgram(
        LoopDomain domain,
        IReadOnlyList<ProgramOperand> operands,
        IReadOnlyList<LoopInstruction> instructions,
        IReadOnlyList<ProgramOutput> outputs
    )
    {
        Domain = domain;
        Operands = operands;
        Instructions = instructions;
        Outputs = outputs;
        Natural = LoopValidation.NaturalExtents(instructions, [.. operands.Select(operand => operand.Extent)], null);
        Uses = CountUses();
    }

    internal LoopDomain Domain { get; }

    internal IReadOnlyList<ProgramOperand> Operands { get; }

    internal IReadOnlyList<LoopInstruction> Instructions { get; }

    internal IReadOnlyList<ProgramOutput> Outputs { get; }

    /// <summary>The smallest extent that determines each value.</summary>
    internal Extent[] Natural { get; }

    /// <summary>How many live values and outputs read each value; 0 for dead ones.</summary>
    internal int[] Uses { get; }

    internal bool ReducesColumns => Outputs.Any(output => output.Kind is OutputKind.SumColumns or OutputKind.MaxColumns);

    /// <summary>The operations of one run, roughly.</summary>
    internal long Work => Domain.Rows * Domain.Columns * BodySize;

    /// <summary>The live computed values of the inner loop: a measure of its body.</summary>
    internal int BodySize
    {
        get
        {
            int size = 0;
            for (int i = 0; i < Uses.Length; i++)
            {
                size += Uses[i] > 0 && Natural[i] is Extent.Full or Extent.Pooled ? Weight(Instructions[i]) : 0;
            }

            return size + Outputs.Count;

            static int Weight(LoopInstruction instruction) =>
                instruction.Opcode == LoopOpcode.ElementWise && ElementWiseTable.IsLong(instruction.Row) ? 16 : 1;
        }
    }

    /// <summary>Live values of an extent that are read by the inner loop, hence worth preparing before it.</summary>
    internal IEnumerable<int> Invariants(Extent extent)
    {
        HashSet<int> seen = [];
        for (int i = 0; i < Instructions.Count; i++)
        {
            if (Uses[i] == 0 || Natural[i] is not (Extent.Full or Extent.Pooled))
            {
                continue;
            }

            for (int a = 0; a < Instructions[i].ArgumentCount; a++)
            {
                int argument = Argument(i, a);
                if (Natural[argument] == extent && seen.Add(argument))
                {
                    yield return argument;
                }
            }
        }

        foreach (ProgramOutput output in Outputs)
        {
            if (Natural[output.Value] == extent && seen.Add(output.Value))
            {
                yield return output.Value;
            }
        }
    }

    internal int Argument(int value, int which) =>
        which switch
        {
            0 => Instructions[value].A,
            1 => Instructions[value].B,
            _ => Instructions[value].C,
        };

    private int[] CountUses()
    {
        int[] uses = new int[Instructions.Count];
        foreach (ProgramOutput output in Outputs)
        {
            uses[output.Value]++;
        }

        for (int i = uses.Length - 1; i >= 0; i--)
        {
            if (uses[i] == 0)
            {
                continue;
            }

            LoopOpcode opcode = Instructions[i].Opcode;
            for (int a = 0; a < Instructions[i].ArgumentCount; a++)
            {
                // A pooled maximum reads its argument to find the maximum and again to find its position.
                uses[Argument(i, a)] += a == 1 && opcode is LoopOpcode.MaxPoolSelect or LoopOpcode.MaxUnpool ? 2 : 1;
            }
        }

        return uses;
    }
}
