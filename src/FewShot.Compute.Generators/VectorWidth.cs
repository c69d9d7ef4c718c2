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
}
