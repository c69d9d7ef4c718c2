using System.Text.Json.Nodes;
using FewShot.Benchmarks;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Running;
using FewShot.Storage;
using FewShot.Training;
using Xunit;

namespace FewShot.Tests.Storage;

/// <summary>
/// Valid files whose descriptions are wrong: each is refused with its name and the fault, before memory is taken for what it claims.
/// </summary>
public sealed class DamagedDescriptionTests
{
    private static readonly LearnerSpecification s_specification = new()
    {
        Method = "protonet",
        Network = "mlp",
        Hidden = [3],
        InputShape = [2],
        Outputs = 2,
    };

    [Theory]
    [InlineData("method", "\"pro\"", "pro")]
    [InlineData("method", "null", "'method'")]
    [InlineData("method", "[1]", "'method'")]
    [InlineData("network", "\"conv5\"", "unknown network 'conv5'")]
    [InlineData("network", "\"conv4\"", "conv4 needs images")]
    [InlineData("inputShape", "[28,-1,1]", "extents must be positive")]
    [InlineData("inputShape", "[100000,100000,100000]", "more than")]
    [InlineData("inputShape", "[1e3]", "'inputShape[0]'")]
    [InlineData("hidden", "[46000,46000,46000]", "more than")]
    [InlineData("hidden", "[1000000]", "1000000")]
    [InlineData("hidden", "null", "'hidden'")]
    [InlineData("kind", "7", "'kind'")]
    [InlineData("kind", "\"colour\"", "'kind'")]
    [InlineData("normStatistics", "{}", "'normStatistics'")]
    [InlineData("outputs", "\"two\"", "'outputs'")]
    [InlineData("outputs", "99999999999", "'outputs'")]
    [InlineData("innerRate", "\"fast\"", "'innerRate'")]
    [InlineData("innerSteps", "2000000000", "InnerSteps must be from 1 to 10000")]
    [InlineData("innerSteps", "-1", "InnerSteps must be from 1 to 10000")]
    [InlineData("preparation", "{}", "'preparation.form' is missing")]
    [InlineData("preparation", """{"form":"image"}""", "extents must be positive")]
    [InlineData(
        "preparation",
        """{"form":"image","height":28,"width":28,"channels":1,"invert":true,"normalization":null}""",
        "gives images of [28, 28, 1]"
    )]
    [InlineData(
        "preparation",
        """{"form":"table","features":["a",null],"mean":[0,0],"scale":[1,1],"target":"t","targetMean":0,"targetScale":1}""",
        "name every column"
    )]
    [InlineData(
        "preparation",
        """{"form":"table","features":["a","b"],"mean":[0],"scale":[1,1],"target":"t","targetMean":0,"targetScale":1}""",
        "a mean and a scale"
    )]
    [InlineData(
        "preparation",
        """{"form":"table","features":["a","b"],"mean":[0,0],"scale":[1,0],"target":"t","targetMean":0,"targetScale":1}""",
        "scale that is 0"
    )]
    [InlineData("colour", "1", "'colour' is not known")]
    public void A_learner_with_a_wrong_setting_is_refused(string setting, string value, string fault)
    {
        JsonObject json = s_specification.ToJson();
        json[setting] = JsonNode.Parse(value);
        Refuse(json.ToJsonString(), fault);
    }

    /// <summary>Who gives it prepared numbers can use a learner whose preparation is not there, and saving keeps it.</summary>
    [Fact]
    public void A_preparation_that_no_one_registered_is_refused_where_it_is_asked_for()
    {
        JsonObject json = s_specification.ToJson();
        json["preparation"] = JsonNode.Parse("""{"form":"sound","rate":8000}""");
        var definition = LearnerDefinition.FromJson(json, "file");
        string message = Assert.Throws<StorageException>(() => definition.Preparation).Message;
        Assert.Contains("the part 'sound' is not registered in this program", message, StringComparison.Ordinal);
        Assert.True(JsonNode.DeepEquals(json["preparation"], definition.ToJson()["preparation"]));
    }

    [Theory]
    [InlineData("", "line 1 is not JSON")]
    [InlineData("[]", "not a JSON object")]
    [InlineData("null", "not a JSON object")]
    [InlineData("""{"method":"maml"}""", "'inputShape' is missing")]
    [InlineData("""{"method":"maml","method":"anil","inputShape":[2],"outputs":2}""", "'method' is given twice")]
    [InlineData("""{"method":"maml","inputShape":[2],"outputs":2,"preparation":{"a":1,"a":2}}""", "'preparation.a' is given twice")]
    [InlineData("""{"method":"\ud800","inputShape":[2],"outputs":2}""", "'method' holds text that is not UTF-8")]
    public void A_learner_that_is_not_an_object_of_settings_is_refused(string json, string fault) => Refuse(json, fault);

    [Fact]
    public void Deep_nesting_is_refused() => Refuse(new string('[', 1000) + new string(']', 1000), "not JSON");

    [Fact]
    public void Settings_that_are_not_given_keep_their_defaults()
    {
        LearnerSpecification read = LearnerSpecification.FromJson(
            JsonNode.Parse("""{"method":"maml","inputShape":[2],"outputs":2}"""),
            "file"
        );
        Assert.Equal(
            new LearnerSpecification
            {
                Method = "maml",
                InputShape = [2],
                Outputs = 2,
                NormStatistics = NormStatistics.Query,
            },
            read
        );
        Assert.Equal([40, 40], read.Hidden);
        TrainingOptions options = TrainingOptions.FromJson(JsonNode.Parse("""{"seed":5,"outer":{"rate":0.5}}"""), "file");
        Assert.Equal(
            new TrainingOptions
            {
                Seed = 5,
                Outer = new() { Rate = 0.5 },
            },
            options
        );
    }

    [Theory]
    [InlineData("""{"metaBatch":0}""", "MetaBatch must be at least 1")]
    [InlineData("""{"outer":{"rate":-1}}""", "Rate must be positive")]
    [InlineData("""{"outer":{"speed":1}}""", "'outer.speed' is not known")]
    [InlineData("""{"outer":null}""", "'outer'")]
    [InlineData("""{"budget":"soon"}""", "'budget'")]
    public void Options_of_training_out_of_range_are_refused(string json, string fault)
    {
        string message = Assert.Throws<StorageException>(() => TrainingOptions.FromJson(JsonNode.Parse(json), "run/config.json")).Message;
        Assert.Contains("'run/config.json' does not say how to train", message);
        Assert.Contains(fault, message);
    }

    [Theory]
    [InlineData("""["a","a"]""", "two classes are named 'a'")]
    [InlineData("""[null,"a"]""", "not a list of names")]
    [InlineData("""["","a"]""", "class 0 has no name")]
    [InlineData("""["a"]""", "1 names for 2 classes")]
    [InlineData("""{"a":1}""", "not a list of names")]
    [InlineData("[", "not JSON")]
    public void Class_names_that_do_not_name_the_classes_are_refused(string names, string fault)
    {
        using var folder = new TemporaryFolder();
        SafetensorsFile file = Model(folder);
        Safetensors.Write(folder["b"], file.Tensors, new Dictionary<string, string>(file.Metadata) { ["class_names"] = names });
        string message = Assert.Throws<StorageException>(() => AdaptedModel.Load(folder["b"])).Message;
        Assert.Contains(folder["b"], message);
        Assert.Contains(fault, message);
    }

    [Fact]
    public void Two_classes_of_one_name_are_refused_in_adaptation()
    {
        Assert.Contains(
            "two classes are named 'a'",
            Assert.Throws<ArgumentException>(() => Learner().Adapt([1, 2, 3, 4], [0, 1], ["a", "a"])).Message
        );
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Weights_that_are_not_finite_are_refused(float value)
    {
        using var folder = new TemporaryFolder();
        SafetensorsFile file = Model(folder);
        file.Tensors[^1].Float32[0] = value;
        Safetensors.Write(folder["b"], file.Tensors, file.Metadata);
        Assert.Contains("not finite", Assert.Throws<StorageException>(() => AdaptedModel.Load(folder["b"])).Message);

        Learner learner = Learner();
        learner.Parameters.Values[0] = value;
        learner.Save(folder["c"]);
        Assert.Contains("not finite", Assert.Throws<StorageException>(() => FewShot.Learner.Load(folder["c"])).Message);
    }

    [Fact]
    public void The_damaged_models_of_the_shared_cases_are_refused_by_name()
    {
        string cases =
            Environment.GetEnvironmentVariable("FEWSHOT_CASES") ?? Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "cases"));
        string models = Path.Combine(cases, "models");
        if (!Directory.Exists(models))
        {
            Assert.Skip($"The cases '{models}' are missing: set FEWSHOT_CASES to the folder that has them.");
        }

        var faults = new Dictionary<string, string>
        {
            ["hundred-thousand-channels"] = "100000",
            ["impossible-shape"] = "[28]",
            ["nan-weights"] = "not finite",
            ["null-class-name"] = "not a list of names",
            ["preparation-without-form"] = "'preparation.form' is missing",
            ["two-classes-of-one-name"] = "two classes are named 'a'",
            ["unknown-method"] = "pro",
        };
        foreach (string file in Directory.GetFiles(models))
        {
            string message = Assert.Throws<StorageException>(() => AdaptedModel.Load(file)).Message;
            Assert.Contains(file, message);
            Assert.Contains(faults[Path.GetFileNameWithoutExtension(file)], message);
        }
    }

    private static void Refuse(string description, string fault)
    {
        using var folder = new TemporaryFolder();
        SafetensorsFile file = Model(folder);
        Safetensors.Write(folder["b"], file.Tensors, new Dictionary<string, string>(file.Metadata) { ["adapted_learner"] = description });
        Learner learner = Learner();
        new Checkpoint(
            0,
            FewShot.Running.StoredParameters.ToStored(learner.Parameters),
            [],
            new Dictionary<string, string> { ["learner"] = description }
        ).Write(folder["c"]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (
            (string name, Action load) in new (string, Action)[]
            {
                (folder["b"], () => AdaptedModel.Load(folder["b"])),
                (folder["c"], () => FewShot.Learner.Load(folder["c"])),
            }
        )
        {
            string message = Assert.Throws<StorageException>(load).Message;
            Assert.Contains(name, message);
            Assert.Contains(fault, message);
            Assert.DoesNotContain(
                "FewShot.",
                message.Replace(name, "", StringComparison.Ordinal).Replace("of FewShot", "", StringComparison.Ordinal)
            );
            Assert.DoesNotContain('\n', message);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
    }

    private static Learner Learner() =>
        new Learner(
            s_specification,
            ParameterSet.Initialize(s_specification.CreateMethod().MetaParameters(s_specification.CreateModel()), 1)
        );

    private static SafetensorsFile Model(TemporaryFolder folder)
    {
        using AdaptedModel model = Learner().Adapt([1, 2, 3, 4], [0, 1], ["cat", "dog"]);
        model.Save(folder["a"]);
        return Safetensors.Read(folder["a"]);
    }
}
