using FewShot.Compute.Graphs;

namespace FewShot.Compute.Planning;

/// <summary>
/// Where every stored value lives in a worker's arena, and for how long. A buffer is reused as soon as no later step reads it, so the peak
/// is known before anything runs.
/// </summary>
internal sealed class ArenaPlan
{
    /// <summary>Buffers start on cache lines.</summary>
    public const int Alignment = 64;

    private readonly Dictionary<Tensor, Slot> _slots = [];

    private ArenaPlan(Graph graph, IReadOnlyList<Step> steps)
    {
        Steps = steps;
        Given = [.. graph.Inputs, .. graph.Nodes.Where(node => node.Operation is Constant)];
        Results = [.. graph.Outputs.Select(output => Storage.Of(output.Tensor))];
    }

    public IReadOnlyList<Step> Steps { get; }

    /// <summary>Inputs and constants: they keep their values between runs.</summary>
    public IReadOnlyList<Tensor> Given { get; }

    /// <summary>The values that the outputs are read from after the last step.</summary>
    public IReadOnlyList<Tensor> Results { get; }

    /// <summary>The bytes of the arena.</summary>
    public long PeakBytes { get; private set; }

    /// <summary>Scratch of each step: (offset, bytes), inside the arena.</summary>
    public (long Offset, long Bytes)[] Scratch { get; private set; } = [];

    public IReadOnlyDictionary<Tensor, Slot> Slots => _slots;

    /// <summary>Bytes that a step reads and writes.</summary>
    public long BytesOf(Step step) => step.Inputs.Concat(step.Outputs).Sum(tensor => _slots[tensor].Bytes);

    /// <summary>
    /// A buffer: its place, and the steps from which and until which it holds its value (inputs: from −1; outputs: until the end).
    /// </summary>
    internal readonly record struct Slot(long Offset, long Bytes, int From, int Until);

    /// <summary>Lays out the arena.</summary>
    /// <param name="graph">The simplified graph: its inputs and outputs stay for the whole run.</param>
    /// <param name="steps">The steps in the order in which they run.</param>
    /// <param name="elementBytes">The size of one element in bytes.</param>
    /// <param name="scratchBytes">The bytes that each step needs besides.</param>
    /// <param name="inPlace">Whether a step may write an output over an input that dies there.</param>
    public static ArenaPlan Create(
        Graph graph,
        IReadOnlyList<Step> steps,
        int elementBytes,
        Func<int, long> scratchBytes,
        Func<int, Tensor, Tensor, bool> inPlace
    )
    {
        var plan = new ArenaPlan(graph, steps) { Scratch = new (long, long)[steps.Count] };
        Dictionary<Tensor, int> lastUse = plan.LastUses();
        var free = new FreeList();
        long Bytes(Tensor tensor) => Align((long)tensor.Shape.Count * elementBytes);

        foreach (Tensor given in plan.Given)
        {
            plan._slots[given] = new Slot(free.Take(Bytes(given)), Bytes(given), -1, int.MaxValue);
        }

        for (int i = 0; i < steps.Count; i++)
        {
            List<Tensor> dying =
            [
                .. steps[i].Inputs.Where(input => lastUse.GetValueOrDefault(input) == i && plan._slots[input].Until == i),
            ];
            foreach (Tensor output in steps[i].Outputs)
            {
                int until = lastUse.GetValueOrDefault(output, i);
                int reused = dying.FindIndex(input => Bytes(input) == Bytes(output) && inPlace(i, input, output));
                long offset;
                if (reused >= 0)
                {
                    offset = plan._slots[dying[reused]].Offset;
                    dying.RemoveAt(reused);
                }
                else
                {
                    offset = free.Take(Bytes(output));
                }

                plan._slots[output] = new Slot(offset, Bytes(output), i, until);
            }

            long scratch = Align(scratchBytes(i));
            if (scratch > 0)
            {
                long offset = free.Take(scratch);
                plan.Scratch[i] = (offset, scratch);
                free.Return(offset, scratch);
            }

            foreach (Tensor dead in dying.Concat(steps[i].Outputs.Where(output => plan._slots[output].Until == i)))
            {
                free.Return(plan._slots[dead].Offset, plan._slots[dead].Bytes);
            }
        }

        plan.PeakBytes = free.Peak;
        return plan;
    }

    private Dictionary<Tensor, int> LastUses()
    {
        var lastUse = new Dictionary<Tensor, int>();
        for (int i = 0; i < Steps.Count; i++)
        {
            foreach (Tensor input in Steps[i].Inputs)
            {
                lastUse[input] = i;
            }
        }

        foreach (Tensor result in Results)
        {
            lastUse[result] = int.MaxValue;
        }

        return lastUse;
    }

    private static long Align(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    /// <summary>Free ranges of a growing arena, best fit, neighbours joined.</summary>
    private sealed class FreeList
    {
        private readonly SortedDictionary<long, long> _ranges = [];

        public long Peak { get; private set; }

        public long Take(long bytes)
        {
            long best = -1;
            foreach ((long offset, long length) in _ranges)
            {
                if (length >= bytes && (best < 0 || length < _ranges[best]))
                {
                    best = offset;
                }
            }

            if (best < 0)
            {
                // Nothing fits: grow the arena, from the free range at its end if there is one.
                best = Peak;
                if (_ranges.Count > 0)
                {
                    (long offset, long length) = _ranges.Last();
                    if (offset + length == Peak)
                    {
                        best = offset;
                        _ranges.Remove(offset);
                    }
                }

                Peak = best + bytes;
                return best;
            }

            long rest = _ranges[best] - bytes;
            _ranges.Remove(best);
            if (rest > 0)
            {
                _ranges[best + bytes] = rest;
            }

            return best;
        }

        public void Return(long offset, long bytes)
        {
            foreach ((long start, long length) in _ranges)
            {
                if (start + length == offset)
                {
                    _ranges.Remove(start);
                    (offset, bytes) = (start, bytes + length);
                    break;
                }
            }

            if (_ranges.Remove(offset + bytes, out long next))
            {
                bytes += next;
            }

            _ranges[offset] = bytes;
        }
    }
}
