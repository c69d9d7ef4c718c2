namespace FewShot.Running;

/// <summary>
/// Pools that may be wanted again, by what they are for: so many of them, the least recently used goes first and is disposed. A pool is
/// made once, outside of the lock, however many threads ask for it. Thread-safe.
/// </summary>
internal sealed class WorkerPools(int capacity) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Key, LinkedListNode<(Key Key, Lazy<WorkerPool> Pool)>> _nodes = [];
    private readonly LinkedList<(Key Key, Lazy<WorkerPool> Pool)> _latestFirst = [];
    private int _capacity = capacity;

    public int Capacity
    {
        get => _capacity;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _capacity = value;
            DropBeyond(value);
        }
    }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _latestFirst.Count;
            }
        }
    }

    public WorkerPool Get(Key key, Func<WorkerPool> create)
    {
        LinkedListNode<(Key Key, Lazy<WorkerPool> Pool)>? node;
        lock (_lock)
        {
            if (_nodes.TryGetValue(key, out node))
            {
                _latestFirst.Remove(node);
            }
            else
            {
                node = new((key, new Lazy<WorkerPool>(create)));
                _nodes.Add(key, node);
            }

            _latestFirst.AddFirst(node);
        }

        DropBeyond(_capacity);
        try
        {
            return node.Value.Pool.Value;
        }
        catch
        {
            // What failed for want of memory may succeed later.
            Drop(node);
            throw;
        }
    }

    public void Dispose() => DropBeyond(0);

    private void DropBeyond(int count)
    {
        while (true)
        {
            LinkedListNode<(Key Key, Lazy<WorkerPool> Pool)>? last;
            lock (_lock)
            {
                last = _latestFirst.Count > count ? _latestFirst.Last : null;
            }

            if (last is null)
            {
                return;
            }

            Drop(last);
        }
    }

    private void Drop(LinkedListNode<(Key Key, Lazy<WorkerPool> Pool)> node)
    {
        lock (_lock)
        {
            if (node.List is null)
            {
                return;
            }

            _latestFirst.Remove(node);
            _nodes.Remove(node.Value.Key);
        }

        // One that is being made at this moment is left to who asked for it, and to the collector.
        if (node.Value.Pool.IsValueCreated)
        {
            node.Value.Pool.Value.Dispose();
        }
    }

    /// <summary>What a pool is for.</summary>
    /// <param name="State">The form of the states it answers from; null where it adapts.</param>
    /// <param name="Count">How many support examples or queries there are.</param>
    /// <param name="Outputs">The width of the targets it adapts to.</param>
    /// <param name="Threads">The most threads of a run.</param>
    internal readonly record struct Key(string? State, int Count, int Outputs, int Threads);
}
