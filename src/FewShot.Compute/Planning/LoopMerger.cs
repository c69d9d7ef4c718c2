using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Planning;

/// <summary>
/// Makes a loop for each stored value and joins loops that read the same maps. Every loop keeps a position between the last of what it
/// needs and the first of what needs it, so the order of positions is always one in which the steps can run, and close to the order in
/// which they were traced.
/// </summary>
internal sealed class LoopMerger(Graph graph, FusionKind[] kinds, bool[] stored, LoopForm[] forms)
{
    // Bounds on one loop: beyond them its code spills and its operands share too few cache sets.
    private const int MaximumComputed = 64;
    private const int MaximumOperands = 20;
    private const int MaximumRoots = 12;
    private const int Neighbours = 8;

    private readonly Dictionary<Tensor, LoopGroup> _producers = [];
    private readonly Dictionary<Tensor, HashSet<LoopGroup>> _users = [];
    private readonly Dictionary<Tensor, HashSet<Tensor>> _barriers = [];

    public IReadOnlyList<LoopGroup> Loops => [.. _producers.Values.Distinct().Where(group => group.Form is not null)];

    public void Run()
    {
        foreach (Tensor node in graph.Nodes)
        {
            if (!Storage.IsView(node) && stored[node.Id] && kinds[node.Id] is not FusionKind.Given)
            {
                Add(kinds[node.Id] is FusionKind.Alone or FusionKind.Fill ? Alone(node) : Collect([node], forms[node.Id], node.Id)!);
            }
        }

        foreach (Tensor map in graph.Nodes.Where(node => !Storage.IsView(node) && stored[node.Id]))
        {
            MergeReaders(map);
        }
    }

    public IReadOnlyList<Step> Steps() =>
        [
            .. _producers
                .Values.Distinct()
                .OrderBy(group => group.Position)
                .ThenBy(group => group.Roots[0].Id)
                .Select(group =>
                    group.Form is { } form
                        ? new Step(
                            [.. group.Reads.OrderBy(read => read.Id)],
                            [.. group.Computed.OrderBy(node => node.Id)],
                            [.. group.Roots.OrderBy(root => root.Id)],
                            [.. group.Waits],
                            form
                        )
                        : Step.Of(group.Roots[0]) with
                        {
                            Waits = [.. group.Waits],
                        }
                ),
        ];

    private void MergeReaders(Tensor map)
    {
        // The loop that computes the map may as well be joined with those that read it: they then need not load it.
        List<LoopGroup> groups = [.. _users.GetValueOrDefault(map, []).Where(user => user.Maps.Contains(map))];
        if (_producers.TryGetValue(map, out LoopGroup? producer) && producer.Form is not null)
        {
            groups.Add(producer);
        }

        groups.Sort((a, b) => a.Position.CompareTo(b.Position));
        for (int i = 0; i < groups.Count; i++)
        {
            for (int j = i + 1; j < groups.Count && j <= i + Neighbours; j++)
            {
                if (groups[i] != groups[j] && TryMerge(groups[i], groups[j]) is { } merged)
                {
                    groups[i] = merged;
                    groups.RemoveAt(j--);
                }
            }
        }
    }

    private LoopGroup? TryMerge(LoopGroup a, LoopGroup b)
    {
        if (
            a.Form is not { } formA
            || b.Form is not { } formB
            || formA.Join(formB) is not { } form
            || a.Roots.Count + b.Roots.Count > MaximumRoots
            || a.Computed.Count + b.Computed.Count > 2 * MaximumComputed
        )
        {
            return null;
        }

        Tensor[] roots = [.. a.Roots, .. b.Roots];
        double after = Math.Max(LastNeed(a, roots), LastNeed(b, roots));
        double before = Math.Min(FirstUse(a, b), FirstUse(b, a));
        if (
            Between(after, before, a.Position, b.Position) is not { } position
            || Collect(roots, form, position) is not { } merged
            || merged.Computed.Count > MaximumComputed
            || merged.Reads.Count > MaximumOperands
        )
        {
            return null;
        }

        Remove(a);
        Remove(b);
        Add(merged);
        return merged;
    }

    private double LastNeed(LoopGroup group, Tensor[] roots)
    {
        double last = -1;
        foreach (Tensor need in group.Needs)
        {
            if (_producers.TryGetValue(need, out LoopGroup? producer) && Array.IndexOf(roots, need) < 0)
            {
                last = Math.Max(last, producer.Position);
            }
        }

        return last;
    }

    private double FirstUse(LoopGroup group, LoopGroup other)
    {
        double first = double.PositiveInfinity;
        foreach (Tensor root in group.Roots)
        {
            if (_users.TryGetValue(root, out HashSet<LoopGroup>? users))
            {
                foreach (LoopGroup user in users)
                {
                    first = user == group || user == other ? first : Math.Min(first, user.Position);
                }
            }
        }

        return first;
    }

    /// <summary>A place strictly between two others, by preference one of two given.</summary>
    private static double? Between(double after, double before, double first, double second)
    {
        if (after < first && first < before)
        {
            return first;
        }

        if (after < second && second < before)
        {
            return second;
        }

        double middle = after + ((before - after) / 2);
        return after < middle && middle < before ? middle : null;
    }

    private void Add(LoopGroup group)
    {
        foreach (Tensor root in group.Roots)
        {
            _producers[root] = group;
        }

        foreach (Tensor need in group.Needs)
        {
            if (!_users.TryGetValue(need, out HashSet<LoopGroup>? users))
            {
                _users[need] = users = [];
            }

            users.Add(group);
        }
    }

    private void Remove(LoopGroup group)
    {
        foreach (Tensor need in group.Needs)
        {
            _users[need].Remove(group);
        }
    }

    private LoopGroup Alone(Tensor node)
    {
        var group = new LoopGroup([node], null, node.Id);
        foreach (Tensor input in node.Inputs)
        {
            AddBarriers(input, group.Waits);
            group.Reads.Add(Storage.Of(input));
        }

        return group;
    }

    /// <summary>
    /// Everything a loop that stores these values computes and reads, or null where one of them needs another to be finished first.
    /// </summary>
    private LoopGroup? Collect(IReadOnlyList<Tensor> roots, LoopForm form, double position)
    {
        var group = new LoopGroup(roots, form, position);
        var pending = new Stack<(Tensor Node, OperandRole Role)>();
        foreach (Tensor root in roots)
        {
            group.Computed.Add(root);
            pending.Push((root, OperandRole.Full));
        }

        while (pending.TryPop(out (Tensor Node, OperandRole Role) entry))
        {
            for (int i = 0; i < entry.Node.Inputs.Count; i++)
            {
                AddBarriers(entry.Node.Inputs[i], group.Waits);
                Tensor source = Storage.Of(entry.Node.Inputs[i]);
                OperandRole role = FusionRules.Role(entry.Node, i, entry.Role);
                if (kinds[source.Id] == FusionKind.Fill)
                {
                    continue;
                }

                if (role != OperandRole.Small && roots.Contains(source))
                {
                    bool sameElements = kinds[source.Id] switch
                    {
                        FusionKind.Reduction => false,
                        FusionKind.Pool => role == OperandRole.Pooled,
                        _ => role == OperandRole.Full,
                    };
                    if (!sameElements)
                    {
                        return null;
                    }
                }
                else if (role == OperandRole.Small || stored[source.Id])
                {
                    group.Reads.Add(source);
                    if (role != OperandRole.Small)
                    {
                        group.Maps.Add(source);
                    }
                }
                else if (group.Computed.Add(source))
                {
                    pending.Push((source, role));
                }
            }
        }

        return roots.Any(root => group.Reads.Contains(root) || group.Waits.Contains(root)) ? null : group;
    }

    /// <summary>What <see cref="After"/> nodes between a tensor and its memory wait for.</summary>
    private void AddBarriers(Tensor tensor, HashSet<Tensor> waits)
    {
        for (; Storage.IsView(tensor); tensor = tensor.Inputs[0])
        {
            if (tensor.Operation is not After)
            {
                continue;
            }

            if (!_barriers.TryGetValue(tensor, out HashSet<Tensor>? barrier))
            {
                barrier = [];
                foreach (Tensor awaited in tensor.Inputs.Skip(1))
                {
                    AddStored(awaited, barrier, []);
                }

                _barriers[tensor] = barrier;
            }

            waits.UnionWith(barrier);
        }
    }

    /// <summary>The tensor, or what it is computed from where it is not stored itself.</summary>
    private void AddStored(Tensor tensor, HashSet<Tensor> found, HashSet<Tensor> seen)
    {
        Tensor source = Storage.Of(tensor);
        if (kinds[source.Id] == FusionKind.Fill || !seen.Add(source))
        {
            return;
        }

        if (stored[source.Id])
        {
            found.Add(source);
            return;
        }

        foreach (Tensor input in source.Inputs)
        {
            AddStored(input, found, seen);
        }
    }
}
