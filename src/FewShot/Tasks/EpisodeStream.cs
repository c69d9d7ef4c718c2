using System.Runtime.ExceptionServices;

namespace FewShot.Tasks;

/// <summary>
/// Episodes of one split in order, made ahead of time on a background thread into a bounded set of reusable episodes. The reader takes an episode with
/// <see cref="Next"/> and gives it back with <see cref="Return"/>. One reader at a time may call <see cref="Next"/>; any thread may return or dispose.
/// </summary>
public sealed class EpisodeStream : IDisposable
{
    private readonly ITaskSource source;
    private readonly Split split;
    private readonly ulong seed;
    private readonly Lock gate = new();
    private readonly Queue<Episode> free;
    private readonly Queue<Episode> ready;
    private readonly HashSet<Episode> held;
    private readonly SemaphoreSlim freeCount;
    private readonly SemaphoreSlim readyCount = new(0);
    private readonly CancellationTokenSource stop = new();
    private readonly Thread thread;
    private readonly int capacity;
    private ExceptionDispatchInfo? failure;
    private long position;

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

        this.source = source;
        this.split = split;
        this.seed = seed;
        this.capacity = capacity;
        position = start;
        free = new Queue<Episode>(capacity);
        ready = new Queue<Episode>(capacity);
        held = new HashSet<Episode>(capacity, ReferenceEqualityComparer.Instance);
        for (int i = 0; i < capacity; i++)
        {
            free.Enqueue(new Episode(source.Shape));
        }

        freeCount = new SemaphoreSlim(capacity);
        thread = new Thread(() => Produce(start)) { IsBackground = true, Name = $"episodes of {source.Name}" };
        thread.Start();
    }

    /// <summary>The number of the task that <see cref="Next"/> gives next; a stream started there continues this one exactly.</summary>
    public long Position => Interlocked.Read(ref position);

    /// <summary>The sizes of every episode.</summary>
    public TaskShape Shape => source.Shape;

    /// <summary>Takes the next episode, waiting for it if need be. It stays the reader's until given back with <see cref="Return"/>.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">The reader holds every episode already, so none can ever come.</exception>
    /// <exception cref="ObjectDisposedException">The stream is disposed.</exception>
    /// <remarks>An error of the source is thrown here, once the episodes made before it have been read, and again by every later call.</remarks>
    public Episode Next(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(stop.IsCancellationRequested, this);
        lock (gate)
        {
            if (held.Count == capacity)
            {
                throw new InvalidOperationException($"All {capacity} episodes of the stream are held: give one back with Return, or create the stream with a larger capacity.");
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        readyCount.Wait(cancellationToken);
        lock (gate)
        {
            if (ready.TryDequeue(out Episode? episode))
            {
                held.Add(episode);
                Interlocked.Increment(ref position);
                return episode;
            }
        }

        // Nothing is ready although we were woken: the stream failed or was disposed. Wake the next caller for the same reason.
        readyCount.Release();
        failure?.Throw();
        throw new ObjectDisposedException(nameof(EpisodeStream));
    }

    /// <summary>Gives an episode back, to be filled again.</summary>
    /// <param name="episode">An episode that <see cref="Next"/> gave and that was not given back yet.</param>
    /// <exception cref="ArgumentException">The episode is not held from this stream.</exception>
    public void Return(Episode episode)
    {
        ArgumentNullException.ThrowIfNull(episode);
        lock (gate)
        {
            if (!held.Remove(episode))
            {
                throw new ArgumentException("The episode does not come from this stream, or was given back before.", nameof(episode));
            }

            free.Enqueue(episode);
        }

        freeCount.Release();
    }

    /// <summary>Stops the background thread and waits until it has ended.</summary>
    public void Dispose()
    {
        if (!stop.IsCancellationRequested)
        {
            stop.Cancel();
            thread.Join();
        }
    }

    private void Produce(long index)
    {
        try
        {
            while (true)
            {
                freeCount.Wait(stop.Token);
                Episode episode;
                lock (gate)
                {
                    episode = free.Dequeue();
                }

                source.Sample(split, seed, index++, episode);
                lock (gate)
                {
                    ready.Enqueue(episode);
                }

                readyCount.Release();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            readyCount.Release();
        }
        catch (Exception error)
        {
            failure = ExceptionDispatchInfo.Capture(error);
            readyCount.Release();
        }
    }
}
