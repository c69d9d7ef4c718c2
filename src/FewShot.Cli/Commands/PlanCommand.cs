using System.CommandLine;
using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Cli.Settings;
using FewShot.Compute.Execution;
using FewShot.Methods;
using FewShot.Running;
using FewShot.Tasks;
using Spectre.Console;

namespace FewShot.Cli.Commands;

/// <summary>Says what a method would cost before anything is trained.</summary>
internal static class PlanCommand
{
    public static Command Create(CommonOptions common, Output output)
    {
        Option<int?> image = OptionFactory.Whole("--image", "Rows and columns of an image. [default: 28]", 1);
        Option<int?> channels = OptionFactory.Whole("--image-channels", "Channels of an image. [default: 1]", 1);
        Option<int?> features = OptionFactory.Whole("--features", "Numbers of an example that is no image.", 1);
        var regression = new Option<bool>("--regression")
        {
            Description = "Tasks of one number to predict; shots and queries are those of the task. [default: classification]",
        };
        var measure = new Option<bool>("--measure") { Description = "Run each program once and show the memory it really used." };
        var profile = new Option<bool>("--profile")
        {
            Description = "Run each program for a second on this machine and show where the time of one task goes.",
        };
        var dump = new Option<bool>("--dump") { Description = "Print the programs: every step, what it computes, reads and stores." };
        var command = new Command(
            "plan",
            "Show what a method costs on tasks of given sizes, before anything is trained: operations, multiply-adds and peak memory "
                + "of one task."
        )
        {
            image,
            channels,
            features,
            regression,
            common.Data.Ways,
            common.Data.Shots,
            common.Data.Queries,
            common.Outer.MemoryBudget,
            measure,
            profile,
            dump,
        };
        common.Learner.AddTo(command);
        command.SetAction(parse =>
        {
            if (parse.GetValue(features) is not null && (parse.GetValue(image) ?? parse.GetValue(channels)) is not null)
            {
                throw new ArgumentException("--features and --image exclude each other; give one of them");
            }

            IReadOnlyList<int> input = parse.GetValue(features) is { } count
                ? [count]
                : [parse.GetValue(image) ?? 28, parse.GetValue(image) ?? 28, parse.GetValue(channels) ?? 1];
            bool regress = parse.GetValue(regression);
            var sizes = new TaskOptions
            {
                Ways = parse.GetValue(common.Data.Ways) ?? 5,
                Shots = parse.GetValue(common.Data.Shots) ?? (regress ? 10 : 1),
                QueriesPerClass = parse.GetValue(common.Data.Queries) ?? 15,
            };
            TaskShape shape = regress ? sizes.Regression(1, input) : sizes.Classification(input);
            LearnerSpecification learner = common.Learner.Read(parse, shape, preparation: null);
            var plan = new MethodPlan(learner, shape, parse.GetValue(common.Outer.MemoryBudget));
            Print(plan, learner, shape, parse.GetValue(measure), parse.GetValue(profile), parse.GetValue(dump), output);
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Print(
        MethodPlan plan,
        LearnerSpecification learner,
        TaskShape shape,
        bool measure,
        bool profile,
        bool dump,
        Output output
    )
    {
        long? training = measure ? plan.MeasurePeakBytes(plan.Training) : null;
        long? adaptation = measure ? plan.MeasurePeakBytes(plan.Adaptation) : null;
        ProfileTable? trainingProfile = profile ? new ProfileTable(plan, plan.Training) : null;
        ProfileTable? adaptationProfile = profile ? new ProfileTable(plan, plan.Adaptation) : null;
        if (dump)
        {
            output.Line("== one task of training");
            output.Drawing(plan.Training.Dump());
            output.Line("== adaptation to one task");
            output.Drawing(plan.Adaptation.Dump());
        }

        output.Line(
            $"{plan.Method.Name} ({plan.Method.MetaGradient.Order}), {learner.Network}, {shape}; {Format.Count(plan.ParameterCount)} "
                + "parameters"
                + (plan.Checkpointed ? "; parts are recomputed to meet the memory budget" : "")
        );
        Table table = Format.Table([
            "one task",
            "steps",
            "multiply-adds",
            "largest step",
            "predicted peak",
            .. measure ? ["measured peak"] : Array.Empty<string>(),
        ]);
        Row(table, "training", plan.Training, training);
        Row(table, "adaptation", plan.Adaptation, adaptation);
        output.Show(table);
        if (plan.TaskStateBytes > 0)
        {
            output.Line($"Besides, {Format.Count(plan.TaskStateBytes)} bytes are kept of every task of the fixed set, for its warm start.");
        }

        trainingProfile?.Show("training", output);
        adaptationProfile?.Show("adaptation", output);
        output.Result(
            new JsonObject
            {
                ["method"] = plan.Method.Name,
                ["order"] = plan.Method.MetaGradient.Order,
                ["innerSteps"] = plan.Method.Adaptation.Steps,
                ["parameters"] = plan.ParameterCount,
                ["checkpointed"] = plan.Checkpointed,
                ["steps"] = plan.Training.StepCount,
                ["multiplyAdds"] = plan.Training.MultiplyAdds,
                ["workingSetBytes"] = plan.Training.WorkingSetBytes,
                ["predictedPeakBytes"] = plan.Training.PeakBytes,
                ["measuredPeakBytes"] = training,
                ["taskStateBytes"] = plan.TaskStateBytes,
                ["adaptSteps"] = plan.Adaptation.StepCount,
                ["adaptMultiplyAdds"] = plan.Adaptation.MultiplyAdds,
                ["adaptWorkingSetBytes"] = plan.Adaptation.WorkingSetBytes,
                ["adaptPredictedPeakBytes"] = plan.Adaptation.PeakBytes,
                ["adaptMeasuredPeakBytes"] = adaptation,
                ["profile"] = trainingProfile?.Json,
                ["adaptProfile"] = adaptationProfile?.Json,
            }
        );
    }

    private static void Row(Table table, string name, SimdProgram program, long? measured)
    {
        string[] cells =
        [
            name,
            Format.Count(program.StepCount),
            Format.Count(program.MultiplyAdds),
            Format.Bytes(program.WorkingSetBytes),
            $"{Format.Count(program.PeakBytes)} ({Format.Bytes(program.PeakBytes)})",
        ];
        table.Row(measured is { } bytes ? [.. cells, $"{Format.Count(bytes)} ({Format.Bytes(bytes)})"] : cells);
    }
}
