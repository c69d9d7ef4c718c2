using System.Diagnostics.CodeAnalysis;
using System.Reflection.Emit;

namespace FewShot.Compute.Execution.Loops;

/// <summary>Which of the vectors of a block of columns, and which of the unrolled positions of the body.</summary>
internal readonly record struct Place(int Vector, int Position);

/// <summary>
/// Writes the code of values, depth first. A value that several others read is kept in a local; the rest stays on the evaluation stack.
/// Around it, a loop sets the cursors and says how many vectors and positions its body has.
/// </summary>
[RequiresDynamicCode("Emits IL.")]
internal sealed partial class LoopBody
{
    private readonly Dictionary<(int Value, Part Part, Place Place), LocalBuilder> _kept = [];
    private readonly Dictionary<(int Value, int Vector), LocalBuilder> _columns = [];
    private readonly Dictionary<(int Value, int Position), LocalBuilder> _rows = [];
    private readonly Dictionary<int, LocalBuilder> _scalars = [];
    private Place _loadPlace;

    internal LoopBody(LoopCode code, LoopProgram program)
    {
        Code = code;
        Program = program;
    }

    /// <summary>What is kept of a value besides itself: intermediate results of pooling.</summary>
    private enum Part
    {
        Itself,

        /// <summary>The outcome of a comparison as a mask.</summary>
        Mask,

        /// <summary>The maximum over the window, kept of the argument of a maximum.</summary>
        WindowMaximum,

        /// <summary>Where a position equals the maximum, kept of the argument of a maximum.</summary>
        IsMaximum,

        /// <summary>Where the window holds a NaN, kept of the argument of a maximum.</summary>
        Poison,

        /// <summary>The gradient not yet given to an earlier position, kept of an unpooled maximum.</summary>
        Remaining,

        /// <summary>The share of each position, kept of an unpooled mean.</summary>
        Share,
    }

    internal LoopCode Code { get; }

    internal LoopProgram Program { get; }

    internal Cursor Full { get; set; }

    internal Cursor Pooled { get; set; }

    internal Cursor Column { get; set; }

    internal Cursor Row { get; set; }

    /// <summary>Lanes of each vector of the block; all but the last are whole.</summary>
    internal int[] Lanes { get; set; } = [];

    /// <summary>Bytes from the Full cursor to each position of the body.</summary>
    internal long[] Positions { get; set; } = [0];

    /// <summary>The positions are those of one window; otherwise they belong to no window.</summary>
    internal bool InWindow { get; set; }

    private ILGenerator IL => Code.IL;

    private VectorInstructionSet Vectors => Code.Vectors;

    /// <summary>Reads tensor starts and computes single values; once, before the loops.</summary>
    internal void Prepare()
    {
        for (int i = 0; i < Program.Uses.Length; i++)
        {
            if (Program.Uses[i] > 0 && Program.Instructions[i].Opcode == LoopOpcode.Load)
            {
                Code.DeclareBase(Program.Operands[Program.Instructions[i].A].Buffer);
            }
        }

        foreach (ProgramOutput output in Program.Outputs)
        {
            Code.DeclareBase(output.Buffer);
        }

        // Single values that column values are made of count too: those may be computed in this pass.
        for (int i = 0; i < Program.Uses.Length; i++)
        {
            if (Program.Uses[i] > 0 && Program.Natural[i] == Extent.Scalar && Program.Instructions[i].Opcode != LoopOpcode.Constant)
            {
                PushTree(i, default);
                _scalars.Add(i, Code.Keep());
            }
        }
    }

    /// <summary>
    /// Puts column values in registers for the block of columns at the Column cursor: every derived one, and loads as far as the budget
    /// goes.
    /// </summary>
    internal void EnterBlock(int registerBudget)
    {
        foreach (KeyValuePair<(int, int), LocalBuilder> column in _columns)
        {
            Code.Release(column.Value);
        }

        _columns.Clear();
        HashSet<int> read = [.. Program.Invariants(Extent.Column)];
        for (int value = 0; value < Program.Uses.Length; value++)
        {
            bool shared = read.Contains(value) || Program.Uses[value] > 1;
            if (Program.Natural[value] != Extent.Column || Program.Uses[value] == 0 || !shared)
            {
                continue;
            }

            bool derived = Program.Instructions[value].Opcode != LoopOpcode.Load;
            for (int vector = 0; vector < Lanes.Length; vector++)
            {
                if (derived || Lanes[vector] < Vectors.Lanes || registerBudget >= Lanes.Length)
                {
                    PushTree(value, new Place(vector, 0));
                    _columns[(value, vector)] = Code.Keep();
                }
            }

            registerBudget -= Lanes.Length;
        }

        Forget();
    }

    /// <summary>Broadcasts the row values of the positions of the body.</summary>
    internal void EnterRows()
    {
        foreach (KeyValuePair<(int, int), LocalBuilder> row in _rows)
        {
            Code.Release(row.Value);
        }

        _rows.Clear();
        foreach (int value in Program.Invariants(Extent.Row))
        {
            for (int position = 0; position < Positions.Length; position++)
            {
                PushTree(value, new Place(0, position));
                _rows[(value, position)] = Code.Keep();
            }
        }
    }

    /// <summary>Drops what was kept for the last body.</summary>
    internal void Forget()
    {
        foreach (LocalBuilder local in _kept.Values)
        {
            Code.Release(local);
        }

        _kept.Clear();
    }

    /// <summary>Computes ahead whatever several readers share, so that <see cref="Push"/> is one tree.</summary>
    internal void Ensure(int value, Place place)
    {
        if (Program.Natural[value] is not (Extent.Full or Extent.Pooled) || _kept.ContainsKey((value, Part.Itself, Normal(value, place))))
        {
            return;
        }

        LoopInstruction instruction = Program.Instructions[value];
        switch (instruction.Opcode)
        {
            case LoopOpcode.MaxPoolSelect:
                EnsureMaximum(instruction.B, place.Vector);
                if (instruction.A != instruction.B)
                {
                    EnsureIsMaximum(instruction.B, place.Vector);
                }

                break;
            case LoopOpcode.MaxUnpool when InWindow:
                EnsureMaximum(instruction.B, place.Vector);
                EnsureIsMaximum(instruction.B, place.Vector);
                EnsureRemaining(value, place);
                break;
            case LoopOpcode.AverageUnpool when InWindow:
                EnsureShare(value, place.Vector);
                break;
            case LoopOpcode.MaxUnpool or LoopOpcode.AverageUnpool or LoopOpcode.AveragePool:
                break;
            case LoopOpcode.ElementWise when instruction.Row.PushMask is not null:
                EnsureMask(value, place);
                break;
            default:
                bool first = instruction.Opcode == LoopOpcode.ElementWise && instruction.Row.ReadsMask && IsComparison(instruction.A);
                if (first)
                {
                    EnsureMask(instruction.A, place);
                }

                for (int a = first ? 1 : 0; a < instruction.ArgumentCount; a++)
                {
                    Ensure(Program.Argument(value, a), place);
                }

                break;
        }

        if (Program.Uses[value] > 1)
        {
            PushTree(value, place);
            Keep(value, Part.Itself, Normal(value, place));
        }
    }

    /// <summary>Leaves a value on the stack.</summary>
    internal void Push(int value, Place place)
    {
        LoopInstruction instruction = Program.Instructions[value];
        switch (Program.Natural[value])
        {
            case Extent.Scalar when instruction.Opcode == LoopOpcode.Constant:
                Code.PushVector(instruction.Value);
                return;
            case Extent.Scalar when _scalars.TryGetValue(value, out LocalBuilder? scalar):
                IL.Emit(OpCodes.Ldloc, scalar);
                return;
            case Extent.Column when _columns.TryGetValue((value, place.Vector), out LocalBuilder? column):
                IL.Emit(OpCodes.Ldloc, column);
                return;
            case Extent.Row when _rows.TryGetValue((value, place.Position), out LocalBuilder? row):
                IL.Emit(OpCodes.Ldloc, row);
                return;
            case Extent.Full or Extent.Pooled:
                Ensure(value, place);
                if (_kept.TryGetValue((value, Part.Itself, Normal(value, place)), out LocalBuilder? kept))
                {
                    IL.Emit(OpCodes.Ldloc, kept);
                    return;
                }

                break;
            default:
                break;
        }

        PushTree(value, place);
    }

    /// <summary>Whether a value of the body is a comparison, which its readers may take as a mask.</summary>
    internal bool IsComparison(int value) =>
        Program.Natural[value] is Extent.Full or Extent.Pooled
        && Program.Instructions[value] is { Opcode: LoopOpcode.ElementWise, Row.PushMask: not null };

    /// <summary>Leaves a comparison on the stack as a mask.</summary>
    internal void PushMask(int value, Place place)
    {
        if (IsComparison(value))
        {
            EnsureMask(value, place);
            if (_kept.TryGetValue((value, Part.Mask, Normal(value, place)), out LocalBuilder? mask))
            {
                IL.Emit(OpCodes.Ldloc, mask);
                return;
            }
        }

        PushComparison(value, place);
    }

    private void PushComparison(int value, Place place) =>
        Program.Instructions[value].Row.PushMask!(new ElementWiseCode(this, value, place));

    /// <summary>
    /// If a value is a product that nothing else reads, pushes its factors and reports so; then it can be fused into a multiply-add.
    /// </summary>
    internal bool TryPushFactors(int value, Place place)
    {
        if (
            Program.Instructions[value] is not { Opcode: LoopOpcode.ElementWise, Row.PushFactors: { } pushFactors }
            || Program.Uses[value] != 1
            || Program.Natural[value] is not (Extent.Full or Extent.Pooled)
        )
        {
            return false;
        }

        pushFactors(new ElementWiseCode(this, value, place));
        return true;
    }

    /// <summary>Stores the vector on the stack.</summary>
    internal void Store(LoopBuffer buffer, Extent extent, Place place)
    {
        PushAddress(buffer, extent, place);
        int lanes = Lanes[place.Vector];
        if (lanes == Vectors.Lanes)
        {
            Code.Call(Vectors.Store);
        }
        else
        {
            Code.PushInteger(lanes);
            Code.Call(Vectors.StoreFirst);
        }
    }

    /// <summary>Asks for the cache lines of all map operands a distance ahead of a place.</summary>
    internal void Prefetch(Place place, long distance)
    {
        const int cacheLine = 64;
        if (place.Vector * Vectors.Bytes % cacheLine != 0)
        {
            return;
        }

        for (int value = 0; value < Program.Uses.Length; value++)
        {
            if (Program.Uses[value] > 0 && Program.Natural[value] == Extent.Full && Program.Instructions[value].Opcode == LoopOpcode.Load)
            {
                LoopBuffer buffer = Program.Operands[Program.Instructions[value].A].Buffer;
                Code.PushAddress(buffer, Full, Positions[place.Position] + ((long)place.Vector * Vectors.Bytes) + distance);
                Code.Call(Vectors.Function(nameof(VectorFunctions<,,>.Prefetch)));
            }
        }
    }

    private void EnsureMask(int value, Place place)
    {
        (int, Part, Place) key = (value, Part.Mask, Normal(value, place));
        if (_kept.ContainsKey(key))
        {
            return;
        }

        for (int a = 0; a < Program.Instructions[value].ArgumentCount; a++)
        {
            Ensure(Program.Argument(value, a), place);
        }

        if (Program.Uses[value] > 1)
        {
            PushComparison(value, place);
            Keep(value, Part.Mask, Normal(value, place));
        }
    }

    private Place Normal(int value, Place place) => Program.Natural[value] == Extent.Pooled ? place with { Position = 0 } : place;

    private void Keep(int value, Part part, Place place)
    {
        // A load is cheap to repeat and dear to hold over a whole window: it is kept only while its position is worked on.
        if (
            part == Part.Itself
            && Program.Instructions[value].Opcode == LoopOpcode.Load
            && Program.Natural[value] == Extent.Full
            && _loadPlace != place
        )
        {
            foreach (
                (int Value, Part Part, Place Place) key in _kept
                    .Keys.Where(key =>
                        key.Place != place
                        && key.Part == Part.Itself
                        && Program.Instructions[key.Value].Opcode == LoopOpcode.Load
                        && Program.Natural[key.Value] == Extent.Full
                    )
                    .ToList()
            )
            {
                Code.Release(_kept[key]);
                _kept.Remove(key);
            }

            _loadPlace = place;
        }

        _kept[(value, part, place)] = Code.Keep();
    }

    private void PushKept(int value, Part part, Place place) => IL.Emit(OpCodes.Ldloc, _kept[(value, part, place)]);

    private void PushAddress(LoopBuffer buffer, Extent extent, Place place)
    {
        long vector = (long)place.Vector * Vectors.Bytes;
        switch (extent)
        {
            case Extent.Full:
                Code.PushAddress(buffer, Full, Positions[place.Position] + vector);
                break;
            case Extent.Pooled:
                Code.PushAddress(buffer, Pooled, vector);
                break;
            case Extent.Column:
                Code.PushAddress(buffer, Column, vector);
                break;
            case Extent.Row:
                Code.PushAddress(buffer, Row, (long)place.Position * sizeof(float));
                break;
            default:
                Code.PushAddress(buffer, Cursor.Start, 0);
                break;
        }
    }

    private void PushTree(int value, Place place)
    {
        LoopInstruction i = Program.Instructions[value];
        switch (i.Opcode)
        {
            case LoopOpcode.Load:
                PushLoad(Program.Operands[i.A], place);
                return;
            case LoopOpcode.Constant:
                Code.PushVector(i.Value);
                return;
            case LoopOpcode.MaxPoolSelect:
                PushMaxPoolSelect(i, place.Vector);
                return;
            case LoopOpcode.MaxUnpool or LoopOpcode.AverageUnpool when !InWindow:
                Code.PushVector(0);
                return;
            case LoopOpcode.MaxUnpool:
                EnsureRemaining(value, place);
                PushKept(value, Part.Remaining, place);
                if (place.Position < Positions.Length - 1)
                {
                    PushKept(i.B, Part.IsMaximum, place);
                    Code.Call(Vectors.And);
                }

                return;
            case LoopOpcode.AverageUnpool:
                EnsureShare(value, place.Vector);
                PushKept(value, Part.Share, place with { Position = 0 });
                return;
            case LoopOpcode.AveragePool:
                for (int p = 0; p < Positions.Length; p++)
                {
                    Push(i.A, place with { Position = p });
                    if (p > 0)
                    {
                        Code.Call(Vectors.Add);
                    }
                }

                Code.PushVector(1f / Positions.Length);
                Code.Call(Vectors.Multiply);
                return;
            default:
                PushElementWise(i.Row, value, place);
                return;
        }
    }

    private void PushElementWise(ElementWiseRow row, int value, Place place)
    {
        ElementWiseCode code = new(this, value, place);
        if (row.PushMask is not null)
        {
            PushMask(value, place);
            code.Call(Vectors.One).Call(Vectors.And);
        }
        else if (row.PushFactors is not null)
        {
            row.PushFactors(code);
            code.Call(Vectors.Multiply);
        }
        else
        {
            row.Push!(code);
        }
    }

    private void PushLoad(ProgramOperand operand, Place place)
    {
        PushAddress(operand.Buffer, operand.Extent, place);
        if (operand.Extent is Extent.Row or Extent.Scalar)
        {
            IL.Emit(OpCodes.Ldind_R4);
            Code.Call(Vectors.Broadcast);
        }
        else if (Lanes[place.Vector] == Vectors.Lanes)
        {
            Code.Call(Vectors.Load);
        }
        else
        {
            Code.PushInteger(Lanes[place.Vector]);
            Code.Call(Vectors.LoadFirst);
        }
    }
}
