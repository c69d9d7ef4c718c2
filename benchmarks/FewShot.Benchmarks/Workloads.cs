using FewShot.Data;
using FewShot.Methods;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Naming;
using FewShot.Tasks;

namespace FewShot.Benchmarks;

/// <summary>All rows. A shape is written ways × shots with queries a class; sine tasks have points instead.</summary>
internal static class Workloads
{
    private static readonly int[] s_omniglot = [28, 28, 1];
    private static readonly TaskShape s_5w1s = Images(s_omniglot, 5, 1, 15);
    private static readonly TaskShape s_5w5s = Images(s_omniglot, 5, 5, 15);
    private static readonly TaskShape s_sine = new(TaskKind.Regression, [1], 1, 10, 10);

    private static readonly Peer[] s_convolutionPeers =
    [
        new("maml_loop.py", "--threads 1 --task-threads 2 --convolution bilinear", Quick: true),
        new("maml_loop.py", "--threads 1 --task-threads 2"),
        new("maml_loop.py", "--threads 2"),
        new("maml_vmap.py", "--threads 2 --batching manual"),
        new("maml_vmap.py", "--threads 2"),
    ];

    private static readonly Peer[] s_convolutionFirstOrderPeers =
    [
        new("maml_loop.py", "--threads 1 --task-threads 2 --first-order", Quick: true),
        new("maml_loop.py", "--threads 2 --first-order"),
    ];

    private static readonly Peer[] s_mlpPeers =
    [
        new("maml_vmap.py", "--threads 1 --traced script", Quick: true),
        new("maml_vmap.py", "--threads 2 --traced script"),
        new("maml_vmap.py", "--threads 1 --batching manual"),
        new("maml_vmap.py", "--threads 1"),
        new("maml_loop.py", "--threads 1"),
    ];

    private static readonly Peer[] s_mlpFirstOrderPeers =
    [
        new("maml_vmap.py", "--threads 1 --batching manual --first-order", Quick: true),
        new("maml_vmap.py", "--threads 1 --traced script --first-order"),
        new("maml_loop.py", "--threads 1 --first-order"),
    ];

    private static readonly Peer[] s_anilPeers =
    [
        new("anil_cached.py", "--threads 1 --task-threads 2", Quick: true),
        new("anil_cached.py", "--threads 2"),
    ];

    private static readonly Peer[] s_allPeers = [new("adapt_one.py", "--threads 2", Quick: true), new("adapt_one.py", "--threads 1")];

    // Who adapts the head alone computes the features once, and so do these; all layers are what most users adapt.
    private static readonly Peer[] s_headPeers =
    [
        new("anil_cached.py", "--threads 2", Quick: true),
        new("anil_cached.py", "--threads 1"),
        new("adapt_one.py", "--threads 2"),
    ];

    private static readonly Peer[] s_memoryPeers = [new("maml_loop.py", "--threads 1 --convolution bilinear", Quick: true)];

    public static IReadOnlyList<Workload> All { get; } =
    [
        Training("omniglot-32x5w1s-15q-5steps", "maml", 32, s_5w1s, 5, s_convolutionPeers) with
        {
            IsCore = true,
        },
        Training("omniglot-32x5w1s-1q-1step", "maml", 32, Images(s_omniglot, 5, 1, 1), 1, s_convolutionPeers) with
        {
            IsCore = true,
        },
        Training("sine-25x10-1step", "maml", 25, s_sine, 1, s_mlpPeers) with
        {
            IsCore = true,
        },
        Training("sine-25x10-5steps", "maml", 25, s_sine, 5, s_mlpPeers) with
        {
            IsCore = true,
        },
        Training("sine-25x10-20steps", "maml", 25, s_sine, 20, s_mlpPeers),
        Training("omniglot-16x20w1s-5q-5steps", "maml", 16, Images(s_omniglot, 20, 1, 5), 5, s_convolutionPeers),
        Training("cifarfs-16x5w5s-15q-5steps", "maml", 16, Images([32, 32, 3], 5, 5, 15), 5, s_convolutionPeers),
        Training("mini-4x5w1s-15q-5steps", "maml", 4, Images([84, 84, 3], 5, 1, 15), 5, s_convolutionPeers),
        Other("omniglot-32x5w1s-15q-5steps", "fomaml", 32, s_5w1s, 5, s_convolutionFirstOrderPeers),
        Other("omniglot-32x5w1s-1q-1step", "fomaml", 32, Images(s_omniglot, 5, 1, 1), 1, s_convolutionFirstOrderPeers),
        Other("sine-25x10-1step", "fomaml", 25, s_sine, 1, s_mlpFirstOrderPeers),
        Other("sine-25x10-5steps", "fomaml", 25, s_sine, 5, s_mlpFirstOrderPeers),
        Other("omniglot-32x5w1s-15q-5steps", "anil", 32, s_5w1s, 5, s_anilPeers),
        Adapting("5w1s-5steps", "maml", s_5w1s, s_allPeers),
        Adapting("5w1s-5steps-head", "anil", s_5w1s, s_headPeers),
        Adapting("5w1s-5steps-pattern", "maml", s_5w1s, s_headPeers),
        Adapting("5w1s-ridge", "r2d2", s_5w1s, ClosedForm("ridge")),
        Adapting("5w1s-kernel", "amfs", s_5w1s, []),
        Adapting("5w1s-prototypes", "protonet", s_5w1s, ClosedForm("prototypes")),
        Adapting("5w5s-5steps", "maml", s_5w5s, s_allPeers),
        Adapting("5w5s-5steps-head", "anil", s_5w5s, s_headPeers),
        Adapting("5w5s-5steps-pattern", "maml", s_5w5s, s_headPeers),
        Adapting("5w5s-ridge", "r2d2", s_5w5s, ClosedForm("ridge")),
        Adapting("5w5s-kernel", "amfs", s_5w5s, []),
        Adapting("5w5s-prototypes", "protonet", s_5w5s, ClosedForm("prototypes")),
        new("adaptation", "adapt-mlp", options => FewShotContender.Adaptation(Learner("maml", s_sine, 5), s_sine, options.Workers))
        {
            Peers = s_allPeers,
        },
        new("adaptation", "adapt-mlp-head", options => FewShotContender.Adaptation(Learner("anil", s_sine, 5), s_sine, options.Workers))
        {
            Peers = s_headPeers,
            PeerName = "adapt-mlp",
        },
        new(
            "scaling",
            "scaling-omniglot-32x5w1s-15q-5steps",
            options => FewShotContender.Training(Learner("maml", s_5w1s, 5), s_5w1s, 32, options.Workers)
        )
        {
            Reference = () => FewShotContender.Training(Learner("maml", s_5w1s, 5), s_5w1s, 32, workers: 1),
        },
        ScalingOfAdaptation("5w1s", s_5w1s),
        ScalingOfAdaptation("5w5s", s_5w5s),
        Memory("maml", 1),
        Memory("maml", 5),
        Memory("maml", 20),
        Memory("maml", 100, withPeers: false),
        Memory("maml", 5, recomputed: true),
        Memory("maml", 20, recomputed: true),
        Memory("maml", 100, recomputed: true),
        Memory("fomaml", 1),
        Memory("fomaml", 5),
        Memory("fomaml", 100),
        Memory("mrml", 1),
        Memory("mrml", 5),
        Memory("mrml", 100),
        Memory("r2d2", 0),
        Sampling("glyphs", Classes),
        Sampling("omniglot", Classes),
        Sampling("cifar-fs", Classes),
        Sampling("sinusoid", new TaskOptions { Shots = 10, QueriesPerClass = 10 }),
        StartUp("info"),
        StartUp("methods"),
        StartUp("--version"),
    ];

    /// <summary>The rows of these names and groups; without any, all, or the core rows where it shall be quick.</summary>
    /// <exception cref="ArgumentException">There is no such row or group.</exception>
    public static IReadOnlyList<Workload> Choose(IReadOnlyList<string> names, bool quick)
    {
        string? unknown = names.FirstOrDefault(name => !All.Any(workload => workload.Name == name || workload.Group == name));
        return unknown is not null
            ? throw new ArgumentException(
                $"there is no workload or group '{unknown}'.{NameSuggestion.For(unknown, Names)} The groups are "
                    + $"{string.Join(", ", All.Select(workload => workload.Group).Distinct())}; ./benchmark --list shows all"
            )
            :
            [
                .. All.Where(workload =>
                    names.Count > 0 ? names.Contains(workload.Name) || names.Contains(workload.Group) : workload.IsCore || !quick
                ),
            ];
    }

    /// <summary>All rows with their peers, by group.</summary>
    public static string Listing() =>
        string.Join('\n', All.GroupBy(workload => workload.Group).Select(group => $"{group.Key}\n" + string.Concat(group.Select(Line))));

    private static string Line(Workload workload) =>
        $"  {workload.Name}{(workload.IsCore ? " (core)" : "")}\n"
        + string.Concat(workload.Peers.Select(peer => $"      {peer.Script} {peer.Arguments}{(peer.Quick ? " (quick)" : "")}\n"));

    private static IEnumerable<string> Names => All.SelectMany(workload => new[] { workload.Name, workload.Group }).Distinct();

    private static TaskOptions Classes =>
        new()
        {
            Ways = 5,
            Shots = 1,
            QueriesPerClass = 15,
        };

    private static TaskShape Images(int[] input, int ways, int shots, int queries) =>
        new(TaskKind.Classification, input, ways, ways * shots, ways * queries);

    private static LearnerSpecification Learner(string method, TaskShape shape, int? steps = null, string? pattern = null) =>
        new()
        {
            Method = method,
            Kind = shape.Kind,
            InputShape = shape.InputShape,
            Outputs = shape.Outputs,
            InnerSteps = steps,
            InnerRate = steps is null ? null : 0.01,
            Pattern = pattern is null ? null : Pattern.Parse(pattern),
            NormStatistics = NormStatistics.Query, // as the peers do
        };

    private static Workload Training(string name, string method, int tasks, TaskShape shape, int steps, IReadOnlyList<Peer> peers) =>
        new("training", name, options => FewShotContender.Training(Learner(method, shape, steps), shape, tasks, options.Workers))
        {
            Peers = peers,
        };

    /// <summary>The same tasks by another method.</summary>
    private static Workload Other(string name, string method, int tasks, TaskShape shape, int steps, IReadOnlyList<Peer> peers) =>
        Training($"{name}-{method}", method, tasks, shape, steps, peers) with
        {
            PeerName = name,
        };

    private static Workload Adapting(string name, string method, TaskShape shape, IReadOnlyList<Peer> peers)
    {
        bool chosen = name.EndsWith("-pattern", StringComparison.Ordinal);
        int? steps = name.Contains("5steps", StringComparison.Ordinal) ? 5 : null;
        return new(
            "adaptation",
            $"adapt-omniglot-{name}",
            options => FewShotContender.Adaptation(Learner(method, shape, steps, chosen ? options.Pattern : null), shape, options.Workers)
        )
        {
            Peers = peers,
            PeerName = $"adapt-omniglot-{name[..4]}-5steps",
        };
    }

    /// <summary>Profiles the adaptations that several threads share.</summary>
    public static void PrintShares()
    {
        ShareProfile.Print("adapt-omniglot-5w1s-5steps", Learner("maml", s_5w1s, 5), s_5w1s, TimeSpan.FromSeconds(8));
        ShareProfile.Print("adapt-omniglot-5w5s-5steps", Learner("maml", s_5w5s, 5), s_5w5s, TimeSpan.FromSeconds(8));
    }

    /// <summary>One task on several threads, beside the same on one.</summary>
    private static Workload ScalingOfAdaptation(string name, TaskShape shape) =>
        new(
            "scaling",
            $"scaling-adapt-omniglot-{name}-5steps",
            options => FewShotContender.Adaptation(Learner("maml", shape, 5), shape, options.Workers)
        )
        {
            Reference = () => FewShotContender.Adaptation(Learner("maml", shape, 5), shape, threads: 1),
        };

    private static Peer[] ClosedForm(string head) =>
        [new("closed_form.py", $"--head {head} --threads 2", Quick: true), new("closed_form.py", $"--head {head} --threads 1")];

    /// <summary>One task on one worker, in a process of its own whose memory can be measured.</summary>
    private static Workload Memory(string method, int steps, bool recomputed = false, bool withPeers = true)
    {
        string name = $"memory-{method}{(steps == 0 ? "" : steps == 1 ? "-1step" : $"-{steps}steps")}";
        return new("memory", name + (recomputed ? "-recomputed" : ""), _ => ProcessContender.OfOurselves(method, steps, recomputed))
        {
            Peers = method == "maml" && withPeers ? s_memoryPeers : [],
            PeerName = name,
            InnerSteps = steps,
            OneStep = $"memory-{method}-1step",
        };
    }

    /// <summary>What the process of a memory row serves.</summary>
    public static FewShotContender Served(string method, int steps, bool recomputed) =>
        FewShotContender.Training(Learner(method, s_5w1s, steps == 0 ? null : steps), s_5w1s, tasks: 1, workers: 1, recomputed);

    private static Workload Sampling(string source, TaskOptions tasks) =>
        new("sampling", $"sample-{source}", _ => FewShotContender.Sampling(TaskSources.Open(source, null, tasks)));

    private static Workload StartUp(string command) =>
        new(
            "start-up",
            $"start-{command.TrimStart('-')}",
            _ => FewShotContender.StartUp("fewshot", Path.Combine(Repository.Root, "fewshot"), command)
        )
        {
            Reference = () => FewShotContender.StartUp("import-torch", ProcessContender.Python, "-c", "import torch"),
            ReferenceIsPeer = true,
        };
}
