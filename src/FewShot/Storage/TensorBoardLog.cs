using System.Buffers.Binary;
using System.IO.Hashing;
using System.Numerics;
using System.Text;

namespace FewShot.Storage;

/// <summary>
/// Writes scalars as a TensorBoard event file: TFRecord frames, each holding one <c>tensorflow.Event</c> protocol buffer. The few fields
/// needed are encoded by hand; their numbers are those of TensorFlow's event.proto and summary.proto.
/// </summary>
internal sealed class TensorBoardLog : IDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;
    private readonly TimeProvider _time;

    private TensorBoardLog(string path, FileStream stream, TimeProvider time)
    {
        this._path = path;
        this._stream = stream;
        this._time = time;
    }

    /// <summary>
    /// Starts a new event file in <paramref name="folder"/>. When the run resumes, <paramref name="firstStep"/> tells TensorBoard to drop
    /// what earlier files recorded from that step on.
    /// </summary>
    /// <exception cref="StorageException">The file cannot be created.</exception>
    public static TensorBoardLog Create(string folder, long? firstStep = null, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        long seconds = time.GetUtcNow().ToUnixTimeSeconds();

        // TensorBoard reads a folder's files in the order of their names, so the time leads and a counter parts files of one second.
        string Name(int number) => Path.Combine(folder, $"events.out.tfevents.{seconds:d10}.{number:d3}.{Environment.MachineName}");
        string path = Enumerable.Range(0, int.MaxValue).Select(Name).First(candidate => !File.Exists(candidate));
        try
        {
            var log = new TensorBoardLog(
                path,
                new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0),
                time
            );
            log.AppendEvent(0, body => body.Bytes(field: 3, "brain.Event:2"u8));
            if (firstStep is { } step)
            {
                const ulong start = 1;
                log.AppendEvent(step, body => body.Message(field: 7, session => session.Integer(field: 1, start)));
            }

            return log;
        }
        catch (Exception error) when (StorageException.IsFileSystemError(error))
        {
            throw StorageException.From("create", path, error, "check that the folder exists and can be written");
        }
    }

    /// <summary>Records scalars of one step.</summary>
    /// <exception cref="StorageException">The disk is full; the file ends with the last whole record.</exception>
    public void Append(long step, IEnumerable<KeyValuePair<string, double>> scalars) =>
        AppendEvent(
            step,
            body =>
                body.Message(
                    field: 5,
                    summary =>
                    {
                        foreach ((string? tag, double value) in scalars)
                        {
                            summary.Message(
                                field: 1,
                                entry =>
                                {
                                    entry.Bytes(field: 1, Encoding.UTF8.GetBytes(tag));
                                    entry.Single(field: 2, (float)value);
                                }
                            );
                        }
                    }
                )
        );

    /// <summary>Makes what was appended survive a power cut.</summary>
    public void Flush() => _stream.Flush(flushToDisk: true);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private void AppendEvent(long step, Action<ProtocolBuffer> body)
    {
        var message = new ProtocolBuffer();
        message.Double(field: 1, (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds);
        message.Integer(field: 2, (ulong)step);
        body(message);

        long start = _stream.Position;
        try
        {
            _stream.Write(Frame(message.ToArray()));
        }
        catch (Exception error) when (StorageException.IsFileSystemError(error))
        {
            _stream.SetLength(start);
            _stream.Position = start;
            throw StorageException.From(
                "append to",
                _path,
                error,
                $"the events are whole up to the step before {step}; free space and resume"
            );
        }
    }

    // TFRecord: length, its masked check, the data, their masked check.
    private static byte[] Frame(byte[] data)
    {
        const int head = sizeof(ulong);
        const int check = sizeof(uint);
        byte[] frame = new byte[head + check + data.Length + check];
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(head), MaskedChecksum(frame.AsSpan(0, head)));
        data.CopyTo(frame, head + check);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(head + check + data.Length), MaskedChecksum(data));
        return frame;
    }

    // Rotated and offset, so that data holding its own check stays well checked.
    private static uint MaskedChecksum(ReadOnlySpan<byte> bytes) =>
        BitOperations.RotateRight(Crc32.HashToUInt32(Crc32ParameterSet.Crc32C, bytes), 15) + 0xa282ead8u;
}
