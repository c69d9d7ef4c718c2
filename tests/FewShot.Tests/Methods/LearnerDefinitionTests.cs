using System.Text.Json.Nodes;
using FewShot.Compute.Graphs;
using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Patterns;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tasks;
using Xunit;

namespace FewShot.Tests.Methods;

public sealed class LearnerDefinitionTests
{
    private static readonly TaskShape s_images = new(TaskKind.Classification, [16, 16, 1], 5, 5, 10);

    public static TheoryData<string> Rows => [.. Catalogue.Names];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_row_is_written_by_its_parts_and_read_back_as_it_was(string row)
    {
        var definition = new LearnerDefinition(Catalogue.Create(row), Networks.Conv4(s_images, channels: 3))
        {
            NormStatistics = NormStatistics.Running,
            QueryCount = 10,
        };
        JsonObject json = definition.ToJson();
        var read = LearnerDefinition.FromJson(JsonNode.Parse(json.ToJsonString()), "file");
        Assert.True(JsonNode.DeepEquals(json, read.ToJson()));
        Assert.Equal(definition, read);
        Assert.Equal(definition.Method, read.Method);
        Assert.Equal(definition.Network.Parameters.Select(Shown), read.Network.Parameters.Select(Shown));
    }

    [Fact]
    public void What_files_of_rows_and_settings_say_is_what_their_parts_say()
    {
        var specification = new LearnerSpecification
        {
            Method = "imaml",
            InputShape = [16, 16, 1],
            Outputs = 5,
            Channels = 3,
            Pattern = Pattern.Parse("last2"),
            Damping = 0.5,
            Solver = "neumann:7",
        };
        var old = LearnerDefinition.FromJson(specification.ToJson(), "file");
        Assert.Equal(LearnerDefinition.FromJson(old.ToJson(), "file"), old);
        Assert.Equal(Pattern.Parse("last2"), old.Method.Adaptation.Changing);
        Assert.Equal(new LinearSolver.Neumann(7, 0.1) { Damping = 0.5 }, ((Implicit)old.Method.MetaGradient).Solver);
    }

    [Fact]
    public void A_network_has_a_head_only_where_the_method_adapts_one()
    {
        Model network = Networks.Conv4(s_images, channels: 3);
        Assert.Equal(5, new LearnerDefinition(FewShot.Methods.Methods.Maml(), network).Network.Outputs);
        var headless = new LearnerDefinition(FewShot.Methods.Methods.ProtoNet(), network);
        Assert.Equal((0, 5), (headless.Network.Outputs, headless.Outputs));
    }

    [Fact]
    public void A_part_without_a_name_is_not_written()
    {
        var method = new Method("m", "m", "none", new Prototypes(), new Unrolled(), new Unnamed());
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new LearnerDefinition(method, Networks.Conv4(s_images, channels: 3)).ToJson()
        );
        Assert.Contains("call PartRegistry.Register for it first", error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Unnamed), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_function_in_a_network_is_not_written()
    {
        Model network = Networks.Mlp(new Shape(4), 3, [5], new Activation(x => x));
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new LearnerDefinition(FewShot.Methods.Methods.ProtoNet(), network).ToJson()
        );
        Assert.Contains("Activation", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_that_is_not_registered_is_named()
    {
        JsonObject json = new LearnerDefinition(FewShot.Methods.Methods.Maml(), Networks.Conv4(s_images, channels: 3)).ToJson();
        json["method"]!["weighting"] = JsonNode.Parse("""{"$part":"by-the-moon"}""");
        string message = Assert.Throws<StorageException>(() => LearnerDefinition.FromJson(json, "file")).Message;
        Assert.Contains("the part 'by-the-moon' is not registered", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("network", "input", "[0,16,1]", "extents must be positive")]
    [InlineData("network", "outputs", "2000000000", "")]
    [InlineData("network", "body", "null", "'network.body'")]
    [InlineData("method", "adaptation", "null", "'method.adaptation'")]
    [InlineData("method", "adaptation", "{}", "'method.adaptation")]
    [InlineData("method", "colour", "1", "'method.colour' is not known")]
    public void A_damaged_description_is_refused(string part, string setting, string value, string fault)
    {
        JsonObject json = new LearnerDefinition(FewShot.Methods.Methods.Maml(), Networks.Conv4(s_images, channels: 3)).ToJson();
        json[part]![setting] = JsonNode.Parse(value);
        string message = Assert.Throws<StorageException>(() => LearnerDefinition.FromJson(json, "file")).Message;
        Assert.Contains(fault, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_given_once()
    {
        PartRegistry.Register("gradient-agreement", LearnerJson.Default.GradientAgreement);
        Assert.Contains(
            "is registered as 'gradient-agreement' already",
            Assert.Throws<ArgumentException>(() => PartRegistry.Register("agreement", LearnerJson.Default.GradientAgreement)).Message
        );
    }

    private static string Shown(ParameterSpecification parameter) => $"{parameter.Name} {parameter.Shape} {parameter.Initializer}";

    private sealed record Unnamed : TaskWeighting
    {
        public override string Name => "unnamed";

        public override void Weigh(ReadOnlySpan<float> gradients, ReadOnlySpan<float> losses, Span<float> weights) => weights.Fill(1);
    }
}
