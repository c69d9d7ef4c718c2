using System.Text.Json.Serialization;
using FewShot.Storage;

namespace FewShot.Models;

/// <summary>Where batch normalisation takes its statistics from: a named choice, stored with every result.</summary>
[JsonConverter(typeof(CamelCaseEnum<NormStatistics>))]
public enum NormStatistics
{
    /// <summary>
    /// Statistics of whatever is being classified together: the transductive setting of the MAML papers. A query's answer depends on the
    /// other queries, and is much worse when there are few of them or they are of few classes.
    /// </summary>
    Query,

    /// <summary>
    /// Statistics of the support set, under the adapted parameters, so that each query is answered for itself: the default.
    /// </summary>
    Support,

    /// <summary>Running averages kept in training and fixed afterwards.</summary>
    Running,
}
