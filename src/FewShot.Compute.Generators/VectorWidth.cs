namespace FewShot.Compute.Generators;

/// <summary>One vector width: how its type is called, how many floats it holds and how a multiply-add is written.</summary>
internal sealed class VectorWidth
{
    // The 128-bit level serves processors without fused multiply-add.
    public static readonly VectorWidth[] All =
    [
        new(128, "Vector128", "Vector128Arithmetic.MultiplyAdd"),
        new(256, "Vector256", "Vector256.FusedMultiplyAdd"),
        new(512, "Vector512", "Vector512.FusedMultiplyAdd"),
    ];

    private VectorWidth(int bits, string type, string multiplyAdd)
    {
        Bits = bits;
        Type = type;
        this._multiplyAdd = multiplyAdd;
    }

    private readonly string _multiplyAdd;

    public int Bits { get; }

    public int Floats => Bits / 32;

    public string Type { get; }

    public string Zero => $"{Type}<float>.Zero";

    public string Load(string address) => $"{Type}.Load({address})";

    public string Broadcast(string value) => $"{Type}.Create({value})";

    public string MultiplyAddName => _multiplyAdd;

    public string MultiplyAdd(string left, string right, string addend) => $"{MultiplyAddName}({left}, {right}, {addend})";

    /// <summary>A multiply-add that is rounded once where the machine can.</summary>
    public string MultiplyAddEstimate => Bits == 128 ? MultiplyAddName : $"{Type}.MultiplyAddEstimate";

    /// <summary>The machine's own instruction where there is one of this width on x64, else something of the same meaning.</summary>
    public string Machine(string name, string arguments, string otherwise)
    {
        (string set, string prefix) = (Bits, name) switch
        {
            (128, "CompareUnordered") => ("Sse", ""),
            (128, _) => ("", ""),
            (256, "CompareUnordered") => ("Avx", ""),
            (256, _) => ("Fma", ""),
            (_, "CompareUnordered") => ("Avx512F", ""),
            _ => ("Avx512F", "Fused"),
        };
        return set.Length == 0 ? otherwise : $"{set}.IsSupported ? {set}.{prefix}{name}({arguments}) : {otherwise}";
    }
}
