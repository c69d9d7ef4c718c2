using System.Globalization;
using System.Text;
using FewShot.Compute.Graphs;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// The index space of a loop. With Window 1, values are [Rows, Columns] with Rows = Images·Height·Width. With Window k ≥ 2, Full values are
/// [Images, Height, Width, Columns] and Pooled values [Images, Height/k, Width/k, Columns] (floor): one pooled position per k×k window,
/// stride k. Positions of the map that k does not reach belong to no window.
/// </summary>
internal sealed record LoopDomain(int Images, int Height, int Width, int Columns, int Window)
{
    internal long Rows => (long)Images * Height * Width;

    internal long PooledRows => (long)Images * (Height / Window) * (Width / Window);

    internal long ElementCount(Extent extent) =>
        extent switch
        {
            Extent.Full => Rows * Columns,
            Extent.Pooled => PooledRows * Columns,
            Extent.Column => Columns,
            Extent.Row => Rows,
            _ => 1,
        };
}

/// <summary>Over which part of the domain a value varies.</summary>
internal enum Extent
{
    Full,
    Pooled,

    /// <summary>A value for each of the [Columns], the same for every row.</summary>
    Column,

    /// <summary>A value for each of the [Rows], the same for every column; only with Window 1.</summary>
    Row,
    Scalar,
}

internal enum LoopOpcode
{
    /// <summary>The operand of number A.</summary>
    Load,

    /// <summary>The number in Value.</summary>
    Constant,

    /// <summary>The Operation, which has a row in <see cref="ElementWiseTable"/>, of A, B and C.</summary>
    ElementWise,

    /// <summary>
    /// Takes (A Full, B Full) to Pooled: A at the first position of the window, in row-major order, where B is maximal; NaN where B holds a
    /// NaN.
    /// </summary>
    MaxPoolSelect,

    /// <summary>
    /// Takes (A Pooled, B Full) to Full: A at the first position where B is maximal, 0 elsewhere and outside every window.
    /// </summary>
    MaxUnpool,

    /// <summary>Takes Full to Pooled: the mean over the window.</summary>
    AveragePool,

    /// <summary>Takes Pooled to Full: A / k², 0 outside every window.</summary>
    AverageUnpool,
}

/// <summary>One value of the loop. A, B and C are indices of earlier instructions (for Load, A is the operand).</summary>
internal readonly record struct LoopInstruction(
    LoopOpcode Opcode,
    Extent Extent,
    int A,
    int B,
    int C,
    float Value,
    Operation? Operation = null
)
{
    /// <summary>What the table says of the operation.</summary>
    internal ElementWiseRow Row => ElementWiseTable.Of(Operation!);

    internal int ArgumentCount =>
        Opcode switch
        {
            LoopOpcode.Load or LoopOpcode.Constant => 0,
            LoopOpcode.ElementWise => Row.Arguments,
            LoopOpcode.MaxPoolSelect or LoopOpcode.MaxUnpool => 2,
            _ => 1,
        };

    /// <summary>What dumps and messages call it.</summary>
    internal string Name => Operation?.Name ?? Opcode.ToString();
}

internal enum OutputKind
{
    /// <summary>The value itself, with its own extent. A Full result may be written over a Full operand.</summary>
    Store,

    /// <summary>The sums over rows of a Full or Pooled value: [Columns].</summary>
    SumRows,

    /// <summary>The sums over columns of a Full value: [Rows]; only with Window 1.</summary>
    SumColumns,

    /// <summary>The sum of a Full or Pooled value: one number.</summary>
    SumAll,

    /// <summary>The maxima over columns of a Full value: [Rows]; only with Window 1.</summary>
    MaxColumns,
}

internal readonly record struct LoopOutput(int Value, OutputKind Kind);

/// <summary>A fused element-wise loop: what is read, what is computed, what is written.</summary>
internal sealed record LoopSpecification(
    LoopDomain Domain,
    IReadOnlyList<Extent> Operands,
    IReadOnlyList<LoopInstruction> Instructions,
    IReadOnlyList<LoopOutput> Outputs
)
{
    private string? _key;

    /// <summary>A text that is equal exactly for specifications of the same meaning and shape.</summary>
    internal string Key => _key ??= BuildKey();

    public bool Equals(LoopSpecification? other) => other is not null && Key == other.Key;

    public override int GetHashCode() => Key.GetHashCode();

    /// <summary>The number of floats an output holds.</summary>
    internal long OutputLength(LoopOutput output) =>
        output.Kind switch
        {
            OutputKind.Store => Domain.ElementCount(Instructions[output.Value].Extent),
            OutputKind.SumRows => Domain.Columns,
            OutputKind.SumAll => 1,
            _ => Domain.Rows,
        };

    /// <summary>One line a value, for dumps.</summary>
    internal string Describe()
    {
        StringBuilder text = new();
        text.Append(
            CultureInfo.InvariantCulture,
            $"domain images {Domain.Images} height {Domain.Height} width {Domain.Width} columns {Domain.Columns} window {Domain.Window}\n"
        );
        for (int i = 0; i < Instructions.Count; i++)
        {
            LoopInstruction instruction = Instructions[i];
            text.Append(CultureInfo.InvariantCulture, $"  %{i} : {instruction.Extent} = {instruction.Name}");
            ReadOnlySpan<int> arguments = [instruction.A, instruction.B, instruction.C];
            foreach (int argument in arguments[..instruction.ArgumentCount])
            {
                text.Append(CultureInfo.InvariantCulture, $" %{argument}");
            }

            switch (instruction.Opcode)
            {
                case LoopOpcode.Load:
                    text.Append(CultureInfo.InvariantCulture, $" operand {instruction.A}");
                    break;
                case LoopOpcode.Constant:
                    text.Append(CultureInfo.InvariantCulture, $" {instruction.Value:R}");
                    break;
                case LoopOpcode.ElementWise:
                    text.Append(CultureInfo.InvariantCulture, $" {instruction.Operation}");
                    break;
                default:
                    break;
            }

            text.Append('\n');
        }

        for (int i = 0; i < Outputs.Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"  output {i} = {Outputs[i].Kind} %{Outputs[i].Value}\n");
        }

        return text.ToString();
    }

    private string BuildKey()
    {
        StringBuilder key = new();
        key.Append(CultureInfo.InvariantCulture, $"{Domain.Images},{Domain.Height},{Domain.Width},{Domain.Columns},{Domain.Window}|");
        foreach (Extent extent in Operands)
        {
            key.Append((char)('a' + (int)extent));
        }

        foreach (LoopInstruction i in Instructions)
        {
            key.Append(CultureInfo.InvariantCulture, $"|{(int)i.Opcode}.{(int)i.Extent}");
            ReadOnlySpan<int> arguments = [i.A, i.B, i.C];
            int used = i.Opcode == LoopOpcode.Load ? 1 : i.ArgumentCount;
            foreach (int argument in arguments[..used])
            {
                key.Append(CultureInfo.InvariantCulture, $",{argument}");
            }

            if (i.Opcode == LoopOpcode.Constant)
            {
                key.Append(CultureInfo.InvariantCulture, $"#{BitConverter.SingleToInt32Bits(i.Value):x}");
            }
            else if (i.Opcode == LoopOpcode.ElementWise)
            {
                // Operations are equal where what they print is.
                key.Append(CultureInfo.InvariantCulture, $"#{i.Operation}");
            }
        }

        foreach (LoopOutput output in Outputs)
        {
            key.Append(CultureInfo.InvariantCulture, $"|>{(int)output.Kind},{output.Value}");
        }

        return key.ToString();
    }
}
