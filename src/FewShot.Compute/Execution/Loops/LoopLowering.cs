namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// Turns a specification into passes: collapses the domain where it can, and moves derived column, row and single values into passes of
/// their own.
/// </summary>
internal sealed class LoopLowering
{
    private const int ScratchAlignment = 64;

    private readonly List<LoopProgram> _passes = [];
    private long _scratch;

    /// <summary>The passes in order; scratchBytes is what their hand-over of prepared values takes.</summary>
    internal static IReadOnlyList<LoopProgram> Lower(LoopSpecification specification, out long scratchBytes)
    {
        LoopLowering lowering = new();
        lowering.Split(Collapse(specification));
        scratchBytes = lowering._scratch;
        return lowering._passes;
    }

    /// <summary>
    /// Renames extents so that one row or one column becomes a plain vector, and so that rows without meaning of their own disappear.
    /// </summary>
    private static LoopProgram Collapse(LoopSpecification s)
    {
        LoopDomain domain = s.Domain;
        bool pooled = s.Operands.Contains(Extent.Pooled) || s.Instructions.Any(i => i.Extent == Extent.Pooled);
        if (domain.Window > 1 && !pooled && !s.Instructions.Any(i => i.Opcode is LoopOpcode.MaxUnpool or LoopOpcode.AverageUnpool))
        {
            domain = domain with { Window = 1 };
        }

        Dictionary<Extent, Extent> rename = [];
        if (domain.Window == 1)
        {
            bool structured =
                s.Operands.Any(extent => extent is Extent.Row or Extent.Column)
                || s.Outputs.Any(output =>
                    output.Kind is OutputKind.SumRows or OutputKind.SumColumns or OutputKind.MaxColumns
                    || (output.Kind == OutputKind.Store && s.Instructions[output.Value].Extent is Extent.Row or Extent.Column)
                );
            long rows = domain.Rows;
            int columns = domain.Columns;
            if (rows == 1)
            {
                rename = new() { [Extent.Column] = Extent.Full, [Extent.Row] = Extent.Scalar };
            }
            else if (columns == 1)
            {
                rename = new() { [Extent.Row] = Extent.Full, [Extent.Column] = Extent.Scalar };
            }

            if (rows == 1 || columns == 1 || !structured)
            {
                domain = new LoopDomain(1, 1, 1, checked((int)(rows * columns)), 1);
            }
        }

        bool line = domain is { Window: 1, Rows: 1 };
        bool oneRow = line && s.Domain.Rows == 1;
        bool oneColumn = line && s.Domain.Columns == 1 && !oneRow;
        List<ProgramOutput> outputs = [];
        for (int i = 0; i < s.Outputs.Count; i++)
        {
            LoopOutput output = s.Outputs[i];
            Extent extent = Renamed(s.Instructions[output.Value].Extent);
            OutputKind kind = output.Kind switch
            {
                OutputKind.SumRows when oneRow => OutputKind.Store,
                OutputKind.SumRows when oneColumn => OutputKind.SumColumns,
                OutputKind.SumColumns or OutputKind.MaxColumns when oneColumn => OutputKind.Store,
                OutputKind.SumAll when line => OutputKind.SumColumns,
                _ => output.Kind,
            };
            outputs.Add(new ProgramOutput(output.Value, kind, extent, new LoopBuffer(s.Operands.Count + i, 0)));
        }

        return new LoopProgram(
            domain,
            [.. s.Operands.Select((extent, i) => new ProgramOperand(Renamed(extent), new LoopBuffer(i, 0)))],
            [.. s.Instructions.Select(i => i with { Extent = Renamed(i.Extent) })],
            outputs
        );

        Extent Renamed(Extent extent) => rename.GetValueOrDefault(extent, extent);
    }

    private void Split(LoopProgram whole)
    {
        List<ProgramOperand> operands = [.. whole.Operands];
        LoopInstruction[] instructions = [.. whole.Instructions];
        List<ProgramOutput> mainOutputs =
        [
            .. whole.Outputs.Where(output => output.Kind != OutputKind.Store || output.Extent is Extent.Full or Extent.Pooled),
        ];
        LoopProgram main = new(whole.Domain, operands, instructions, mainOutputs);

        // Derived column values met only once are cheaper computed where they are met.
        bool columnsPrepared = main.ReducesColumns || !BlockedLoopPlan.For(main).SingleVisit;
        foreach (Extent extent in (ReadOnlySpan<Extent>)[Extent.Column, Extent.Row, Extent.Scalar])
        {
            List<ProgramOutput> outputs = [.. whole.Outputs.Where(output => output.Kind == OutputKind.Store && output.Extent == extent)];
            if (extent == Extent.Row || (extent == Extent.Column && columnsPrepared))
            {
                foreach (int value in main.Invariants(extent).Where(value => instructions[value].Opcode != LoopOpcode.Load).ToList())
                {
                    LoopBuffer buffer = new(-1, _scratch);
                    long length = whole.Domain.ElementCount(extent);
                    _scratch = (_scratch + (length * sizeof(float)) + ScratchAlignment - 1) / ScratchAlignment * ScratchAlignment;
                    outputs.Add(new ProgramOutput(value, OutputKind.Store, extent, buffer));
                    operands.Add(new ProgramOperand(extent, buffer));
                    instructions[value] = new LoopInstruction(LoopOpcode.Load, extent, operands.Count - 1, 0, 0, 0);
                }
            }

            if (outputs.Count > 0)
            {
                _passes.Add(LinePass(whole, extent, outputs));
            }
        }

        if (mainOutputs.Count > 0)
        {
            _passes.Add(new LoopProgram(whole.Domain, operands, instructions, mainOutputs));
        }
    }

    /// <summary>A pass over one line of values: those of the given extent become Full over a domain of one row.</summary>
    private static LoopProgram LinePass(LoopProgram whole, Extent extent, List<ProgramOutput> outputs) =>
        new(
            new LoopDomain(1, 1, 1, checked((int)whole.Domain.ElementCount(extent)), 1),
            [.. whole.Operands.Select(operand => operand with { Extent = operand.Extent == extent ? Extent.Full : operand.Extent })],
            whole.Instructions,
            [.. outputs.Select(output => output with { Extent = Extent.Full })]
        );
}
