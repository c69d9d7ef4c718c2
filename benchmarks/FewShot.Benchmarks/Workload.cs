namespace FewShot.Benchmarks;

/// <summary>A row: something to time, and who else does it.</summary>
/// <param name="Group">The rows it is listed with.</param>
/// <param name="Name">The name that the peers' scripts know too, unless <see cref="PeerName"/> says otherwise.</param>
/// <param name="Ours">Prepares FewShot's side.</param>
internal sealed record Workload(string Group, string Name, Func<Options, IContender> Ours)
{
    /// <summary>Whether a run without names measures it also when it is to be quick.</summary>
    public bool IsCore { get; init; }

    /// <summary>PyTorch scripts that do the same.</summary>
    public IReadOnlyList<Peer> Peers { get; init; } = [];

    /// <summary>The peers' name of the workload, where several of ours compare with one of theirs.</summary>
    public string PeerName { get; init; } = Name;

    /// <summary>Something else to compare with, which is no script.</summary>
    public Func<IContender>? Reference { get; init; }

    /// <summary>Whether that is PyTorch, or FewShot itself in another way.</summary>
    public bool ReferenceIsPeer { get; init; }

    /// <summary>Inner steps, for the rows that show how memory grows with them.</summary>
    public int InnerSteps { get; init; }

    /// <summary>The row of one inner step, which the time of a further step is reckoned from.</summary>
    public string OneStep { get; init; } = "";
}

/// <summary>A PyTorch script that does a workload.</summary>
/// <param name="Script">In benchmarks/peers.</param>
/// <param name="Arguments">Beside the workload's name.</param>
/// <param name="Quick">Whether a quick run measures it: the fastest known.</param>
internal sealed record Peer(string Script, string Arguments, bool Quick = false);
