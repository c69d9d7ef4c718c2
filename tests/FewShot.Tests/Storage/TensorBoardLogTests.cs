using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using FewShot.Storage;
using Xunit;

namespace FewShot.Tests.Storage;

public sealed class TensorBoardLogTests
{
    [Fact]
    public void Writes_the_records_TensorBoard_reads()
    {
        using var folder = new TemporaryFolder();
        using (var log = TensorBoardLog.Create(folder.Path, time: new FixedTime()))
        {
            log.Append(300, [KeyValuePair.Create("train/loss", 0.5), KeyValuePair.Create("é", double.NaN)]);
            log.Flush();
        }

        string name = Assert.Single(folder.FileNames);
        Assert.StartsWith("events.out.tfevents.1700000000.", name);
        List<EventFile> events = EventFile.Read(folder[name]);
        Assert.Equal(2, events.Count);
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal(1_700_000_000.25, events[0].WallTime);
        Assert.Equal(300, events[1].Step);
        Assert.Equal(("train/loss", 0.5f), events[1].Scalars[0]);
        Assert.Equal(("é", float.NaN), events[1].Scalars[1]);
    }

    [Fact]
    public void The_first_record_is_encoded_byte_for_byte_as_the_format_says()
    {
        // An Event of wall_time 0 (field 1, fixed 64), step 0 (field 2, integer) and file_version (field 3, 13 bytes), between length and
        // check.
        using var folder = new TemporaryFolder();
        TensorBoardLog.Create(folder.Path, time: new FixedTime(0)).Dispose();
        byte[] bytes = File.ReadAllBytes(folder[folder.FileNames[0]]);
        byte[] message = [0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0x1a, 13, .. "brain.Event:2"u8];
        Assert.Equal(message, bytes[12..^4]);
        Assert.Equal((ulong)message.Length, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
    }

    [Fact]
    public void A_resumed_run_tells_where_it_starts_again()
    {
        using var folder = new TemporaryFolder();
        TensorBoardLog.Create(folder.Path, time: new FixedTime()).Dispose();
        TensorBoardLog.Create(folder.Path, firstStep: 101, time: new FixedTime()).Dispose();
        Assert.Equal(2, folder.FileNames.Length);
        EventFile start = EventFile.Read(folder[folder.FileNames[1]])[1];
        Assert.True(start.IsSessionStart);
        Assert.Equal(101, start.Step);
    }

    private sealed class FixedTime(double seconds = 1_700_000_000.25) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(seconds);
    }

    /// <summary>A reader written from the format's definition, with no code of the writer but the check sum tested elsewhere.</summary>
    private sealed record EventFile(
        double WallTime,
        long Step,
        string? Version,
        bool IsSessionStart,
        IReadOnlyList<(string Tag, float Value)> Scalars
    )
    {
        public static List<EventFile> Read(string path)
        {
            var events = new List<EventFile>();
            ReadOnlySpan<byte> rest = File.ReadAllBytes(path);
            while (!rest.IsEmpty)
            {
                int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(rest);
                Assert.Equal(Masked(rest[..8]), BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]));
                ReadOnlySpan<byte> data = rest.Slice(12, length);
                Assert.Equal(Masked(data), BinaryPrimitives.ReadUInt32LittleEndian(rest[(12 + length)..]));
                events.Add(Decode(data));
                rest = rest[(16 + length)..];
            }

            return events;
        }

        private static uint Masked(ReadOnlySpan<byte> bytes)
        {
            uint crc = Crc32.HashToUInt32(Crc32ParameterSet.Crc32C, bytes);
            return unchecked(((crc >> 15) | (crc << 17)) + 0xa282ead8u);
        }

        private static EventFile Decode(ReadOnlySpan<byte> data)
        {
            var result = new EventFile(0, 0, null, false, []);
            foreach ((int field, ulong number, byte[]? bytes) in Fields(data))
            {
                result = field switch
                {
                    1 => result with { WallTime = BitConverter.UInt64BitsToDouble(number) },
                    2 => result with { Step = (long)number },
                    3 => result with { Version = Encoding.UTF8.GetString(bytes) },
                    5 => result with { Scalars = [.. Fields(bytes).Select(entry => Scalar(entry.Bytes))] },
                    7 => result with { IsSessionStart = Fields(bytes) is [{ Field: 1, Number: 1 }] },
                    _ => throw new InvalidDataException($"field {field}"),
                };
            }

            return result;
        }

        private static (string Tag, float Value) Scalar(byte[] bytes)
        {
            List<(int Field, ulong Number, byte[] Bytes)> fields = Fields(bytes);
            return (
                Encoding.UTF8.GetString(fields.Single(f => f.Field == 1).Bytes),
                BitConverter.UInt32BitsToSingle((uint)fields.Single(f => f.Field == 2).Number)
            );
        }

        private static List<(int Field, ulong Number, byte[] Bytes)> Fields(ReadOnlySpan<byte> data)
        {
            var fields = new List<(int, ulong, byte[])>();
            while (!data.IsEmpty)
            {
                ulong key = Variable(ref data);
                int field = (int)(key >> 3);
                switch (key & 7)
                {
                    case 0:
                        fields.Add((field, Variable(ref data), []));
                        break;
                    case 1:
                        fields.Add((field, BinaryPrimitives.ReadUInt64LittleEndian(data), []));
                        data = data[8..];
                        break;
                    case 2:
                        int length = (int)Variable(ref data);
                        fields.Add((field, 0, data[..length].ToArray()));
                        data = data[length..];
                        break;
                    case 5:
                        fields.Add((field, BinaryPrimitives.ReadUInt32LittleEndian(data), []));
                        data = data[4..];
                        break;
                    default:
                        throw new InvalidDataException($"wire type {key & 7}");
                }
            }

            return fields;
        }

        private static ulong Variable(ref ReadOnlySpan<byte> data)
        {
            ulong value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte next = data[0];
                data = data[1..];
                value |= (ulong)(next & 0x7f) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }
        }
    }
}
