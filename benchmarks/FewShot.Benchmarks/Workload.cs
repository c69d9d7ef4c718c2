using FewShot.Methods;
using FewShot.Tasks;

namespace FewShot.Benchmarks;

/// <summary>One thing to time: a meta-step of training over a batch of tasks, or the adaptation to one task, and the peers that do the same.</summary>
/// <param name="Name">The name that the peers' scripts know too.</param>
/// <param name="Tasks">Tasks of a meta-batch; 0 for one adaptation.</param>
/// <param name="InputShape">Of an example.</param>
/// <param name="Ways">Classes, or 1 for regression.</param>
/// <param name="Shots">Support examples of a class.</param>
/// <param name="Queries">Query examples of a class.</param>
/// <param name="Steps">Inner steps.</param>
/// <param name="Peers">Script, arguments.</param>
internal sealed record Workload(string Name, int Tasks, int[] InputShape, int Ways, int Shots, int Queries, int Steps, IReadOnlyList<Peer> Peers)
{
    public string Pattern { get; init; } = "all";

    /// <summary>The peers' name of the workload, where several of ours compare with one of theirs.</summary>
    public string PeerName { get; init; } = Name;

    public bool IsRegression => Ways == 1;

    public TaskShape Shape => new(
        IsRegression ? TaskKind.Regression : TaskKind.Classification, InputShape, Ways, Ways * Shots, Ways * Queries);

    public LearnerSpecification Specification => new()
    {
        Method = "maml", Kind = Shape.Kind, InputShape = InputShape, Outputs = Ways, InnerSteps = Steps, InnerRate = 0.01, Pattern = Pattern,
    };

    private static readonly Peer[] s_convolutionPeers =
    [
        new("maml_loop.py", "--threads 1 --task-threads 2 --convolution bilinear", Quick: true),
        new("maml_loop.py", "--threads 2"),
    ];

    private static readonly Peer[] s_mlpPeers =
    [
        new("maml_vmap.py", "--threads 1 --traced script", Quick: true),
        new("maml_vmap.py", "--threads 1 --batching manual"),
        new("maml_loop.py", "--threads 1"),
    ];

    private static readonly Peer[] s_adaptationPeers =
    [
        new("adapt_one.py", "--threads 2", Quick: true),
        new("adapt_one.py", "--threads 1"),
    ];

    public static IReadOnlyList<Workload> All { get; } =
    [
        new("omniglot-32x5w1s-15q-5steps", 32, [28, 28, 1], 5, 1, 15, 5, s_convolutionPeers),
        new("omniglot-32x5w1s-1q-1step", 32, [28, 28, 1], 5, 1, 1, 1, s_convolutionPeers),
        new("sine-25x10-1step", 25, [1], 1, 10, 10, 1, s_mlpPeers),
        new("sine-25x10-5steps", 25, [1], 1, 10, 10, 5, s_mlpPeers),
        new("omniglot-16x20w1s-5q-5steps", 16, [28, 28, 1], 20, 1, 5, 5, s_convolutionPeers),
        new("cifarfs-16x5w5s-15q-5steps", 16, [32, 32, 3], 5, 5, 15, 5, s_convolutionPeers),
        new("mini-4x5w1s-15q-5steps", 4, [84, 84, 3], 5, 1, 15, 5, s_convolutionPeers),
        new("adapt-omniglot-5w1s-5steps", 0, [28, 28, 1], 5, 1, 15, 5, s_adaptationPeers),
        new("adapt-omniglot-5w1s-5steps-head", 0, [28, 28, 1], 5, 1, 15, 5, s_adaptationPeers) { Pattern = "head", PeerName = "adapt-omniglot-5w1s-5steps" },
        new("adapt-omniglot-5w5s-5steps", 0, [28, 28, 1], 5, 5, 15, 5, s_adaptationPeers),
        new("adapt-omniglot-5w5s-5steps-head", 0, [28, 28, 1], 5, 5, 15, 5, s_adaptationPeers) { Pattern = "head", PeerName = "adapt-omniglot-5w5s-5steps" },
        new("adapt-mlp", 0, [1], 1, 10, 10, 5, s_adaptationPeers),
    ];

    /// <summary>The four rows that every run measures.</summary>
    public bool IsCore => Name is "omniglot-32x5w1s-15q-5steps" or "omniglot-32x5w1s-1q-1step" or "sine-25x10-1step" or "sine-25x10-5steps";
}

/// <summary>A PyTorch script that does a workload.</summary>
/// <param name="Script">In benchmarks/peers.</param>
/// <param name="Arguments">Beside the workload's name.</param>
/// <param name="Quick">Whether a quick run measures it: the fastest known.</param>
internal sealed record Peer(string Script, string Arguments, bool Quick = false);
