using System.Diagnostics;
using FewShot.Methods;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tests.Storage;
using Xunit;
using static FewShot.Tests.Running.Learners;

namespace FewShot.Tests.Running;

/// <summary>
/// All models of a learner share its programs, weights and workers, whatever their sizes, and so do those that are loaded to it.
/// </summary>
public class SharedProgramsTests
{
    private const int Size = 16 * 16;

    public static TheoryData<string> Rows => [.. Catalogue.Names];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Support_sets_of_other_sizes_in_turn_are_answered_as_by_a_learner_that_saw_no_other(string method)
    {
        Learner learner = Conv(method);
        float[] queries = Random(3 * Size, 9);
        foreach (int count in (int[])[6, 8, 4, 6])
        {
            using AdaptedModel model = Adapt(learner, count);
            using AdaptedModel alone = Adapt(new Learner(learner.Definition, learner.Parameters), count);
            Assert.Equal(alone.Predict(queries), model.Predict(queries));
        }
    }

    [Fact]
    public void Programs_are_bounded_and_the_least_recently_used_go_first()
    {
        Learner learner = Conv("matching");
        Assert.Equal(32, learner.MaxPrograms);
        learner.MaxPrograms = 3;
        float[] expected = Adapt(Conv("matching"), 4).Predict(Random(Size, 9));
        AdaptedModel first = Adapt(learner, 4);
        for (int count = 4; count <= 12; count++)
        {
            Adapt(learner, count).Predict(Random((count - 3) * Size, 8));
            Assert.InRange(learner.Programs.Count, 1, 3);
        }

        Assert.Equal(expected, first.Predict(Random(Size, 9)));
        learner.MaxPrograms = 1;
        Assert.Equal(1, learner.Programs.Count);
        Assert.Equal(expected, first.Predict(Random(Size, 9)));
        Assert.Throws<ArgumentOutOfRangeException>(() => learner.MaxPrograms = 0);
    }

    [Fact]
    public void Any_number_of_queries_is_answered_by_few_programs()
    {
        Learner learner = Conv("protonet");
        AdaptedModel model = Adapt(learner, 4);
        float[] queries = Random(121 * Size, 7);
        float[] all = model.Predict(queries);
        for (int count = 1; count <= 121; count += 8)
        {
            Assert.All(model.Predict(queries.AsSpan(0, count * Size)).Zip(all), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
        }

        Assert.InRange(learner.Programs.Count, 2, 1 + 7);
    }

    [Fact]
    public void Threads_share_a_learner_whose_programs_come_and_go()
    {
        Learner learner = Conv("amfs");
        learner.MaxPrograms = 2;
        float[] queries = Random(3 * Size, 9);
        float[][] expected = [.. Enumerable.Range(2, 5).Select(count => Adapt(Conv("amfs"), 2 * count).Predict(queries))];
        Parallel.For(
            0,
            40,
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            i => Assert.Equal(expected[i % 5], Adapt(learner, 2 * ((i % 5) + 2)).Predict(queries))
        );
        Assert.InRange(learner.Programs.Count, 1, 2);
    }

    [Fact]
    public void Models_that_are_never_disposed_cost_no_more_than_their_states()
    {
        Learner learner = Create(
            new LearnerSpecification
            {
                Method = "protonet",
                Channels = 64,
                InputShape = [32, 32, 3],
                Outputs = 2,
                NormStatistics = NormStatistics.Support,
            }
        );
        float[] support = Random(4 * 32 * 32 * 3, 1);
        float[] query = Random(32 * 32 * 3, 2);
        var models = new List<AdaptedModel> { learner.Adapt(support, [0, 1, 0, 1]) };
        models[0].Predict(query);
        using var process = Process.GetCurrentProcess();
        long before = process.PrivateMemorySize64;
        long programs = learner.Programs.Count;
        for (int i = 0; i < 300; i++)
        {
            models.Add(learner.Adapt(support, [0, 1, 0, 1]));
            models[^1].Predict(query);
        }

        // A worker of its own would have taken each model a megabyte at least.
        process.Refresh();
        Assert.InRange(process.PrivateMemorySize64 - before, long.MinValue, 200 << 20);
        Assert.Equal(programs, learner.Programs.Count);
        Assert.All(models, model => Assert.Equal(models[0].Predict(query), model.Predict(query)));
    }

    [Theory]
    [InlineData("protonet", 16_000)]
    [InlineData("matching", 16_000)]
    [InlineData("r2d2", 16_000)]
    [InlineData("anil", 16_000)]
    [InlineData("maml", 1_000_000)]
    public void A_model_saved_without_its_learner_is_small_and_is_loaded_to_it_alone(string method, int bytes)
    {
        using var folder = new TemporaryFolder();
        LearnerSpecification specification = ConvSpecification(method) with { Channels = 32 };
        Learner learner = Create(specification);
        float[] queries = Random(3 * Size, 9);
        using AdaptedModel model = Adapt(learner, 4);
        float[] expected = model.Predict(queries);
        model.Save(folder["small"], selfContained: false);
        model.Save(folder["whole"]);
        Assert.InRange(new FileInfo(folder["small"]).Length, 1, bytes);
        Assert.InRange(new FileInfo(folder["whole"]).Length, 100_000, 1_000_000);

        // Another process has the learner anew.
        learner.Save(folder["learner"]);
        var again = Learner.Load(folder["learner"]);
        foreach (string file in (string[])["small", "whole"])
        {
            using AdaptedModel loaded = AdaptedModel.Load(folder[file], again);
            Assert.Equal(expected, loaded.Predict(queries));
            Assert.Equal(2, again.Programs.Count);
            loaded.Save(folder["again"], selfContained: false);
            Assert.Equal(File.ReadAllBytes(folder["small"]), File.ReadAllBytes(folder["again"]));
        }

        using AdaptedModel alone = AdaptedModel.Load(folder["whole"]);
        Assert.Equal(expected, alone.Predict(queries));
        alone.Save(folder["again"], selfContained: false);
        Assert.Equal(File.ReadAllBytes(folder["small"]), File.ReadAllBytes(folder["again"]));

        Refused("holds only what adaptation changed", () => AdaptedModel.Load(folder["small"]));
        Learner other = Create(specification, seed: 2);
        Refused("another learner: its weights are others; load it with its own", () => AdaptedModel.Load(folder["small"], other));
        Refused("its weights are others; load it with its own, or by itself", () => AdaptedModel.Load(folder["whole"], other));
        Learner narrow = Create(specification with { Channels = 3 });
        Refused("network.body is another in the file than in the learner", () => AdaptedModel.Load(folder["small"], narrow));
    }

    [Fact]
    public void A_file_of_an_earlier_version_is_read_alone_and_to_its_learner()
    {
        using var folder = new TemporaryFolder();
        Learner learner = Conv("anil");
        float[] queries = Random(3 * Size, 9);
        using AdaptedModel model = Adapt(learner, 4);
        model.Save(folder["new"]);
        SafetensorsFile file = Safetensors.Read(folder["new"]);
        string[] then = ["adapted_learner", "ways", "outputs"];
        Safetensors.Write(folder["old"], file.Tensors, file.Metadata.Where(pair => then.Contains(pair.Key)).ToDictionary());

        using AdaptedModel alone = AdaptedModel.Load(folder["old"]);
        Assert.Equal(model.Predict(queries), alone.Predict(queries));
        Assert.Contains(
            "of an earlier version",
            Assert.Throws<ArgumentException>(() => alone.Save(folder["small"], selfContained: false)).Message
        );
        alone.Save(folder["whole"]);
        Assert.Equal(File.ReadAllBytes(folder["old"]), File.ReadAllBytes(folder["whole"]));

        int programs = learner.Programs.Count;
        using AdaptedModel loaded = AdaptedModel.Load(folder["old"], learner);
        Assert.Equal(model.Predict(queries), loaded.Predict(queries));
        Assert.Equal(programs, learner.Programs.Count);
        Learner narrow = Create(ConvSpecification("anil") with { Channels = 2 });
        Refused("network.body is another in the file than in the learner", () => AdaptedModel.Load(folder["old"], narrow));
        using AdaptedModel toAnother = AdaptedModel.Load(folder["old"], Create(ConvSpecification("anil"), seed: 2));
        Assert.Equal(model.Predict(queries), toAnother.Predict(queries));
    }

    [Fact]
    public void A_model_adapted_under_a_pattern_shares_the_weights_of_its_learner()
    {
        using var folder = new TemporaryFolder();
        Learner learner = Conv("amfs");
        using AdaptedModel model = Adapt(new Learner(learner.Definition.Under(Pattern.Parse("last2")), learner.Parameters), 4);
        model.Save(folder["small"], selfContained: false);
        using AdaptedModel loaded = AdaptedModel.Load(folder["small"], learner);
        Assert.Equal(model.Predict(Random(3 * Size, 9)), loaded.Predict(Random(3 * Size, 9)));
        Assert.Equal(model.Definition, loaded.Definition);
        Assert.Equal(0, learner.Programs.Count);
    }

    [Fact]
    public void A_pattern_that_changes_nothing_leaves_the_learner_s_answers()
    {
        using var folder = new TemporaryFolder();
        Learner learner = Create(
            ConvSpecification("maml") with
            {
                Pattern = Pattern.Parse("00000"),
                NormStatistics = NormStatistics.Query,
            }
        );
        using AdaptedModel model = Adapt(learner, 4);
        model.Save(folder["small"], selfContained: false);
        using AdaptedModel loaded = AdaptedModel.Load(folder["small"], learner);
        Assert.Equal(model.Predict(Random(3 * Size, 9)), loaded.Predict(Random(3 * Size, 9)));
    }

    private static void Refused(string says, Action load) => Assert.Contains(says, Assert.Throws<StorageException>(load).Message);

    private static AdaptedModel Adapt(Learner learner, int count) =>
        learner.Adapt(Random(count * Size, (ulong)count), [.. Enumerable.Range(0, count).Select(i => i % 2)]);

    private static Learner Conv(string method) => Create(ConvSpecification(method));

    private static LearnerSpecification ConvSpecification(string method) =>
        new()
        {
            Method = method,
            Network = "conv4",
            Channels = 3,
            InputShape = [16, 16, 1],
            Outputs = 2,
            NormStatistics = NormStatistics.Support,
        };
}
