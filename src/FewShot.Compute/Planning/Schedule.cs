using FewShot.Compute.Graphs;

namespace FewShot.Compute.Planning;

/// <summary>
/// Lowers the peak memory of an order of steps: a step after which more memory is free than before runs as soon as it can. (The gradient to
/// a layer's weights, say, before the gradient to its input: it is the last to read the layer's input.) Steps otherwise stay in the order
/// they were traced in.
/// </summary>
internal sealed class Schedule
{
    private readonly List<Step> _order;
    private readonly Dictionary<Tensor, Step> _producers = [];
    private readonly Dictionary<Tensor, List<Step>> _readers = [];
    private readonly HashSet<Tensor> _kept;
    private readonly Dictionary<Step, int> _places = new(ReferenceEqualityComparer.Instance);

    private Schedule(Graph graph, IReadOnlyList<Step> steps)
    {
        _order = [.. steps];
        _kept =
        [
            .. graph.Inputs,
            .. graph.Outputs.Select(output => Storage.Of(output.Tensor)),
            .. graph.Nodes.Where(node => node.Operation is Constant),
        ];
        foreach (Step step in steps)
        {
            foreach (Tensor output in step.Outputs)
            {
                _producers[output] = step;
            }

            foreach (Tensor input in step.Inputs)
            {
                if (!_readers.TryGetValue(input, out List<Step>? readers))
                {
                    _readers[input] = readers = [];
                }

                readers.Add(step);
            }
        }

        Number(0, _order.Count);
    }

    /// <summary>The order, compacted where that lowers the peak.</summary>
    public static IReadOnlyList<Step> Compact(Graph graph, IReadOnlyList<Step> steps)
    {
        var schedule = new Schedule(graph, steps);
        long before = schedule.PeakElements();
        schedule.HoistReleases();
        return schedule.PeakElements() < before ? schedule._order : steps;
    }

    /// <summary>The most elements that hold a value at one time.</summary>
    private long PeakElements()
    {
        long live = 0;
        long peak = 0;
        Dictionary<Tensor, int> last = _readers.ToDictionary(pair => pair.Key, pair => pair.Value.Max(reader => _places[reader]));
        for (int i = 0; i < _order.Count; i++)
        {
            Step step = _order[i];
            int place = i;
            Tensor[] dying = [.. step.Inputs.Where(input => !_kept.Contains(input) && last[input] == place)];
            live += step.Outputs.Sum(output => (long)output.Shape.Count);

            // A loop writes its results over those operands of the same size that it is the last to read.
            int overwritten = step.Loop is not { } form
                ? 0
                : Math.Min(
                    dying.Count(input => input.Shape.Count == form.Count),
                    step.Outputs.Count(output => output.Shape.Count == form.Count)
                );
            peak = Math.Max(peak, live - ((long)overwritten * (step.Loop?.Count ?? 0)));
            live -= dying.Sum(input => (long)input.Shape.Count);
            live -= step
                .Outputs.Where(output => !_kept.Contains(output) && !_readers.ContainsKey(output))
                .Sum(output => (long)output.Shape.Count);
        }

        return peak;
    }

    private void HoistReleases()
    {
        for (int i = 1; i < _order.Count; i++)
        {
            Step step = _order[i];
            int ready = 0;
            foreach (Tensor need in step.Inputs.Concat(step.Waits))
            {
                ready = _producers.TryGetValue(need, out Step? producer) ? Math.Max(ready, _places[producer] + 1) : ready;
            }

            if (BestPlace(step, ready, i) is int place && place < i)
            {
                _order.RemoveAt(i);
                _order.Insert(place, step);
                Number(place, i + 1);
            }
        }
    }

    /// <summary>The first place from which on the step frees more than it takes, or null.</summary>
    private int? BestPlace(Step step, int ready, int current)
    {
        long taken = step.Outputs.Sum(output => (long)output.Shape.Count);

        // Each input is free once its other readers have run too.
        (int Place, long Count)[] releases =
        [
            .. step
                .Inputs.Where(input => !_kept.Contains(input))
                .Select(input => (Place: OtherReaders(input, step, ready), Count: (long)input.Shape.Count))
                .Where(release => release.Place <= current)
                .OrderBy(release => release.Place),
        ];
        long freed = 0;
        foreach ((int place, long count) in releases)
        {
            freed += count;
            if (freed > taken)
            {
                return place;
            }
        }

        return null;
    }

    private int OtherReaders(Tensor input, Step step, int ready)
    {
        foreach (Step reader in _readers[input])
        {
            ready = ReferenceEquals(reader, step) ? ready : Math.Max(ready, _places[reader] + 1);
        }

        return ready;
    }

    private void Number(int from, int end)
    {
        for (int i = from; i < end; i++)
        {
            _places[_order[i]] = i;
        }
    }
}
