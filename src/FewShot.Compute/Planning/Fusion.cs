using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Planning;

/// <summary>
/// Covers a graph by steps. Results of products, reductions and pooling are stored; element-wise values in between are computed again
/// inside each loop that needs them, from what is stored, unless a step outside the loops reads them or computing them again is dear. Loops
/// over the same elements that read the same values become one.
/// </summary>
internal sealed class Fusion
{
    // A pass over memory costs about as much as this many vector instructions an element.
    private const int DearCost = 12;

    // A longer expression is cut even when only one loop needs it: the loop would spill its registers all the time.
    private const int MaximumExpression = 48;

    private readonly Graph _graph;
    private readonly FusionRules _rules;
    private readonly FusionKind[] _kinds;
    private readonly bool[] _stored;
    private readonly LoopForm[] _forms;

    private Fusion(Graph graph, FusionRules rules)
    {
        _graph = graph;
        _rules = rules;
        _kinds = [.. graph.Nodes.Select(rules.Kind)];
        _stored = new bool[graph.Nodes.Count];
        _forms = new LoopForm[graph.Nodes.Count];
    }

    /// <summary>The steps, in an order in which they can run.</summary>
    public static IReadOnlyList<Step> Cover(Graph graph, FusionRules rules) => Cover(graph, rules, out _);

    /// <summary>
    /// The steps, and how often the whole graph was cut into loops until none of them held anything dear that another computes too.
    /// </summary>
    internal static IReadOnlyList<Step> Cover(Graph graph, FusionRules rules, out int rounds)
    {
        var fusion = new Fusion(graph, rules);
        fusion.StoreWhatMustBe();
        for (rounds = 1; true; rounds++)
        {
            fusion.InferForms();
            var merger = new LoopMerger(graph, fusion._kinds, fusion._stored, fusion._forms);
            merger.Run();
            if (!fusion.StoreWhatIsDear(merger.Loops))
            {
                return Schedule.Compact(graph, merger.Steps());
            }
        }
    }

    private void StoreWhatMustBe()
    {
        foreach (Tensor node in _graph.Nodes)
        {
            if (Storage.IsView(node))
            {
                if (node.Operation is After)
                {
                    Store(node.Inputs[0]);
                }

                continue;
            }

            FusionKind kind = _kinds[node.Id];
            _stored[node.Id] |= kind is FusionKind.Alone or FusionKind.Given or FusionKind.Pool or FusionKind.Reduction;
            foreach (Tensor input in node.Inputs)
            {
                // What is compared for equality must be the very same number wherever it is computed, so it is computed once.
                bool compared = node.Operation is Equal && _kinds[Storage.Of(input).Id] is (FusionKind.ElementWise or FusionKind.Unpool);
                if (kind is FusionKind.Alone or FusionKind.Broadcast || compared)
                {
                    Store(input);
                }
            }
        }

        foreach ((_, Tensor tensor) in _graph.Outputs)
        {
            Store(tensor);
        }

        StoreWhatIsAwaited();
    }

    /// <summary>
    /// Stores what a recomputed segment waits for, where it is dear: its cotangents, which the segment and the sums before it both read.
    /// They would be stored in the end anyway; until then every step of the segment would wait for all that they are computed from.
    /// </summary>
    private void StoreWhatIsAwaited()
    {
        IEnumerable<Tensor> awaited = _graph
            .Nodes.Where(node => node.Operation is After)
            .SelectMany(node => node.Inputs.Skip(1))
            .Select(Storage.Of);
        Tensor[] dear =
        [
            .. awaited.Distinct().Where(source => _kinds[source.Id] is FusionKind.ElementWise && !_stored[source.Id] && IsDear(source)),
        ];
        foreach (Tensor source in dear)
        {
            _stored[source.Id] = true;
        }
    }

    private void Store(Tensor tensor) => _stored[Storage.Of(tensor).Id] = true;

    /// <summary>Finds over what each value can be computed; where its operands ask for different things, stores some of them.</summary>
    private void InferForms()
    {
        foreach (Tensor node in _graph.Nodes)
        {
            if (Storage.IsView(node) || _kinds[node.Id] is FusionKind.Alone or FusionKind.Given or FusionKind.Fill)
            {
                continue;
            }

            while (true)
            {
                if (FormOf(node, out Tensor? misfit) is { } form)
                {
                    _forms[node.Id] = form;
                    break;
                }

                _stored[misfit!.Id] = true;
            }
        }
    }

    private LoopForm? FormOf(Tensor node, out Tensor? misfit)
    {
        LoopForm form = FusionRules.OwnForm(node);
        int size = _rules.Cost(node);
        misfit = null;
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            Tensor source = Storage.Of(node.Inputs[i]);
            OperandRole role = FusionRules.Role(node, i, OperandRole.Full);
            if (role == OperandRole.Small || IsLoaded(source))
            {
                continue;
            }

            misfit = source;
            size += ExpressionCost(source);
            if (size > MaximumExpression)
            {
                return null;
            }

            LoopForm inner = _forms[source.Id];
            if (role == OperandRole.Pooled)
            {
                // Inside windows a pooled expression has room for channel values only.
                if (inner.Map is not null || inner.HasRowValues || (inner.Columns != 0 && inner.Columns != form.Map!.Value.Channels))
                {
                    return null;
                }
            }
            else if (form.Join(inner) is { } joined)
            {
                form = joined;
            }
            else
            {
                return null;
            }
        }

        return form;
    }

    private bool IsLoaded(Tensor source) => _stored[source.Id] || _kinds[source.Id] == FusionKind.Fill;

    /// <summary>Instructions an element that computing a value from what is stored takes, each shared value once.</summary>
    private int ExpressionCost(Tensor root) => Expression(root).Sum(_rules.Cost);

    private bool IsDear(Tensor root)
    {
        int cost = 0;
        foreach (Tensor node in Expression(root))
        {
            cost += _rules.Cost(node);
            if (cost > DearCost)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// What is computed to have a value from what is stored, the value first. Found as it is asked for: a chain may be long.
    /// </summary>
    private IEnumerable<Tensor> Expression(Tensor root)
    {
        var seen = new HashSet<Tensor> { root };
        var pending = new Stack<Tensor>(seen);
        while (pending.TryPop(out Tensor? node))
        {
            yield return node;
            if (_kinds[node.Id] == FusionKind.Broadcast)
            {
                continue;
            }

            foreach (Tensor input in node.Inputs)
            {
                Tensor source = Storage.Of(input);
                if (!IsLoaded(source) && seen.Add(source))
                {
                    pending.Push(source);
                }
            }
        }
    }

    /// <summary>Stores values that several loops compute and that are dear; false when there is none.</summary>
    private bool StoreWhatIsDear(IReadOnlyList<LoopGroup> loops)
    {
        var users = new Dictionary<Tensor, List<SharedLoop>>();
        foreach (LoopGroup loop in loops)
        {
            var shared = new SharedLoop([.. loop.Roots], [.. loop.Computed.Where(node => !_stored[node.Id])]);
            foreach (Tensor node in shared.Computed)
            {
                if (!users.TryGetValue(node, out List<SharedLoop>? known))
                {
                    users[node] = known = [];
                }

                known.Add(shared);
            }
        }

        // From the last to the first, so that what lies inside a stored value is judged by who still computes it. To leave that to the next
        // round would take a round for each link of a chain, such as the cotangents of one parameter through all inner steps.
        bool any = false;
        foreach (
            Tensor node in users.Where(pair => pair.Value.Count > 1).Select(pair => pair.Key).OrderByDescending(node => node.Id).ToList()
        )
        {
            List<SharedLoop> computing = [.. users[node].Where(loop => loop.Computed.Contains(node))];
            if (computing.Count > 1 && IsDear(node))
            {
                _stored[node.Id] = true;
                any = true;

                // The first of the loops is taken to be joined with the one that stores it.
                computing[0].Roots.Add(node);
                foreach (SharedLoop loop in computing)
                {
                    loop.Computed.IntersectWith(loop.Roots.SelectMany(Expression));
                }
            }
        }

        return any;
    }

    /// <summary>A loop while it is decided which of its values to store.</summary>
    private sealed record SharedLoop(List<Tensor> Roots, HashSet<Tensor> Computed);
}
