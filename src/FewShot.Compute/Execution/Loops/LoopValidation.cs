namespace FewShot.Compute.Execution.Loops;

/// <summary>Checks a specification and works out over which part of the domain each value really varies.</summary>
internal static class LoopValidation
{
    /// <summary>Throws an exact message for the first rule a specification breaks.</summary>
    internal static void Check(LoopSpecification specification)
    {
        LoopDomain domain = specification.Domain;
        if (domain.Images < 1 || domain.Height < 1 || domain.Width < 1 || domain.Columns < 1 || domain.Window < 1)
        {
            throw Broken(specification, "every size of the domain must be at least 1");
        }

        foreach (Extent operand in specification.Operands)
        {
            CheckExtent(specification, operand, "an operand");
        }

        for (int i = 0; i < specification.Instructions.Count; i++)
        {
            LoopInstruction instruction = specification.Instructions[i];
            CheckExtent(specification, instruction.Extent, $"value %{i}");
            if (instruction.Opcode == LoopOpcode.Load && (uint)instruction.A >= (uint)specification.Operands.Count)
            {
                throw Broken(specification, $"value %{i} loads operand {instruction.A}, but there are {specification.Operands.Count}");
            }

            ReadOnlySpan<int> arguments = [instruction.A, instruction.B, instruction.C];
            foreach (int argument in arguments[..instruction.ArgumentCount])
            {
                if ((uint)argument >= (uint)i)
                {
                    throw Broken(specification, $"value %{i} uses %{argument}, which is not an earlier value");
                }
            }
        }

        Extent[] natural = NaturalExtents(specification.Instructions, specification.Operands, specification);
        for (int i = 0; i < natural.Length; i++)
        {
            if (!Covers(specification.Instructions[i].Extent, natural[i]))
            {
                throw Broken(specification, $"value %{i} is declared {specification.Instructions[i].Extent} but varies over {natural[i]}");
            }
        }

        foreach (LoopOutput output in specification.Outputs)
        {
            if ((uint)output.Value >= (uint)natural.Length)
            {
                throw Broken(specification, $"an output names %{output.Value}, but there are {natural.Length} values");
            }

            Extent extent = specification.Instructions[output.Value].Extent;
            bool allowed = output.Kind switch
            {
                OutputKind.Store => true,
                OutputKind.SumRows or OutputKind.SumAll => extent is Extent.Full or Extent.Pooled,
                _ => extent == Extent.Full && domain.Window == 1,
            };
            if (!allowed)
            {
                throw Broken(
                    specification,
                    $"{output.Kind} cannot be taken of %{output.Value}, which is {extent} in a loop with window {domain.Window}"
                );
            }
        }
    }

    /// <summary>
    /// The smallest extent that determines each value. With a specification, throws where extents cannot meet; without, ignores them.
    /// </summary>
    internal static Extent[] NaturalExtents(
        IReadOnlyList<LoopInstruction> instructions,
        IReadOnlyList<Extent> operands,
        LoopSpecification? blame
    )
    {
        Extent[] natural = new Extent[instructions.Count];
        for (int i = 0; i < natural.Length; i++)
        {
            LoopInstruction instruction = instructions[i];
            switch (instruction.Opcode)
            {
                case LoopOpcode.Load:
                    natural[i] = operands[instruction.A];
                    break;
                case LoopOpcode.Constant:
                    natural[i] = Extent.Scalar;
                    break;
                case LoopOpcode.MaxPoolSelect:
                case LoopOpcode.AveragePool:
                    Require(natural[instruction.A], Extent.Full, i);
                    Require(instruction.Opcode == LoopOpcode.AveragePool ? Extent.Full : natural[instruction.B], Extent.Full, i);
                    natural[i] = Extent.Pooled;
                    break;
                case LoopOpcode.MaxUnpool:
                    Require(natural[instruction.A], Extent.Pooled, i);
                    Require(natural[instruction.B], Extent.Full, i);
                    natural[i] = Extent.Full;
                    break;
                case LoopOpcode.AverageUnpool:
                    Require(natural[instruction.A], Extent.Pooled, i);
                    natural[i] = Extent.Full;
                    break;
                default:
                    ReadOnlySpan<int> arguments = [instruction.A, instruction.B, instruction.C];
                    Extent extent = Extent.Scalar;
                    foreach (int argument in arguments[..instruction.ArgumentCount])
                    {
                        extent = Join(extent, natural[argument], i);
                    }

                    natural[i] = extent;
                    break;
            }
        }

        return natural;

        void Require(Extent actual, Extent wanted, int value)
        {
            if (blame is not null && (blame.Domain.Window < 2 || !Covers(wanted, actual)))
            {
                throw Broken(
                    blame,
                    $"value %{value} ({instructions[value].Name}) needs a window of at least 2 and a {wanted} argument, not {actual} "
                        + $"with window {blame.Domain.Window}"
                );
            }
        }

        Extent Join(Extent a, Extent b, int value)
        {
            if (Covers(a, b))
            {
                return a;
            }

            if (Covers(b, a))
            {
                return b;
            }

            return a is Extent.Pooled || b is Extent.Pooled
                ? blame is null
                    ? Extent.Full
                    : throw Broken(blame, $"value %{value} ({instructions[value].Name}) mixes {a} and {b}")
                : Extent.Full;
        }
    }

    private static bool Covers(Extent outer, Extent inner) =>
        outer == inner
        || inner == Extent.Scalar
        || outer switch
        {
            Extent.Full => inner is Extent.Column or Extent.Row,
            Extent.Pooled => inner is Extent.Column,
            _ => false,
        };

    private static void CheckExtent(LoopSpecification specification, Extent extent, string what)
    {
        int window = specification.Domain.Window;
        if ((extent == Extent.Pooled && window == 1) || (extent == Extent.Row && window > 1))
        {
            throw Broken(specification, $"{what} is {extent}, which has no meaning with window {window}");
        }
    }

    private static ArgumentException Broken(LoopSpecification specification, string rule) =>
        new($"A loop specification is invalid: {rule}.\n{specification.Describe()}");
}
