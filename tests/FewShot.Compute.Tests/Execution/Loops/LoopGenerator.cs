using FewShot.Compute.Execution.Loops;
using FewShot.Compute.Graphs;

namespace FewShot.Compute.Tests.Execution.Loops;

/// <summary>Random valid specifications and operands; a function of the seed.</summary>
internal sealed class LoopGenerator(int seed)
{
    private static readonly int[] s_columnCounts = [1, 2, 3, 5, 8, 15, 16, 17, 31, 40, 64, 75];
    private static readonly double[] s_exponents = [0, 1, 2, 3, 5, -1, -2, 0.5, -0.5, 1.5, -0.3f, 17, 18];
    private static readonly Operation[] s_operations = [.. Operations()];

    private readonly Random _random = new(seed);

    internal LoopSpecification Specification()
    {
        LoopDomain domain = Domain();
        bool windowed = domain.Window > 1;
        Extent[] choices = windowed
            ? [Extent.Full, Extent.Full, Extent.Pooled, Extent.Column, Extent.Scalar]
            : [Extent.Full, Extent.Full, Extent.Column, Extent.Row, Extent.Scalar];
        List<Extent> operands = [Extent.Full];
        int extra = _random.Next(4);
        for (int i = 0; i < extra; i++)
        {
            operands.Add(choices[_random.Next(choices.Length)]);
        }

        List<LoopInstruction> instructions = [];
        for (int i = 0; i < operands.Count; i++)
        {
            instructions.Add(new LoopInstruction(LoopOpcode.Load, operands[i], i, 0, 0, 0));
        }

        instructions.Add(new LoopInstruction(LoopOpcode.Constant, Extent.Scalar, 0, 0, 0, (_random.Next(9) - 4) * 0.5f));
        int wanted = 2 + _random.Next(14);
        while (instructions.Count < operands.Count + wanted)
        {
            if (Next(instructions, windowed) is { } instruction)
            {
                instructions.Add(instruction);
            }
        }

        return new LoopSpecification(domain, operands, instructions, Outputs(instructions, windowed));
    }

    /// <summary>Small whole numbers, so that ties occur and arithmetic is exact, or numbers between -2 and 2.</summary>
    internal float[][] Operands(LoopSpecification specification)
    {
        return
        [
            .. specification.Operands.Select(extent =>
            {
                bool whole = _random.Next(2) == 0;
                float[] values = new float[specification.Domain.ElementCount(extent)];
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = whole ? _random.Next(-3, 4) : (float)((_random.NextDouble() * 4) - 2);
                }

                return values;
            }),
        ];
    }

    /// <summary>Every operation of the table; one that holds a number with several.</summary>
    internal static IEnumerable<Operation> Operations() =>
        ElementWiseTable.Rows.SelectMany(row =>
            row.Operation.GetConstructor([typeof(double)]) is { } constructor
                ? s_exponents.Select(number => (Operation)constructor.Invoke([number]))
                : [(Operation)Activator.CreateInstance(row.Operation)!]
        );

    private LoopDomain Domain()
    {
        int columns = s_columnCounts[_random.Next(s_columnCounts.Length)];
        return _random.Next(5) switch
        {
            0 => new LoopDomain(1, 1, 1, _random.Next(4) == 0 ? 5000 + _random.Next(3000) : _random.Next(1, 300), 1),
            1 => new LoopDomain(1, 1, _random.Next(1, 20), columns, 1),
            2 => new LoopDomain(_random.Next(1, 4), _random.Next(1, 12), _random.Next(1, 12), columns, 1),
            3 => new LoopDomain(_random.Next(1, 4), _random.Next(1, 15), _random.Next(1, 15), columns, 2),
            _ => new LoopDomain(_random.Next(1, 3), _random.Next(1, 12), _random.Next(1, 12), columns, _random.Next(2, 4)),
        };
    }

    private LoopInstruction? Next(List<LoopInstruction> values, bool windowed)
    {
        LoopOpcode opcode = LoopOpcode.ElementWise;
        if (windowed && _random.Next(3) == 0)
        {
            opcode = (LoopOpcode)_random.Next((int)LoopOpcode.MaxPoolSelect, (int)LoopOpcode.AverageUnpool + 1);
        }
        else if (_random.Next(24) == 0)
        {
            opcode = LoopOpcode.Constant;
        }

        Operation? operation = opcode == LoopOpcode.ElementWise ? s_operations[_random.Next(s_operations.Length)] : null;
        int[] arguments = [_random.Next(values.Count), _random.Next(values.Count), _random.Next(values.Count)];
        float value = opcode == LoopOpcode.Constant ? _random.Next(-2, 3) : 0;
        LoopInstruction candidate = new(opcode, Extent.Full, arguments[0], arguments[1], arguments[2], value, operation);

        // The declared extent is the natural one, or sometimes a larger one.
        foreach (
            Extent extent in _random.Next(8) == 0
                ? (Extent[])[Extent.Full, Extent.Pooled, Extent.Column, Extent.Row, Extent.Scalar]
                : [Extent.Scalar, Extent.Column, Extent.Row, Extent.Pooled, Extent.Full]
        )
        {
            LoopDomain domain = new(1, 2, 2, 2, windowed ? 2 : 1);
            LoopInstruction declared = candidate with { Extent = extent };
            try
            {
                Extent[] operands = [.. values.Where(v => v.Opcode == LoopOpcode.Load).Select(v => v.Extent)];
                LoopValidation.Check(new LoopSpecification(domain, operands, [.. values, declared], []));

                // A value that was declared larger than it is cannot be read as a smaller one by the reference.
                bool readable = Enumerable
                    .Range(0, candidate.ArgumentCount)
                    .All(a => Readable(values[arguments[a]].Extent, extent, opcode, a));
                return readable ? declared : null;
            }
            catch (ArgumentException) { }
        }

        return null;
    }

    private static bool Readable(Extent argument, Extent result, LoopOpcode opcode, int which)
    {
        Extent wanted = opcode switch
        {
            LoopOpcode.MaxPoolSelect or LoopOpcode.AveragePool => Extent.Full,
            LoopOpcode.MaxUnpool => which == 0 ? Extent.Pooled : Extent.Full,
            LoopOpcode.AverageUnpool => Extent.Pooled,
            _ => result,
        };
        return argument == wanted
            || argument == Extent.Scalar
            || (argument is Extent.Column or Extent.Row && wanted is Extent.Full)
            || (argument is Extent.Column && wanted is Extent.Pooled);
    }

    private List<LoopOutput> Outputs(List<LoopInstruction> values, bool windowed)
    {
        List<LoopOutput> outputs = [];
        int count = 1 + _random.Next(3);
        while (outputs.Count < count)
        {
            int value = _random.Next(3) == 0 ? _random.Next(values.Count) : values.Count - 1 - _random.Next(Math.Min(3, values.Count));
            bool map = values[value].Extent is Extent.Full or Extent.Pooled;
            bool rows = values[value].Extent == Extent.Full && !windowed;
            OutputKind kind = (OutputKind)_random.Next(5);
            if (
                kind == OutputKind.Store
                || (map && kind is OutputKind.SumRows or OutputKind.SumAll)
                || (rows && kind is OutputKind.SumColumns or OutputKind.MaxColumns)
            )
            {
                outputs.Add(new LoopOutput(value, kind));
            }
        }

        return outputs;
    }
}
