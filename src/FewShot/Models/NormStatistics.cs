namespace FewShot.Models;

/// <summary>Where batch normalisation takes its statistics from: a named choice, stored with every result.</summary>
public enum NormStatistics
{
    /// <summary>
    /// From whatever is being classified together: the transductive setting of the MAML papers. A query's answer depends on the other queries.
    /// </summary>
    Query,

    /// <summary>From the support set, under the adapted parameters: the setting in which one query can be answered alone.</summary>
    Support,

    /// <summary>From running averages kept in training and fixed afterwards.</summary>
    Running,
}
