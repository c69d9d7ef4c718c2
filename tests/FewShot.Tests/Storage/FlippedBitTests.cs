using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Hashing;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Storage;
using Xunit;

namespace FewShot.Tests.Storage;

/// <summary>One bit of a file turned over, wherever it is, must never give another model.</summary>
public sealed class FlippedBitTests
{
    private static readonly LearnerSpecification s_specification = new()
    {
        Method = "protonet",
        Network = "mlp",
        Hidden = [3],
        InputShape = [2],
        Outputs = 2,
    };

    [Fact]
    public void Every_flipped_bit_of_an_adapted_model_is_refused()
    {
        using var folder = new TemporaryFolder();
        using (AdaptedModel model = Learner().Adapt([1, 2, 3, 4], [0, 1], ["cat", "dog"]))
        {
            model.Save(folder["a"]);
        }

        RefuseEveryFlip(folder, path => AdaptedModel.Load(path).Dispose());
    }

    [Fact]
    public void Every_flipped_bit_of_a_checkpoint_is_refused()
    {
        using var folder = new TemporaryFolder();
        Learner learner = Learner();
        new Checkpoint(
            12,
            [new StoredTensor("w", [2], [1f, 2])],
            [new StoredTensor("m", [2], [0.5, 0.25])],
            new Dictionary<string, string> { ["learner"] = learner.Definition.ToJson().ToJsonString(), ["best"] = "0.5" }
        ).Write(folder["a"]);
        RefuseEveryFlip(folder, path => Checkpoint.Read(path));
    }

    [Fact]
    public void Every_flipped_bit_of_a_file_without_metadata_of_its_writer_is_refused()
    {
        using var folder = new TemporaryFolder();
        Safetensors.Write(folder["a"], [new StoredTensor("w", [1], [1f])]);
        RefuseEveryFlip(folder, path => Safetensors.Read(path));
    }

    [Theory]
    [InlineData("fewshot.format", "fewshot.fOrmat", "lack fewshot.format")]
    [InlineData("fewshot.file_crc32c", "fewshot.file_crc32d", "lack fewshot.file_crc32c")]
    [InlineData("\"fewshot.format\":\"2\"", "\"fewshot.format\":\"3\"", "its format is '3', 2 is read")]
    [InlineData("\"ways\":\"2\"", "\"ways\":\"1\"", "was written")]
    public void What_is_wrong_with_the_checksum_is_said(string written, string damaged, string fault)
    {
        using var folder = new TemporaryFolder();
        Safetensors.Write(folder["a"], [], new Dictionary<string, string> { ["ways"] = "2" });
        File.WriteAllText(folder["a"], File.ReadAllText(folder["a"]).Replace(written, damaged, StringComparison.Ordinal));
        string message = Assert.Throws<StorageException>(() => Safetensors.Read(folder["a"])).Message;
        Assert.Contains(folder["a"], message);
        Assert.Contains(fault, message);
    }

    [Fact]
    public void A_file_with_the_checksum_of_before_is_read_and_its_values_are_checked()
    {
        using var folder = new TemporaryFolder();
        byte[] values = [0, 0, 128, 63, 0, 0, 0, 64];
        string crc = Crc32.HashToUInt32(Crc32ParameterSet.Crc32C, values).ToString("x8");
        byte[] header = System.Text.Encoding.UTF8.GetBytes(
            $$$"""{"__metadata__":{"k":"v","fewshot.crc32c":"{{{crc}}}"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"""
        );
        byte[] length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        File.WriteAllBytes(folder["a"], [.. length, .. header, .. values]);
        SafetensorsFile file = Safetensors.Read(folder["a"]);
        Assert.Equal([1f, 2], file["w"].Float32);
        Assert.Equal("k", Assert.Single(file.Metadata).Key);

        values[0] ^= 1;
        File.WriteAllBytes(folder["a"], [.. length, .. header, .. values]);
        Assert.Contains("its values are damaged", Assert.Throws<StorageException>(() => Safetensors.Read(folder["a"])).Message);
    }

    // Written without our code from the description of the format: length, JSON, values.
    [Fact]
    public void Python_reads_the_header_and_computes_the_checksum()
    {
        const string program = """
            import json, struct, sys
            data = bytearray(open(sys.argv[1], 'rb').read())
            length = struct.unpack('<Q', data[:8])[0]
            header = json.loads(data[8:8 + length])
            meta = header['__metadata__']
            place = data.index(b'"fewshot.file_crc32c":"') + len(b'"fewshot.file_crc32c":"')
            data[place:place + 8] = b'0' * 8
            crc = 0xffffffff
            for byte in data:
                crc ^= byte
                for _ in range(8):
                    crc = (crc >> 1) ^ (0x82f63b78 if crc & 1 else 0)
            begin, end = header['w']['data_offsets']
            print(meta['fewshot.file_crc32c'] == '%08x' % (crc ^ 0xffffffff), meta['k'], struct.unpack('<2f', data[8 + length + begin:8 + length + end]))
            """;
        using var folder = new TemporaryFolder();
        Safetensors.Write(
            folder["a"],
            [new StoredTensor("w", [2], [1f, 2])],
            new Dictionary<string, string> { ["k"] = "\"fewshot.file_crc32c\":\"x\"" }
        );
        Process python;
        try
        {
            python = Process.Start(new ProcessStartInfo("python3", ["-c", program, folder["a"]]) { RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("python3 is not installed");
            return;
        }

        using (python)
        {
            Assert.Equal("True \"fewshot.file_crc32c\":\"x\" (1.0, 2.0)", python.StandardOutput.ReadToEnd().Trim());
        }
    }

    private static Learner Learner()
    {
        Model model = s_specification.CreateModel();
        return new Learner(s_specification, ParameterSet.Initialize(s_specification.CreateMethod().MetaParameters(model), 1));
    }

    private static void RefuseEveryFlip(TemporaryFolder folder, Action<string> load)
    {
        load(folder["a"]);
        byte[] bytes = File.ReadAllBytes(folder["a"]);
        var passed = new List<long>();
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                SafetensorsReader.Read("flipped", new MemoryStream(bytes));
                passed.Add(bit);
            }
            catch (StorageException) { }

            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.True(
            passed.Count == 0,
            $"of {bytes.Length * 8} flips {passed.Count} were read, of bytes "
                + $"{string.Join(", ", passed.Select(bit => bit / 8).Distinct().Take(20))}"
        );
    }
}
