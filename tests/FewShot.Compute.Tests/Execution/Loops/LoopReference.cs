using FewShot.Compute.Execution.Loops;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Tests.Execution.Loops;

/// <summary>A number with a bound of what float arithmetic may have lost; an infinite bound means that nothing can be said.</summary>
internal readonly record struct Bounded(double Value, double Error)
{
    internal static Bounded Unknown => new(double.NaN, double.PositiveInfinity);

    internal bool Known => !double.IsPositiveInfinity(Error);
}

/// <summary>The definition of a specification: every value of every position in double, with a running error bound.</summary>
internal static class LoopReference
{
    private const double Unit = 6e-8;

    private static readonly Tensor[] s_numbers = Numbers();

    internal static Bounded[][] Run(LoopSpecification s, float[][] operands)
    {
        LoopDomain d = s.Domain;
        long rows = d.Rows;
        int columns = d.Columns;
        Bounded[][] values = new Bounded[s.Instructions.Count][];
        for (int i = 0; i < values.Length; i++)
        {
            LoopInstruction instruction = s.Instructions[i];
            Extent extent = instruction.Extent;
            long count = d.ElementCount(extent);
            values[i] = new Bounded[count];
            for (long e = 0; e < count; e++)
            {
                values[i][e] = instruction.Opcode switch
                {
                    LoopOpcode.Load => new Bounded(operands[instruction.A][Map(e, extent, s.Operands[instruction.A], columns)], 0),
                    LoopOpcode.Constant => new Bounded(instruction.Value, 0),
                    LoopOpcode.MaxPoolSelect => Select(instruction, e),
                    LoopOpcode.AveragePool => Average(instruction, e),
                    LoopOpcode.MaxUnpool or LoopOpcode.AverageUnpool => Unpool(instruction, e),
                    _ => Arithmetic(
                        instruction,
                        Argument(instruction.A, e, extent),
                        Argument(instruction.B, e, extent),
                        Argument(instruction.C, e, extent)
                    ),
                };
            }
        }

        return [.. s.Outputs.Select(output => Output(s, output, values[output.Value]))];

        Bounded Argument(int value, long element, Extent extent) =>
            value < 0 || value >= values.Length || values[value] is null ? default : Pick(value, element, extent);

        Bounded Pick(int value, long element, Extent extent)
        {
            Extent own = s.Instructions[value].Extent;
            return extent != own && own == Extent.Full || extent != Extent.Pooled && own == Extent.Pooled
                ? default
                : values[value][Map(element, extent, own, columns)];
        }

        long Position(long pooledRow, int p)
        {
            int k = d.Window;
            int width = d.Width / k;
            int height = d.Height / k;
            long image = pooledRow / (width * height);
            int y = (int)(pooledRow / width % height);
            int x = (int)(pooledRow % width);
            return (((image * d.Height) + (y * k) + (p / k)) * d.Width) + (x * k) + (p % k);
        }

        // The chosen position, or -1 where rounding may have chosen another, or -2 where the window holds a NaN.
        int First(int value, long pooledRow, long column)
        {
            Bounded best = default;
            int chosen = 0;
            bool sure = true;
            bool known = true;
            bool nan = false;
            for (int p = 0; p < d.Window * d.Window; p++)
            {
                Bounded x = Argument(value, (Position(pooledRow, p) * columns) + column, Extent.Full);
                known &= x.Known;
                nan |= double.IsNaN(x.Value);
                if (p == 0)
                {
                    best = x;
                    continue;
                }

                sure &= Math.Abs(x.Value - best.Value) > x.Error + best.Error || (x.Error == 0 && best.Error == 0);
                if (x.Value > best.Value)
                {
                    (best, chosen) = (x, p);
                }
            }

            return !known ? -1
                : nan ? -2
                : sure ? chosen
                : -1;
        }

        Bounded Select(LoopInstruction i, long e)
        {
            int chosen = First(i.B, e / columns, e % columns);
            return chosen == -1 ? Bounded.Unknown
                : chosen == -2 ? new Bounded(double.NaN, 0)
                : Argument(i.A, (Position(e / columns, chosen) * columns) + (e % columns), Extent.Full);
        }

        Bounded Average(LoopInstruction i, long e)
        {
            Bounded sum = default;
            int size = d.Window * d.Window;
            double magnitude = 0;
            for (int p = 0; p < size; p++)
            {
                Bounded x = Argument(i.A, (Position(e / columns, p) * columns) + (e % columns), Extent.Full);
                magnitude += Math.Abs(x.Value);
                sum = new Bounded(sum.Value + x.Value, sum.Error + x.Error);
            }

            return Rounded(sum.Value / size, (sum.Error / size) + (Unit * magnitude));
        }

        Bounded Unpool(LoopInstruction i, long e)
        {
            int k = d.Window;
            long row = e / columns;
            int x = (int)(row % d.Width);
            int y = (int)(row / d.Width % d.Height);
            long image = row / ((long)d.Width * d.Height);
            if (x / k >= d.Width / k || y / k >= d.Height / k)
            {
                return default;
            }

            long pooledRow = (((image * (d.Height / k)) + (y / k)) * (d.Width / k)) + (x / k);
            Bounded g = Argument(i.A, (pooledRow * columns) + (e % columns), Extent.Pooled);
            if (i.Opcode == LoopOpcode.AverageUnpool)
            {
                return Rounded(g.Value / (k * k), g.Error / (k * k));
            }

            int chosen = First(i.B, pooledRow, e % columns);
            return chosen < 0 ? Bounded.Unknown
                : chosen == (y % k * k) + (x % k) ? g
                : default;
        }
    }

    private static long Map(long element, Extent from, Extent to, int columns) =>
        from == to
            ? element
            : to switch
            {
                Extent.Column => element % columns,
                Extent.Row => element / columns,
                _ => 0,
            };

    private static Bounded[] Output(LoopSpecification s, LoopOutput output, Bounded[] value)
    {
        if (output.Kind == OutputKind.Store)
        {
            return value;
        }

        int columns = s.Domain.Columns;
        Bounded[] result = new Bounded[s.OutputLength(output)];
        double[] magnitudes = new double[result.Length];
        if (output.Kind == OutputKind.MaxColumns)
        {
            Array.Fill(result, new Bounded(double.NegativeInfinity, 0));
        }

        for (long e = 0; e < value.Length; e++)
        {
            long target = output.Kind switch
            {
                OutputKind.SumRows => e % columns,
                OutputKind.SumAll => 0,
                _ => e / columns,
            };
            magnitudes[target] += Math.Abs(value[e].Value);
            result[target] =
                output.Kind == OutputKind.MaxColumns
                    ? new Bounded(Math.Max(result[target].Value, value[e].Value), Math.Max(result[target].Error, value[e].Error))
                    : new Bounded(result[target].Value + value[e].Value, result[target].Error + value[e].Error);
        }

        for (int i = 0; i < result.Length; i++)
        {
            result[i] = Rounded(
                result[i].Value,
                result[i].Error + (output.Kind == OutputKind.MaxColumns || double.IsNaN(magnitudes[i]) ? 0 : 16 * Unit * magnitudes[i])
            );
        }

        return result;
    }

    private static Bounded Arithmetic(LoopInstruction i, Bounded a, Bounded b, Bounded c)
    {
        int arguments = i.ArgumentCount;
        if (!a.Known || (arguments > 1 && !b.Known) || (arguments > 2 && !c.Known))
        {
            return Bounded.Unknown;
        }

        double value = Evaluate(i.Operation!, a.Value, b.Value, c.Value);
        if (i.Operation is Select)
        {
            return Compare(a, default, 1).Known ? (a.Value != 0 ? b : c) : Bounded.Unknown;
        }

        if (i.Operation!.Smoothness == Smoothness.PiecewiseConstant)
        {
            return Compare(a, arguments > 1 ? b : default, value);
        }

        double error = 0;
        if (a.Error > 0)
        {
            error += Spread(
                Evaluate(i.Operation, a.Value + a.Error, b.Value, c.Value),
                Evaluate(i.Operation, a.Value - a.Error, b.Value, c.Value),
                value
            );
        }

        if (arguments > 1 && b.Error > 0)
        {
            error += Spread(
                Evaluate(i.Operation, a.Value, b.Value + b.Error, c.Value),
                Evaluate(i.Operation, a.Value, b.Value - b.Error, c.Value),
                value
            );
        }

        // What is one instruction is rounded once.
        double unit = i.Row.Cost == 1 ? 1 : 6;
        bool exact = error == 0 && unit == 1 && (float)value == value;
        double near = ElementWiseTable.IsLong(i.Row) ? 2e-7 : 0;
        return exact ? new Bounded(value, 0) : Rounded(value, error + ((unit - 1) * Unit * Math.Abs(value)) + near);

        static double Spread(double above, double below, double at) =>
            double.IsNaN(above) != double.IsNaN(at) || double.IsNaN(below) != double.IsNaN(at) ? double.PositiveInfinity
            : double.IsNaN(at) ? 0
            : 1.5 * Math.Max(Math.Abs(above - at), Math.Abs(below - at));
    }

    private static Bounded Rounded(double value, double error) =>
        !double.IsFinite(error) || Math.Abs(value) > 1e36 ? Bounded.Unknown
        : double.IsNaN(value) ? new Bounded(value, 0)
        : new Bounded(value, error + (1.01 * Unit * Math.Abs(value)) + 1e-37);

    private static Bounded Compare(Bounded a, Bounded b, double value) =>
        (a.Error == 0 && b.Error == 0) || Math.Abs(a.Value - b.Value) > a.Error + b.Error || double.IsNaN(a.Value) || double.IsNaN(b.Value)
            ? new Bounded(value, 0)
            : Bounded.Unknown;

    /// <summary>The operation's definition, in double.</summary>
    internal static unsafe double Evaluate(Operation operation, params ReadOnlySpan<double> arguments)
    {
        // Of -∞ the loops take no fractional power, as of no other negative number; the definition does.
        if (operation is Power power && power.Exponent != Math.Floor(power.Exponent) && arguments[0] < 0)
        {
            return double.NaN;
        }

        // Nor is a root of -0 that of 0.
        if (operation is Power { Exponent: -0.5 })
        {
            return 1 / Math.Sqrt(arguments[0]);
        }

        Span<double> result = stackalloc double[1];
        fixed (double* values = arguments)
        {
            double** operands = stackalloc double*[] { values, values + 1, values + 2 };
            operation.Evaluate(new Operands<double>(operands, s_numbers), result);
        }

        return result[0];
    }

    private static Tensor[] Numbers()
    {
        Graph graph = new();
        return [.. Enumerable.Range(0, 3).Select(i => graph.Input($"{i}", Shape.Scalar))];
    }
}
