using System.Runtime.ExceptionServices;

namespace FewShot.Tasks;

/// <summary>
/// Episodes of one split in order, made ahead of time on a background thread into a bounded set of reusable episodes. The reader takes an
/// episode with <see cref="Next"/> and gives it back with <see cref="Return"/>. One reader at a time may call <see cref="Next"/>; any
/// thread may return or dispose.
/// </summary>
public sealed class EpisodeStream : IDisposable
{
    private readonly ITaskSource _source;
    private readonly Split _split;
    private readonly ulong _seed;
    private readonly Lock _gate = new();
    private readonly Queue<Episode> _free;
    private readonly Queue<Episode> _ready;
    private readonly HashSet<Episode> _held;
    private readonly SemaphoreSlim _freeCount;
    private readonly SemaphoreSlim _readyCount = new(0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private readonly int _capacity;
    private ExceptionDispatchInfo? _failure;
    private long _position;

    /// <summary>Starts making episodes.</summary>
    /// <param name="source">Where the tasks come from.</param>
    /// <param name="split">The split to draw from.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="start">The number of the first task: 0, or the <see cref="Position"/> where an earlier stream stopped.</param>
    /// <param name="capacity">How many episodes exist, made ahead or held by the reader; at least 1.</param>
    /// <exception cref="DataException">The source has no such split.</exception>
    public EpisodeStream(ITaskSource source, Split split, ulong seed, long start = 0, int capacity = 16)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        if (!source.HasSplit(split))
        {
            throw TaskErrors.NoSplit(source.Name, split);
        }

        this._source = source;
        this._split = split;
        this._seed = seed;
        this._capacity = capacity;
        _position = start;
        _free = new Queue<Episode>(capacity);
        _ready = new Queue<Episode>(capacity);
        _held = new HashSet<Episode>(capacity, ReferenceEqualityComparer.Instance);
        for (int i = 0; i < capacity; i++)
        {
            _free.Enqueue(new Episode(source.Shape));
        }

        _freeCount = new SemaphoreSlim(capacity);
        _thread = new Thread(() => Produce(start)) { IsBackground = true, Name = $"episodes of {source.Name}" };
        _thread.Start();
    }

    /// <summary>The number of the task that <see cref="Next"/> gives next; a stream started there continues this one exactly.</summary>
    public long Position => Interlocked.Read(ref _position);

    /// <summary>The sizes of every episode.</summary>
    public TaskShape Shape => _source.Shape;

    /// <summary>
    /// Takes the next episode, waiting for it if need be. It stays the reader's until given back with <see cref="Return"/>.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">The reader holds every episode already, so none can ever come.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    /// <remarks>
    /// An error of the source is thrown here, once the episodes made before it have been read, and again by every later call.
    /// </remarks>
    public Episode Next(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        lock (_gate)
        {
            if (_held.Count == _capacity)
            {
                throw new InvalidOperationException(
                    $"All {_capacity} episodes of the stream are held: give one back with Return, or create the stream with a larger "
                        + "capacity."
                );
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        _readyCount.Wait(cancellationToken);
        lock (_gate)
        {
            if (_ready.TryDequeue(out Episode? episode))
            {
                _held.Add(episode);
                Interlocked.Increment(ref _position);
                return episode;
            }
        }

        // Nothing is ready although we were woken: the stream failed or was disposed. Wake the next caller for the same reason.
        _readyCount.Release();
        _failure?.Throw();
        throw new ObjectDisposedException(nameof(EpisodeStream));
    }

    /// <summary>Gives an episode back, to be filled again.</summary>
    /// <param name="episode">An episode that <see cref="Next"/> gave and that was not given back yet.</param>
    /// <exception cref="ArgumentException">The episode is not held from this stream.</exception>
    public void Return(Episode episode)
    {
        ArgumentNullException.ThrowIfNull(episode);
        lock (_gate)
        {
            if (!_held.Remove(episode))
            {
                throw new ArgumentException("The episode does not come from this stream, or was given back before.", nameof(episode));
            }

            _free.Enqueue(episode);
        }

        _freeCount.Release();
    }

    /// <summary>Stops the background thread and waits until it has ended.</summary>
    public void Dispose()
    {
        if (!_stop.IsCancellationRequested)
        {
            _stop.Cancel();
            _thread.Join();
        }
    }

    private void Produce(long index)
    {
        try
        {
            while (true)
            {
                _freeCount.Wait(_stop.Token);
                Episode episode;
                lock (_gate)
                {
                    episode = _free.Dequeue();
                }

                _source.Sample(_split, _seed, index++, episode);
                lock (_gate)
                {
                    _ready.Enqueue(episode);
                }

                _readyCount.Release();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _readyCount.Release();
        }
        catch (Exception error)
        {
            _failure = ExceptionDispatchInfo.Capture(error);
            _readyCount.Release();
        }
    }
}
