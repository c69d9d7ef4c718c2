using System.Diagnostics.CodeAnalysis;
using System.Reflection.Emit;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// The running reductions of a pass: one vector for each output and vector of the body. Within a body, terms are first added among
/// themselves, so that bodies do not wait for each other; floats take few terms before they are added to doubles.
/// </summary>
[RequiresDynamicCode("Emits IL.")]
internal sealed class SumAccumulators
{
    private readonly LoopBody _body;
    private readonly LoopCode _code;
    private readonly Dictionary<(ProgramOutput Output, int Vector), LocalBuilder> _running = [];
    private readonly Dictionary<ProgramOutput, LocalBuilder> _terms = [];
    private readonly Dictionary<ProgramOutput, (LocalBuilder Lower, LocalBuilder Upper)> _doubles = [];
    private LocalBuilder? _tailMask;

    internal SumAccumulators(LoopBody body)
    {
        _body = body;
        _code = body.Code;
        Outputs = [.. body.Program.Outputs.Where(output => output.Kind != OutputKind.Store)];
    }

    internal IReadOnlyList<ProgramOutput> Outputs { get; }

    private ILGenerator IL => _code.IL;

    private VectorInstructionSet Vectors => _code.Vectors;

    /// <summary>Makes the mask of a last, partial vector; once, before the loops.</summary>
    internal void PrepareTail(int lanes)
    {
        if (Outputs.Count > 0 && lanes > 0)
        {
            _code.PushInteger(lanes);
            _code.Call(Vectors.Function(nameof(VectorFunctions<,,>.FirstLanes)));
            _tailMask = _code.Keep();
        }
    }

    internal void Reset(ProgramOutput output, int vectors)
    {
        for (int vector = 0; vector < vectors; vector++)
        {
            _code.PushVector(output.Kind == OutputKind.MaxColumns ? float.NegativeInfinity : 0);
            if (!_running.TryGetValue((output, vector), out LocalBuilder? local))
            {
                _running[(output, vector)] = local = _code.TakeVector();
            }

            IL.Emit(OpCodes.Stloc, local);
        }
    }

    /// <summary>Adds the value at a place to the terms of the body.</summary>
    internal void Collect(ProgramOutput output, Place place, bool maskTail)
    {
        bool partial = maskTail && _body.Lanes[place.Vector] < Vectors.Lanes;
        if (output.Kind == OutputKind.MaxColumns)
        {
            IL.Emit(OpCodes.Ldloc, _running[(output, place.Vector)]);
            PushMasked(output, place, partial, float.NegativeInfinity);
            _code.Call(Vectors.Function(nameof(VectorFunctions<,,>.Maximum)));
            IL.Emit(OpCodes.Stloc, _running[(output, place.Vector)]);
            return;
        }

        bool first = !_terms.ContainsKey(output);
        if (!partial && (!first || _body.Positions.Length == 1) && _body.TryPushFactors(output.Value, place))
        {
            LocalBuilder sum = first ? _running[(output, place.Vector)] : _terms[output];
            IL.Emit(OpCodes.Ldloc, sum);
            _code.Call(Vectors.Function(nameof(VectorFunctions<,,>.MultiplyAdd)));
            IL.Emit(OpCodes.Stloc, sum);
            return;
        }

        PushMasked(output, place, partial, 0);
        if (first && _body.Positions.Length > 1)
        {
            _terms[output] = _code.Keep();
            return;
        }

        LocalBuilder target = first ? _running[(output, place.Vector)] : _terms[output];
        IL.Emit(OpCodes.Ldloc, target);
        _code.Call(Vectors.Add);
        IL.Emit(OpCodes.Stloc, target);
    }

    /// <summary>Adds a value met once in the body to its running sum.</summary>
    internal void CollectOnce(ProgramOutput output, Place place)
    {
        LocalBuilder running = _running[(output, place.Vector)];
        _body.Push(output.Value, place);
        IL.Emit(OpCodes.Ldloc, running);
        _code.Call(Vectors.Add);
        IL.Emit(OpCodes.Stloc, running);
    }

    /// <summary>Adds the terms of the body to the running sums.</summary>
    internal void CommitTerms(int vector)
    {
        foreach ((ProgramOutput output, LocalBuilder terms) in _terms)
        {
            LocalBuilder running = _running[(output, vector)];
            IL.Emit(OpCodes.Ldloc, running);
            IL.Emit(OpCodes.Ldloc, terms);
            _code.Call(Vectors.Add);
            IL.Emit(OpCodes.Stloc, running);
            _code.Release(terms);
        }

        _terms.Clear();
    }

    internal void PushRunning(ProgramOutput output, int vector) => IL.Emit(OpCodes.Ldloc, _running[(output, vector)]);

    /// <summary>Makes the doubles of a sum over everything, at 0.</summary>
    internal void ResetDoubles(ProgramOutput output)
    {
        if (!_doubles.TryGetValue(output, out (LocalBuilder Lower, LocalBuilder Upper) pair))
        {
            _doubles[output] = pair = (IL.DeclareLocal(Vectors.DoubleVector), IL.DeclareLocal(Vectors.DoubleVector));
        }

        _code.Call(Vectors.DoubleZero);
        IL.Emit(OpCodes.Stloc, pair.Lower);
        _code.Call(Vectors.DoubleZero);
        IL.Emit(OpCodes.Stloc, pair.Upper);
    }

    /// <summary>Adds the running sums of all vectors to the doubles.</summary>
    internal void AddToDoubles(ProgramOutput output, int vectors, bool maskTail)
    {
        PushCombined(output, vectors, maskTail);
        LocalBuilder total = _code.Keep();
        (LocalBuilder lower, LocalBuilder upper) = _doubles[output];
        IL.Emit(OpCodes.Ldloc, lower);
        IL.Emit(OpCodes.Ldloc, total);
        _code.Call(Vectors.WidenLower);
        _code.Call(Vectors.AddDouble);
        IL.Emit(OpCodes.Stloc, lower);
        IL.Emit(OpCodes.Ldloc, upper);
        IL.Emit(OpCodes.Ldloc, total);
        _code.Call(Vectors.WidenUpper);
        _code.Call(Vectors.AddDouble);
        IL.Emit(OpCodes.Stloc, upper);
        _code.Release(total);
    }

    /// <summary>Leaves the sum of all doubles on the stack, as a double.</summary>
    internal void PushDoubleTotal(ProgramOutput output)
    {
        (LocalBuilder lower, LocalBuilder upper) = _doubles[output];
        IL.Emit(OpCodes.Ldloc, lower);
        IL.Emit(OpCodes.Ldloc, upper);
        _code.Call(Vectors.AddDouble);
        _code.Call(Vectors.SumDouble);
    }

    /// <summary>Leaves the running results of all vectors, combined pairwise, on the stack as one vector.</summary>
    internal void PushCombined(ProgramOutput output, int vectors, bool maskTail)
    {
        PushRange(0, vectors);

        void PushRange(int start, int end)
        {
            if (end - start == 1)
            {
                PushRunning(output, start);
                if (maskTail && _body.Lanes[start] < Vectors.Lanes)
                {
                    IL.Emit(OpCodes.Ldloc, _tailMask!);
                    _code.Call(Vectors.And);
                }

                return;
            }

            int middle = (start + end) / 2;
            PushRange(start, middle);
            PushRange(middle, end);
            _code.Call(output.Kind == OutputKind.MaxColumns ? Vectors.Function(nameof(VectorFunctions<,,>.Maximum)) : Vectors.Add);
        }
    }

    private void PushMasked(ProgramOutput output, Place place, bool partial, float neutral)
    {
        if (!partial)
        {
            _body.Push(output.Value, place);
            return;
        }

        IL.Emit(OpCodes.Ldloc, _tailMask!);
        _body.Push(output.Value, place);
        if (neutral == 0)
        {
            _code.Call(Vectors.And);
        }
        else
        {
            _code.PushVector(neutral);
            _code.Call(Vectors.Choose);
        }
    }
}
