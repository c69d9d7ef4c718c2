namespace FewShot.Tasks;

/// <summary>A part of a distribution over tasks. The classes (or groups) behind two splits never overlap.</summary>
public enum Split
{
    /// <summary>Tasks to meta-train on.</summary>
    Train,

    /// <summary>Tasks to choose hyper-parameters and checkpoints by.</summary>
    Validation,

    /// <summary>Tasks for the reported numbers.</summary>
    Test,
}
