using System.Reflection;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// The code of pooling. All positions of a window are unrolled in the body, so that finding the maximum, choosing by it and giving back a
/// gradient happen in one visit.
/// </summary>
internal sealed partial class LoopBody
{
    private void EnsureMaximum(int value, int vector)
    {
        Place first = new(vector, 0);
        if (_kept.ContainsKey((value, Part.WindowMaximum, first)))
        {
            return;
        }

        for (int p = 0; p < Positions.Length; p++)
        {
            Ensure(value, new Place(vector, p));
        }

        Push(value, new Place(vector, Positions.Length - 1));
        for (int p = Positions.Length - 2; p >= 0; p--)
        {
            Push(value, new Place(vector, p));
            Code.Call(Vectors.MaxNative);
        }

        Keep(value, Part.WindowMaximum, first);
    }

    /// <summary>The last position needs no comparison: it is chosen when no other is.</summary>
    private void EnsureIsMaximum(int value, int vector)
    {
        for (int p = 0; p < Positions.Length - 1; p++)
        {
            Place place = new(vector, p);
            if (!_kept.ContainsKey((value, Part.IsMaximum, place)))
            {
                Push(value, place);
                PushKept(value, Part.WindowMaximum, new Place(vector, 0));
                Code.Call(Vectors.EqualTo);
                Keep(value, Part.IsMaximum, place);
            }
        }
    }

    private void EnsureRemaining(int value, Place place)
    {
        LoopInstruction instruction = Program.Instructions[value];
        for (int p = 0; p <= place.Position; p++)
        {
            Place here = place with { Position = p };
            if (_kept.ContainsKey((value, Part.Remaining, here)))
            {
                continue;
            }

            if (p == 0)
            {
                Push(instruction.A, here);
            }
            else
            {
                PushKept(value, Part.Remaining, here with { Position = p - 1 });
                PushKept(instruction.B, Part.IsMaximum, here with { Position = p - 1 });
                Code.Call(Vectors.AndNot);
            }

            Keep(value, Part.Remaining, here);
        }
    }

    private void EnsureShare(int value, int vector)
    {
        Place first = new(vector, 0);
        if (!_kept.ContainsKey((value, Part.Share, first)))
        {
            Push(Program.Instructions[value].A, first);
            Code.PushVector(1f / Positions.Length);
            Code.Call(Vectors.Multiply);
            Keep(value, Part.Share, first);
        }
    }

    private void PushPoison(int value, int vector)
    {
        Place first = new(vector, 0);
        if (!_kept.ContainsKey((value, Part.Poison, first)))
        {
            MethodInfo unordered = Vectors.Function(nameof(VectorFunctions<,,>.Unordered));
            for (int p = 0; p < Positions.Length; p += 2)
            {
                Push(value, new Place(vector, p));
                Push(value, new Place(vector, Math.Min(p + 1, Positions.Length - 1)));
                Code.Call(unordered);
                if (p > 0)
                {
                    Code.Call(Vectors.Or);
                }
            }

            Keep(value, Part.Poison, first);
        }

        PushKept(value, Part.Poison, first);
    }

    private void PushMaxPoolSelect(LoopInstruction instruction, int vector)
    {
        EnsureMaximum(instruction.B, vector);
        if (instruction.A == instruction.B)
        {
            PushPoison(instruction.B, vector);
            PushKept(instruction.B, Part.WindowMaximum, new Place(vector, 0));
        }
        else
        {
            EnsureIsMaximum(instruction.B, vector);
            PushPoison(instruction.B, vector);
            for (int p = 0; p < Positions.Length - 1; p++)
            {
                PushKept(instruction.B, Part.IsMaximum, new Place(vector, p));
                Push(instruction.A, new Place(vector, p));
            }

            Push(instruction.A, new Place(vector, Positions.Length - 1));
            for (int p = 0; p < Positions.Length - 1; p++)
            {
                Code.Call(Vectors.Choose);
            }
        }

        Code.Call(Vectors.Or);
    }
}
