using System.Text.Json.Nodes;
using FewShot.Methods;
using FewShot.Storage;
using FewShot.Training;

namespace FewShot.Cli.Settings;

/// <summary>
/// Everything needed to repeat a run: what config.json of its folder holds. Workers are not in it; they do not change the numbers.
/// </summary>
internal sealed record RunConfiguration(LearnerSpecification Learner, TrainingOptions Training, DataSelection Data)
{
    /// <summary>What may differ when a run goes on: how long it trains, where its data lie, and which build trains it.</summary>
    public static IReadOnlyCollection<string> MayChange { get; } =
    ["training.iterations", "training.scheduleIterations", "training.budget", "training.patience", "data.root", "version"];

    public JsonObject ToJson() =>
        new()
        {
            ["version"] = Versions.FewShot,
            ["learner"] = Learner.ToJson(),
            ["training"] = Training.ToJson(),
            ["data"] = Data.ToJson(),
        };

    /// <summary>The configuration of a run.</summary>
    /// <exception cref="StorageException">The folder is not that of a run.</exception>
    public static RunConfiguration Read(string run)
    {
        JsonObject json = RunFolder.ReadConfiguration(run, MayChange);
        string file = Path.Combine(run, "config.json");
        return new RunConfiguration(
            LearnerSpecification.FromJson(json["learner"], file),
            TrainingOptions.FromJson(json["training"], file),
            DataSelection.FromJson(json["data"], file)
        );
    }

    /// <summary>The configuration of a run that may not exist yet.</summary>
    public static RunConfiguration? ReadIfThere(string run) => File.Exists(Path.Combine(run, "config.json")) ? Read(run) : null;
}
