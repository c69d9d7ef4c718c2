using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using FewShot.Storage;
using Xunit;

namespace FewShot.Tests.Storage;

public sealed class SafetensorsTests
{
    [Fact]
    public void Reads_back_every_bit_it_wrote()
    {
        using var folder = new TemporaryFolder();
        float[] odd = [float.NaN, float.NegativeZero, float.PositiveInfinity, float.Epsilon, BitConverter.UInt32BitsToSingle(0x7fc12345)];
        Safetensors.Write(
            folder["a.safetensors"],
            [
                new StoredTensor("layer.weight", [2, 1, 3], [1f, 2, 3, 4, 5, 6]),
                new StoredTensor("odd", [5], odd),
                new StoredTensor("scalar", [], [7f]),
                new StoredTensor("empty", [0, 4], Array.Empty<float>()),
                new StoredTensor("precise", [2], [Math.PI, double.NaN]),
                new StoredTensor("counts", [1], [long.MinValue]),
            ],
            new Dictionary<string, string> { ["note"] = "a \"quoted\" é line\nand another" }
        );

        SafetensorsFile file = Safetensors.Read(folder["a.safetensors"]);
        Assert.Equal([2, 1, 3], file["layer.weight"].Shape);
        Assert.Equal([1f, 2, 3, 4, 5, 6], file["layer.weight"].Float32);
        Assert.Equal(odd.Select(BitConverter.SingleToUInt32Bits), file["odd"].Float32.Select(BitConverter.SingleToUInt32Bits));
        Assert.Empty(file["scalar"].Shape);
        Assert.Equal([7f], file["scalar"].Float32);
        Assert.Equal([0, 4], file["empty"].Shape);
        Assert.Equal([Math.PI, double.NaN], file["precise"].Float64);
        Assert.Equal([long.MinValue], file["counts"].Int64);
        Assert.Equal("a \"quoted\" é line\nand another", Assert.Single(file.Metadata).Value);
    }

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        using var folder = new TemporaryFolder();
        Safetensors.Write(folder["a"], [new StoredTensor("w", [3], [1f, 2, 3]), new StoredTensor("d", [1], [4.0])]);
        byte[] bytes = File.ReadAllBytes(folder["a"]);
        int headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, headerLength % 8);
        string header = Encoding.UTF8.GetString(bytes, 8, headerLength);
        Assert.StartsWith("{", header);
        using var json = JsonDocument.Parse(header.TrimEnd(' '));

        // The double comes first, so that it is aligned.
        Assert.Equal("""{"dtype":"F64","shape":[1],"data_offsets":[0,8]}""", json.RootElement.GetProperty("d").GetRawText());
        Assert.Equal("""{"dtype":"F32","shape":[3],"data_offsets":[8,20]}""", json.RootElement.GetProperty("w").GetRawText());
        Assert.Equal(8 + headerLength + 20, bytes.Length);
        Assert.Equal(4.0, BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(8 + headerLength)));
        Assert.Equal(3f, BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(8 + headerLength + 16)));
    }

    [Fact]
    public void The_same_tensors_give_the_same_file()
    {
        using var folder = new TemporaryFolder();
        foreach (string? name in new[] { "a", "b" })
        {
            Safetensors.Write(folder[name], [new StoredTensor("w", [2], [1f, 2])], new Dictionary<string, string> { ["k"] = "v" });
        }

        Assert.Equal(File.ReadAllBytes(folder["a"]), File.ReadAllBytes(folder["b"]));
    }

    [Fact]
    public void A_pipe_or_device_is_refused_and_not_waited_for()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Pipes are made with mkfifo.");
        using var folder = new TemporaryFolder();
        System.Diagnostics.Process.Start("mkfifo", [folder["pipe"]]).WaitForExit();
        foreach (string path in new[] { folder["pipe"], "/dev/zero" })
        {
            Assert.Contains("a pipe or device", Assert.Throws<StorageException>(() => Safetensors.Read(path)).Message);
        }
    }

    [Fact]
    public void Reads_a_file_of_another_program()
    {
        // Written as Python's package does: no checksum, metadata absent, header order unlike the data's.
        Assert.Equal(
            [5f],
            Read(
                """{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
                [4f, 5f]
            )["b"].Float32
        );
    }

    [Theory]
    [InlineData("[]", "not an object")]
    [InlineData("{\"a\":", "not JSON")]
    [InlineData("""{"a":3}""", "lacks its dtype, shape or two data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", "lacks its dtype, shape or two data_offsets")]
    [InlineData("""{"a":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}""", "element type BF16; F32, F64 and I64 are read")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "the extent -2")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", "the extent 1.5")]
    [InlineData("""{"a":{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}}""", "the extent \"2\"")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""",
        "of shape [3] takes 12 bytes as F32, but its data_offsets span 8"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "the data_offsets [8,0]")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "the data_offsets [-8,0]")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647,2147483647,2147483647],"data_offsets":[0,8]}}""",
        "more values than any file holds"
    )]
    [InlineData("""{"a":{"dtype":"F64","shape":[2147483647],"data_offsets":[0,17179869176]}}""", "more than one array holds")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
        "'b' at byte 0 of the data overlaps"
    )]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "leaves a gap")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "bytes after its last tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "is cut short: expected 79 bytes, has 71")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
        "'a' occurs twice"
    )]
    [InlineData("""{"__metadata__":{"k":3},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "'k' are given twice or are not text")]
    [InlineData(
        """{"__metadata__":{"k":"1","k":"2"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
        "'k' are given twice or are not text"
    )]
    [InlineData("""{"__metadata__":[],"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "metadata are a JSON Array")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "not UTF-8")]
    public void A_damaged_header_is_named(string header, string fault)
    {
        StorageException error = Assert.Throws<StorageException>(() => Read(header, [1f, 2f]));
        Assert.Contains(fault, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Every_truncation_is_refused_and_most_say_how_much_is_missing()
    {
        using var folder = new TemporaryFolder();
        Safetensors.Write(folder["a"], [new StoredTensor("w", [4], [1f, 2, 3, 4])]);
        byte[] bytes = File.ReadAllBytes(folder["a"]);
        for (int length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(folder["cut"], bytes[..length]);
            StorageException error = Assert.Throws<StorageException>(() => Safetensors.Read(folder["cut"]));
            Assert.Contains(length == 0 ? "is empty" : "cut short", error.Message);
            Assert.Contains(length == 0 ? "give a safetensors file" : $"has {length}", error.Message);
        }
    }

    [Fact]
    public void Every_flipped_bit_of_the_values_is_found()
    {
        using var folder = new TemporaryFolder();
        Safetensors.Write(folder["a"], [new StoredTensor("w", [4], [1f, 2, 3, 4])]);
        byte[] bytes = File.ReadAllBytes(folder["a"]);
        for (int bit = 0; bit < 16 * 8; bit++)
        {
            byte[] damaged = (byte[])bytes.Clone();
            damaged[bytes.Length - 16 + (bit / 8)] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(folder["b"], damaged);
            Assert.Contains("checksum", Assert.Throws<StorageException>(() => Safetensors.Read(folder["b"])).Message);
        }
    }

    [Fact]
    public void Random_damage_is_refused_with_a_storage_exception_or_reads_as_a_valid_file()
    {
        using var folder = new TemporaryFolder();
        Safetensors.Write(
            folder["a"],
            [new StoredTensor("w", [4], [1f, 2, 3, 4]), new StoredTensor("v", [1, 1], [1.0])],
            new Dictionary<string, string> { ["k"] = "v" }
        );
        byte[] bytes = File.ReadAllBytes(folder["a"]);
        var random = new Random(1);
        for (int trial = 0; trial < 500; trial++)
        {
            byte[] damaged = (byte[])bytes.Clone();
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            File.WriteAllBytes(folder["b"], damaged);
            try
            {
                Safetensors.Read(folder["b"]);
            }
            catch (StorageException) { }
        }
    }

    [Fact]
    public void Text_is_no_safetensors_file()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["a"], "Once upon a time there was a file of text.");
        Assert.Contains("not a safetensors file", Assert.Throws<StorageException>(() => Safetensors.Read(folder["a"])).Message);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(
            $"'{folder["x"]}': there is no such file",
            Assert.Throws<StorageException>(() => Safetensors.Read(folder["x"])).Message
        );
        Assert.Throws<StorageException>(() => Safetensors.Read(folder.Path));
    }

    [Fact]
    public void A_missing_tensor_is_named_beside_those_there_are()
    {
        using var folder = new TemporaryFolder();
        Safetensors.Write(folder["a"], [new StoredTensor("w", [1], [1f])]);
        Assert.Contains("no tensor 'x'; it holds w", Assert.Throws<StorageException>(() => Safetensors.Read(folder["a"])["x"]).Message);
    }

    [Fact]
    public void Names_that_would_spoil_the_file_are_refused_before_it_is_written()
    {
        using var folder = new TemporaryFolder();
        StoredTensor Tensor(string name) => new(name, [1], [1f]);
        Assert.Throws<ArgumentException>(() => Safetensors.Write(folder["a"], [Tensor("w"), Tensor("w")]));
        Assert.Throws<ArgumentException>(() => Safetensors.Write(folder["a"], [Tensor("__metadata__")]));
        Assert.Throws<ArgumentException>(() =>
            Safetensors.Write(folder["a"], [], new Dictionary<string, string> { ["fewshot.crc32c"] = "0" })
        );
        Assert.Empty(folder.FileNames);
    }

    [Fact]
    public void A_tensor_needs_as_many_values_as_its_shape()
    {
        Assert.Contains(
            "of shape [2, 3] holds 6 values, but 5",
            Assert.Throws<ArgumentException>(() => new StoredTensor("w", [2, 3], new float[5])).Message
        );
        Assert.Throws<ArgumentException>(() => new StoredTensor("w", [-1], new float[1]));
        Assert.Throws<InvalidOperationException>(() => new StoredTensor("w", [1], new float[1]).Float64);
    }

    private static SafetensorsFile Read(string header, float[] values)
    {
        using var folder = new TemporaryFolder();
        byte[] text = Encoding.UTF8.GetBytes(header);
        using (var file = new BinaryWriter(File.Create(folder["a"])))
        {
            file.Write((ulong)text.Length);
            file.Write(text);
            foreach (float value in values)
            {
                file.Write(value);
            }
        }

        return Safetensors.Read(folder["a"]);
    }
}
