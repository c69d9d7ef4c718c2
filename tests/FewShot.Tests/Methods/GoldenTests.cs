using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FewShot.Benchmarks;
using FewShot.Compute.Execution;
using FewShot.Data;
using FewShot.Data.Glyphs;
using FewShot.Methods;
using FewShot.Tasks;
using FewShot.Training;
using Xunit;

namespace FewShot.Tests.Methods;

/// <summary>
/// A short training of every row of the catalogue, its evaluation and the answers of the learner it makes keep the bits of the release that
/// recorded them: a change that is to change no number shows here that it did not. The bits are those of one vector level; golden/ holds a
/// file for each recorded one. FEWSHOT_ACCEPT_GOLDEN=1 records them anew, which a change of the mathematics needs and its message names.
/// </summary>
public class GoldenTests
{
    private static readonly string s_path = Path.Combine(
        Repository.Root,
        "tests",
        "FewShot.Tests",
        "Methods",
        "golden",
        SimdProgram.VectorLevel + ".txt"
    );

    private static readonly Dictionary<string, Func<ITaskSource>> s_sources = new()
    {
        ["sinusoid"] = () => new SinusoidTasks(new TaskOptions { Shots = 5, QueriesPerClass = 5 }),
        ["glyphs"] = () =>
            new ImageTasks(
                GlyphClasses.Dataset(),
                new TaskOptions
                {
                    Ways = 3,
                    Shots = 2,
                    QueriesPerClass = 2,
                }
            ),
    };

    [Fact]
    public void A_short_training_of_every_row_keeps_its_bits()
    {
        string[] found =
        [
            .. from row in Catalogue.Names from source in s_sources.Keys select $"{row} {source} {Bits(row, s_sources[source]())}",
        ];
        if (Environment.GetEnvironmentVariable("FEWSHOT_ACCEPT_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(s_path)!);
            File.WriteAllLines(s_path, found);
        }

        Assert.SkipUnless(File.Exists(s_path), $"no bits are recorded for the vector level {SimdProgram.VectorLevel}");
        Assert.Equal(File.ReadAllLines(s_path), found);
    }

    private static string Bits(string row, ITaskSource source)
    {
        LearnerSpecification specification = new()
        {
            Method = row,
            Kind = source.Shape.Kind,
            InputShape = source.Shape.InputShape,
            Outputs = source.Shape.Outputs,
            Channels = 4,
        };
        var options = new TrainingOptions
        {
            Iterations = 4,
            MetaBatch = 2,
            ValidateEvery = 2,
            ValidationEpisodes = 2,
        };
        TrainingLoop trainer;
        try
        {
            trainer = new TrainingLoop(specification, source, options, workers: 2);
        }
        catch (ArgumentException)
        {
            return "refused";
        }

        using (trainer)
        {
            trainer.Run();
            var learner = new Learner(specification, trainer.Parameters);
            var episode = new Episode(source.Shape);
            source.Sample(Split.Test, 1, 0, episode);
            using AdaptedModel model =
                source.Shape.Kind == TaskKind.Regression
                    ? learner.Adapt(episode.SupportInputs, episode.SupportTargets)
                    : learner.Adapt(episode.SupportInputs, episode.SupportLabels);
            float[] answers = model.Predict(episode.QueryInputs);
            double loss = learner.Evaluate(source, Split.Test, episodes: 3).Loss.Mean;
            return string.Join(' ', Hash(trainer.Parameters.Values), Hash(answers), loss.ToString("R", CultureInfo.InvariantCulture));
        }
    }

    private static string Hash(ReadOnlySpan<float> values) => Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(values)))[..16];
}
