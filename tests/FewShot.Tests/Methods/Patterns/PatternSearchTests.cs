using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Tasks;
using FewShot.Tests.Running;
using Xunit;

namespace FewShot.Tests.Methods.Patterns;

public class PatternSearchTests
{
    private static readonly BlobTasks s_source = new(new TaskShape(TaskKind.Classification, [4], 3, 3, 9), noise: 1);

    [Fact]
    public void The_choice_is_the_fastest_measured_within_the_tolerance()
    {
        Learner learner = Blobs("maml", 2);
        var options = new PatternSearchOptions
        {
            Episodes = 60,
            ScreeningEpisodes = 20,
            Rounds = 2,
            Contenders = 4,
            Turns = 2,
            Tolerance = 0.02,
        };
        PatternChoice choice = Search(learner, options).Run();

        Assert.Equal("111;111", choice.AllOnes.Pattern.ToString());
        Assert.Equal("111;000", choice.AllOnesOneStep.Pattern.ToString());
        Assert.True(choice.Screened >= choice.Measured.Count && choice.Screened > 14);
        Assert.All(choice.Measured, measured => Assert.True(measured.Milliseconds > 0 && measured.MultiplyAdds >= 0));
        Assert.Equal(choice.Measured.Count, choice.Measured.Select(measured => measured.Pattern).Distinct().Count());
        PatternMeasurement[] accurate =
        [
            .. choice.Measured.Where(measured => measured.Accuracy.Mean >= choice.AllOnes.Accuracy.Mean - 0.02),
        ];
        Assert.Equal(accurate.Min(measured => measured.Milliseconds), choice.Chosen.Milliseconds);
        Assert.True(choice.BestOneStep.ActiveSteps == 1 && choice.BestOneStep.Accuracy.Mean >= choice.AllOnesOneStep.Accuracy.Mean);

        // Screening is on the first of the same episodes: what is reported is what an evaluation of all of them gives.
        foreach (PatternMeasurement measured in choice.Measured)
        {
            var under = new Learner(learner.Definition.Under(measured.Pattern), learner.Parameters);
            Assert.Equal(under.Evaluate(s_source, Split.Validation, 60).Accuracy!.Value.Mean, measured.Accuracy.Mean, 1e-12);
        }
    }

    [Fact]
    public void The_beam_tries_rows_of_every_kind_within_its_bound_and_keeps_those_that_lead_on()
    {
        var options = new PatternSearchOptions
        {
            Episodes = 4,
            ScreeningEpisodes = 4,
            Rounds = 2,
            Beam = 3,
            Contenders = 2,
            Turns = 1,
            Tolerance = 1,
        };
        var tried = new List<Pattern>();
        PatternChoice choice = Search(Blobs("maml", 2), options)
            .Run(
                (what, pattern, _) =>
                {
                    if (what == "tried")
                    {
                        tried.Add(pattern);
                    }
                }
            );

        // Seven static patterns and seven of one step, then two rounds of three that have at most 2 × (3 + 1) neighbours.
        string[] perStep =
        [
            .. tried
                .Select(pattern => pattern.ToString())
                .Where(text => text.Split(';') is [var first, var second] && first != second && second != "000"),
        ];
        Assert.Equal(choice.Screened, tried.Count);
        Assert.InRange(tried.Count, 15, 14 + (2 * 3 * 2 * (3 + 1)));
        Assert.NotEmpty(perStep);

        // Such as 101 and 010, which are not the layers from some layer up; the search before knew only those.
        Assert.Contains(perStep, text => text.Split(';').Any(row => row.TrimStart('0').Contains('0')));
    }

    [Fact]
    public void Step_sizes_learned_a_layer_and_step_can_be_searched_too()
    {
        Learner learner = Blobs("maml++", 2);
        var options = new PatternSearchOptions
        {
            Episodes = 4,
            ScreeningEpisodes = 4,
            Rounds = 1,
            Contenders = 2,
            Turns = 1,
        };
        PatternChoice choice = Search(learner, options).Run();
        Assert.Contains(choice.Measured, measured => measured.Pattern.Equals(choice.Chosen.Pattern));
    }

    [Fact]
    public void A_closed_form_has_no_patterns_to_search() =>
        Assert.Contains(
            "closed form",
            Assert.Throws<ArgumentException>(() => Search(Blobs("protonet", null), new PatternSearchOptions())).Message
        );

    private static PatternSearch Search(Learner learner, PatternSearchOptions options) =>
        new(learner.Definition, learner.Parameters, s_source, options, workers: 1);

    private static Learner Blobs(string method, int? steps)
    {
        var specification = new LearnerSpecification
        {
            Method = method,
            InputShape = [4],
            Outputs = 3,
            Hidden = [6, 5],
            InnerSteps = steps,
        };
        return new Learner(
            specification,
            ParameterSet.Initialize(specification.CreateMethod().MetaParameters(specification.CreateModel()), 1)
        );
    }
}
