using FewShot.Cli.Settings;
using FewShot.Storage;

namespace FewShot.Cli;

/// <summary>The learner of a run.</summary>
internal static class TrainedRun
{
    /// <summary>Loads the learner of a run.</summary>
    /// <param name="run">A run folder, or a file of weights.</param>
    /// <param name="latest">Whether to take the latest weights instead of those that validated best.</param>
    public static Learner Load(string run, bool latest = false)
    {
        if (Directory.Exists(run))
        {
            RunFolder.ReadConfiguration(run, RunConfiguration.MayChange);
            if (
                !File.Exists(RunFolder.BestPath(run))
                && !(File.Exists(RunFolder.LatestPath(run)) && Checkpoint.Read(RunFolder.LatestPath(run)).Iteration > 0)
            )
            {
                throw new StorageException($"the run '{run}' has no weights yet; train it first: fewshot train --out {run}");
            }
        }

        return Learner.Load(latest ? RunFolder.LatestPath(run) : run);
    }
}
