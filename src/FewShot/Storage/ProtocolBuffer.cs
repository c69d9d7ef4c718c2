namespace FewShot.Storage;

/// <summary>The part of the protocol buffer encoding that event files need: fields are appended in the order of the calls.</summary>
internal sealed class ProtocolBuffer
{
    private const int VariableInteger = 0;
    private const int Fixed64 = 1;
    private const int LengthDelimited = 2;
    private const int Fixed32 = 5;

    private readonly List<byte> _encoded = [];

    public byte[] ToArray() => [.. _encoded];

    public void Integer(int field, ulong value)
    {
        Key(field, VariableInteger);
        Variable(value);
    }

    public void Double(int field, double value)
    {
        Key(field, Fixed64);
        Little(BitConverter.DoubleToUInt64Bits(value), sizeof(double));
    }

    public void Single(int field, float value)
    {
        Key(field, Fixed32);
        Little(BitConverter.SingleToUInt32Bits(value), sizeof(float));
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Key(field, LengthDelimited);
        Variable((ulong)value.Length);
        _encoded.AddRange(value);
    }

    public void Message(int field, Action<ProtocolBuffer> body)
    {
        var message = new ProtocolBuffer();
        body(message);
        Bytes(field, message.ToArray());
    }

    private void Key(int field, int wireType) => Variable((ulong)((field << 3) | wireType));

    // Seven bits a byte, the lowest first; the top bit says that more follow.
    private void Variable(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _encoded.Add((byte)(value | 0x80));
        }

        _encoded.Add((byte)value);
    }

    private void Little(ulong value, int bytes)
    {
        for (int i = 0; i < bytes; i++)
        {
            _encoded.Add((byte)(value >> (8 * i)));
        }
    }
}
