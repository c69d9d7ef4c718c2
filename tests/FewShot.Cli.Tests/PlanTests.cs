using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using Xunit;

namespace FewShot.Cli.Tests;

public sealed class PlanTests
{
    [Fact]
    public void Measured_memory_is_the_predicted()
    {
        JsonObject json = CommandResult
            .Good("plan", "--method", "anil", "--channels", "4", "--queries", "2", "--inner-steps", "2", "--measure", "--json")
            .Json;
        Assert.Equal(2, (int)json["innerSteps"]!);
        Assert.True((long)json["multiplyAdds"]! > (long)json["adaptMultiplyAdds"]!);
        Assert.InRange((long)json["measuredPeakBytes"]!, (long)json["predictedPeakBytes"]! * 9 / 10, (long)json["predictedPeakBytes"]!);
        Assert.InRange(
            (long)json["adaptMeasuredPeakBytes"]!,
            (long)json["adaptPredictedPeakBytes"]! * 9 / 10,
            (long)json["adaptPredictedPeakBytes"]!
        );
    }

    [Fact]
    public void Without_measuring_nothing_is_measured()
    {
        JsonObject json = CommandResult.Good("plan", "--method", "protonet", "--channels", "4", "--json").Json;
        Assert.Null(json["measuredPeakBytes"]);
        Assert.Equal(0, (int)json["innerSteps"]!);
    }

    [Fact]
    public void Profile_says_where_the_time_goes()
    {
        string[] arguments = ["plan", "--method", "maml", "--channels", "4", "--queries", "2", "--inner-steps", "1", "--profile"];
        JsonObject json = CommandResult.Good([.. arguments, "--json"]).Json;
        foreach (string name in (string[])["profile", "adaptProfile"])
        {
            JsonObject profile = json[name]!.AsObject();
            JsonArray kinds = profile["kinds"]!.AsArray();
            Assert.Equal(1, kinds.Sum(kind => (double)kind!["share"]!), 6);
            Assert.Equal((double)profile["seconds"]!, kinds.Sum(kind => (double)kind!["seconds"]!), 9);
            JsonNode convolution = Assert.Single(kinds, kind => (string)kind!["name"]! == "Convolution")!;
            Assert.True((double)convolution["gflops"]! > 0);
            Assert.True((long)convolution["bytes"]! > 0);
            JsonArray steps = profile["steps"]!.AsArray();
            Assert.InRange(steps.Count, 5, 15);
            Assert.Equal(steps.OrderByDescending(step => (double)step!["seconds"]!), steps);
        }

        Assert.True((long)json["workingSetBytes"]! < (long)json["predictedPeakBytes"]!);
        CommandResult text = CommandResult.Good(arguments);
        Assert.Contains("one task of training takes", text.Output, StringComparison.Ordinal);
        Assert.Contains("fused loop over windows", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_warm_start_says_what_it_keeps_of_a_task()
    {
        string[] warm = ["plan", "--method", "mrml", "--features", "6", "--ways", "3", "--warm-start", "--solver", "steepest:4"];
        JsonObject json = CommandResult.Good([.. warm, "--json"]).Json;
        Assert.Equal(2 * ((40 * 3) + 3) * sizeof(float), (long)json["taskStateBytes"]!);
        Assert.Equal("implicit, steepest descent (4), warm start", (string)json["order"]!);
        Assert.Contains("984 bytes are kept of every task", CommandResult.Good(warm).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Dump_shows_the_program()
    {
        CommandResult result = CommandResult.Good("plan", "--method", "r2d2", "--features", "6", "--ways", "3", "--dump");
        Assert.Contains("ridge regression", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Dump_shows_that_a_frozen_layer_is_computed_once()
    {
        Assert.Equal((4, 0), Convolutions("head"));

        // The last is of the adapted weights: queries are normalised by the statistics of the support set under them.
        Assert.Equal((3 + (2 * 2) + 1, 2), Convolutions("00011"));

        // How many there are in the adaptation, and how many of them in its second step.
        static (int, int) Convolutions(string pattern)
        {
            string dump = CommandResult
                .Good("plan", "--method", "maml", "--pattern", pattern, "--channels", "4", "--queries", "2", "--inner-steps", "2", "--dump")
                .Output;
            string[] steps =
            [
                .. dump[dump.IndexOf("== adaptation", StringComparison.Ordinal)..]
                    .Split('\n')
                    .Where(line => line.Contains("Convolution", StringComparison.Ordinal)),
            ];
            return (steps.Length, steps.Count(line => line.Contains("inner step 2", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void Memory_budget_that_cannot_be_met_says_what_is_needed() =>
        CommandResult.Refused(
            ExitCode.Usage,
            ["the memory budget of 1000 bytes", "needs", "--memory-budget"],
            "plan",
            "--method",
            "maml",
            "--features",
            "4",
            "--memory-budget",
            "1KB"
        );

    [Fact]
    public void Image_and_features_exclude_each_other() =>
        CommandResult.Refused(ExitCode.Usage, ["--features", "--image"], "plan", "--features", "4", "--image", "28");

    [Fact]
    public void Too_small_images_are_refused() => CommandResult.Refused(ExitCode.Usage, ["conv4", "16x16"], "plan", "--image", "8");
}
