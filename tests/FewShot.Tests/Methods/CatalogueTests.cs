using System.Text.Json.Nodes;
using FewShot.Compute.Graphs;
using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Methods.Patterns;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tasks;
using Xunit;

namespace FewShot.Tests.Methods;

public class CatalogueTests
{
    [Fact]
    public void The_catalogue_has_the_published_rows()
    {
        Assert.Empty(
            new[] { "maml", "fomaml", "anil", "boil", "meta-sgd", "maml++", "reptile", "r2d2", "protonet", "matching" }.Except(
                Catalogue.Names
            )
        );
        Assert.Equal(Catalogue.Names, Catalogue.All.Select(method => method.Name));
        Assert.Equal(Catalogue.Names.Count, Catalogue.Names.Distinct().Count());
        Assert.All(Catalogue.All, method => Assert.Matches(@"\d{4}", method.Paper));
    }

    [Fact]
    public void An_unknown_method_is_answered_with_the_nearest()
    {
        string message = Assert.Throws<ArgumentException>(() => Catalogue.Create("protonets")).Message;
        Assert.Contains("unknown method 'protonets'", message);
        Assert.Contains("protonet", message);
        Assert.Equal("maml", Catalogue.Create("MAML").Name);
    }

    [Theory]
    [InlineData("protonet")]
    [InlineData("r2d2")]
    public void A_closed_form_takes_no_options_of_an_inner_loop(string row)
    {
        Assert.Contains(
            "has no inner steps or inner rate to set",
            Assert.Throws<ArgumentException>(() => Catalogue.Create(row, new MethodOptions { InnerSteps = 3 })).Message
        );
        Assert.Throws<ArgumentException>(() => Catalogue.Create(row, new MethodOptions { InnerRate = 0.1 }));
        Assert.Throws<ArgumentException>(() => Catalogue.Create(row, new MethodOptions { Pattern = Pattern.All }));
    }

    [Theory]
    [InlineData("fomaml")]
    [InlineData("reptile")]
    [InlineData("protonet")]
    public void An_option_that_a_row_cannot_follow_is_refused(string row) =>
        Assert.Contains(
            "takes no number of exact steps",
            Assert.Throws<ArgumentException>(() => Catalogue.Create(row, new MethodOptions { ExactSteps = 2 })).Message
        );

    [Theory]
    [InlineData("maml", 10, 0.4, true)]
    [InlineData("hf-maml", 10, 0.4, true)]
    [InlineData("maml", 5, 0.4, false)]
    [InlineData("maml", 1, 3.0, false)]
    [InlineData("fomaml", 10, 0.4, false)]
    [InlineData("mrml", 100, 0.4, false)]
    public void A_rate_far_above_what_the_steps_tolerate_is_cautioned_against(string row, int steps, double rate, bool cautioned)
    {
        string? caution = Catalogue.Create(row, new MethodOptions { InnerSteps = steps, InnerRate = rate }).Warning;
        Assert.Equal(cautioned, caution is not null);
        Assert.True(!cautioned || caution!.Contains("10 inner steps of rate 0.4 are far above", StringComparison.Ordinal));
        Assert.True(!cautioned || caution!.Contains("a rate of 0.05", StringComparison.Ordinal));
        Assert.DoesNotContain("far above", Catalogue.Create(row).Warning ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_cannot_be_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MethodOptions { InnerSteps = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new MethodOptions { InnerRate = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new MethodOptions { InnerRate = -0.1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new MethodOptions { ExactSteps = -1 });
        Method method = Catalogue.Create("maml", new MethodOptions { InnerSteps = 2, ExactSteps = 3 });
        Model model = Networks.Mlp(new Compute.Graphs.Shape(2), 2);
        Assert.Contains(
            "3 exact steps of 2 inner steps",
            Assert.Throws<ArgumentException>(() => method.Validate(model, new TaskShape(TaskKind.Classification, [2], 2, 2, 2))).Message
        );
    }

    [Theory]
    [InlineData("maml")]
    [InlineData("amfs")]
    [InlineData("r2d2")]
    public void Only_a_gradient_flow_has_a_time(string row)
    {
        Assert.Contains(
            "has no gradient flow",
            Assert.Throws<ArgumentException>(() => Catalogue.Create(row, new MethodOptions { FlowTime = 1 })).Message
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => new MethodOptions { FlowTime = 0 });
        Assert.Equal(new TangentFlow(2), Catalogue.Create("meta-rkhs-ii", new MethodOptions { FlowTime = 2 }).Adaptation);
    }

    [Fact]
    public void Rates_are_for_methods_whose_way_is_differentiated()
    {
        Model model = Networks.Mlp(new Compute.Graphs.Shape(2), 2);
        var shape = new TaskShape(TaskKind.Classification, [2], 2, 2, 2);
        Catalogue.Create("itd-bio", new MethodOptions { Rates = LearningRateScope.Scalar }).Validate(model, shape);
        Assert.Throws<ArgumentException>(() =>
            Catalogue.Create("mrml", new MethodOptions { Rates = LearningRateScope.Scalar }).Validate(model, shape)
        );
        Assert.Contains(
            "no inner steps or inner rate",
            Assert.Throws<ArgumentException>(() => Catalogue.Create("r2d2", new MethodOptions { Rates = LearningRateScope.Layer })).Message
        );
    }

    [Fact]
    public void A_network_for_other_tasks_is_refused()
    {
        Model model = Networks.Mlp(new Compute.Graphs.Shape(2), 2);
        Method maml = Catalogue.Create("maml");
        Assert.Contains(
            "takes inputs of [2], the tasks have [3]",
            Assert.Throws<ArgumentException>(() => maml.Validate(model, new TaskShape(TaskKind.Classification, [3], 2, 2, 2))).Message
        );
        Assert.Contains(
            "head has 2 outputs, the tasks 3",
            Assert.Throws<ArgumentException>(() => maml.Validate(model, new TaskShape(TaskKind.Classification, [2], 3, 3, 3))).Message
        );
    }

    [Fact]
    public void A_specification_survives_json()
    {
        var specification = new LearnerSpecification
        {
            Method = "maml++",
            Network = "mlp",
            Channels = 8,
            Hidden = [7, 6],
            Kind = TaskKind.Regression,
            InputShape = [3],
            Outputs = 2,
            NormStatistics = NormStatistics.Support,
            InnerSteps = 3,
            InnerRate = 0.05,
            Pattern = Pattern.Parse("011"),
            ExactSteps = 2,
            Rates = LearningRateScope.Layer,
            Weighting = TaskWeightingKind.Agreement,
            WeightingFloor = double.NegativeInfinity,
        };
        LearnerSpecification warm = specification with { Method = "mrml", ExactSteps = null, Solver = "cg:3", WarmStart = true };
        Assert.Equal(warm, LearnerSpecification.FromJson(JsonNode.Parse(warm.ToJson().ToJsonString()), "file"));
        Assert.Equal("implicit, conjugate gradients (3), warm start", warm.CreateMethod().MetaGradient.Order);
        LearnerSpecification read = LearnerSpecification.FromJson(JsonNode.Parse(specification.ToJson().ToJsonString()), "file");
        Assert.Equal(specification, read);
        Assert.Equal(specification.GetHashCode(), read.GetHashCode());
        Assert.NotEqual(specification, read with { Hidden = [7, 5] });
        Assert.Equal(3, read.CreateMethod().Adaptation.Steps);
        Assert.Equal(new GradientAgreement(double.NegativeInfinity), read.CreateMethod().Weighting);
        Assert.Equal(["layer1", "layer2", "head"], read.CreateModel().Layers);
    }

    [Theory]
    [InlineData("""{"method":"maml","inputShape":[2],"outputs":2,"colour":"red"}""", "colour")]
    [InlineData("""{"inputShape":[2],"outputs":2}""", "method")]
    [InlineData("""{"method":"maml","inputShape":[2],"outputs":"two"}""", "outputs")]
    [InlineData("null", "missing")]
    public void A_specification_with_unknown_or_missing_parts_is_refused(string json, string part)
    {
        string message = Assert.Throws<StorageException>(() => LearnerSpecification.FromJson(JsonNode.Parse(json), "run/config")).Message;
        Assert.Contains("'run/config' does not say what its learner is", message);
        Assert.Contains(part, message);
    }

    [Fact]
    public void An_unknown_network_is_answered_with_the_nearest()
    {
        var specification = new LearnerSpecification
        {
            Method = "maml",
            Network = "conv5",
            InputShape = [28, 28, 1],
            Outputs = 5,
        };
        string message = Assert.Throws<ArgumentException>(specification.CreateModel).Message;
        Assert.Contains("unknown network 'conv5'", message);
        Assert.Contains("conv4", message);
    }
}
