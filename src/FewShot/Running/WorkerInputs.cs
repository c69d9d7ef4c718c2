using FewShot.Compute.Execution;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Running;

/// <summary>
/// What a program of a task is given, in the order of its inputs: the meta-parameters, then support inputs and targets, then query inputs
/// and targets, as far as it has them. Whoever runs such a program puts them there by this.
/// </summary>
internal static class WorkerInputs
{
    /// <summary>Copies the meta-parameters into a worker.</summary>
    public static void Load(IWorker<float> worker, ParameterSet parameters)
    {
        for (int i = 0; i < parameters.Specifications.Count; i++)
        {
            parameters[parameters.Specifications[i].Name].CopyTo(worker.Input(i));
        }
    }

    /// <summary>Copies meta-parameters that stand one after another into a worker.</summary>
    /// <param name="worker">The worker that receives them.</param>
    /// <param name="values">The values of all of them.</param>
    /// <param name="count">How many meta-parameters there are.</param>
    public static void Load(IWorker<float> worker, ReadOnlySpan<float> values, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Span<float> input = worker.Input(i);
            values[..input.Length].CopyTo(input);
            values = values[input.Length..];
        }
    }

    /// <summary>Copies a support set into a worker.</summary>
    /// <param name="worker">The worker that receives it.</param>
    /// <param name="first">The place of the first input after the meta-parameters.</param>
    /// <param name="inputs">The examples, one after another.</param>
    /// <param name="targets">The targets of the examples.</param>
    public static void LoadSupport(IWorker<float> worker, int first, ReadOnlySpan<float> inputs, ReadOnlySpan<float> targets)
    {
        inputs.CopyTo(worker.Input(first));
        targets.CopyTo(worker.Input(first + 1));
    }

    /// <summary>Copies an episode into a worker whose program answers the queries, or also measures the answers.</summary>
    /// <param name="worker">The worker that receives it.</param>
    /// <param name="first">The place of the first input after the meta-parameters.</param>
    /// <param name="episode">The task with its support and query sets.</param>
    /// <param name="isMeasured">Whether the program has the targets of the queries as an input.</param>
    public static void LoadEpisode(IWorker<float> worker, int first, Episode episode, bool isMeasured)
    {
        LoadSupport(worker, first, episode.SupportInputs, episode.SupportTargets);
        episode.QueryInputs.CopyTo(worker.Input(first + 2));
        if (isMeasured)
        {
            episode.QueryTargets.CopyTo(worker.Input(first + 3));
        }
    }
}
