namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// The few operations on a vector of floats that <see cref="VectorFunctions{TVector,TDouble,TLanes}"/> is written with, once for every
/// width; the implementations are generated.
/// </summary>
internal unsafe interface ILanes<TVector, TDouble>
    where TVector : struct
    where TDouble : struct
{
    static abstract int Count { get; }

    static abstract TVector Create(float value);

    static abstract TVector Load(float* source);

    static abstract void Store(TVector value, float* destination);

    /// <summary>
    /// The first count lanes, without touching memory beyond them; the other lanes are 0. Count is a constant at every call.
    /// </summary>
    static abstract TVector LoadFirst(float* source, int count);

    static abstract void StoreFirst(TVector value, float* destination, int count);

    static abstract TVector Add(TVector a, TVector b);

    static abstract TVector Subtract(TVector a, TVector b);

    static abstract TVector Multiply(TVector a, TVector b);

    static abstract TVector Divide(TVector a, TVector b);

    static abstract TVector Sqrt(TVector a);

    /// <summary>Computes a·b + c, rounded once where the machine can.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);

    /// <summary>Computes a·b − c.</summary>
    static abstract TVector MultiplySubtract(TVector a, TVector b, TVector c);

    /// <summary>Computes c − a·b.</summary>
    static abstract TVector NegatedMultiplyAdd(TVector a, TVector b, TVector c);

    static abstract TVector Absolute(TVector a);

    /// <summary>The larger; b where either is NaN on x86, NaN elsewhere.</summary>
    static abstract TVector MaxNative(TVector a, TVector b);

    static abstract TVector MinNative(TVector a, TVector b);

    static abstract TVector Round(TVector a);

    static abstract TVector And(TVector a, TVector b);

    static abstract TVector Or(TVector a, TVector b);

    static abstract TVector GreaterThan(TVector a, TVector b);

    static abstract TVector EqualTo(TVector a, TVector b);

    /// <summary>Sets all bits of a lane where either is NaN.</summary>
    static abstract TVector Unordered(TVector a, TVector b);

    static abstract TVector Choose(TVector mask, TVector a, TVector b);

    /// <summary>Raises 2 to an integral exponent between −126 and 127.</summary>
    static abstract TVector PowerOfTwo(TVector exponent);

    /// <summary>The exponent of a positive normal number whose fraction is taken between 1/2 and 1.</summary>
    static abstract TVector Exponent(TVector a);

    static abstract TDouble CreateDouble(double value);

    static abstract TDouble LoadDouble(double* source);

    static abstract void StoreDouble(TDouble value, double* destination);

    static abstract TDouble AddDouble(TDouble a, TDouble b);

    static abstract TDouble MultiplyDouble(TDouble a, TDouble b);

    static abstract TDouble LogDouble(TDouble a);

    static abstract TDouble ExpDouble(TDouble a);

    static abstract TDouble WidenLower(TVector a);

    static abstract TDouble WidenUpper(TVector a);

    static abstract TVector Narrow(TDouble lower, TDouble upper);
}
