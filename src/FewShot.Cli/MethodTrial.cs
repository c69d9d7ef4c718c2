using System.CommandLine;
using System.Text.Json.Nodes;
using FewShot.Cli.Commands;
using FewShot.Cli.Printing;
using FewShot.Cli.Settings;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Methods.Optimizers;
using FewShot.Reporting.Comparison;
using FewShot.Storage;
using FewShot.Tasks;
using FewShot.Training;

namespace FewShot.Cli;

/// <summary>One method of a comparison: trained and measured by the same commands that a reader would type.</summary>
internal sealed class MethodTrial
{
    private readonly CommonOptions _common;
    private readonly ParseResult _train;
    private readonly ParseResult _evaluate;

    private MethodTrial(MethodCommands commands, CommonOptions common, ParseResult train, ParseResult evaluate) =>
        (Commands, _common, _train, _evaluate) = (commands, common, train, evaluate);

    public MethodCommands Commands { get; }

    /// <summary>Reads the command lines.</summary>
    /// <exception cref="ArgumentException">A value is not one that an option takes.</exception>
    public static MethodTrial Parse(MethodCommands commands, Output output)
    {
        var common = new CommonOptions();
        var root = new Command("fewshot") { TrainCommand.Create(common, output, default), EvaluateCommand.Create(common, output, default) };
        return new MethodTrial(
            commands,
            common,
            Good(root.Parse(["train", .. commands.Train])),
            Good(root.Parse(["evaluate", .. commands.Evaluate]))
        );

        static ParseResult Good(ParseResult parse) =>
            parse.Errors.Count == 0 ? parse : throw new ArgumentException(ParseFailure.Describe(parse));
    }

    /// <summary>The row of an earlier session, if the same commands gave it and the run has not gone on since.</summary>
    public ComparisonRow? Known(MethodComparison? before) =>
        before?.Rows.FirstOrDefault(row =>
            row.Outcome != ComparisonOutcome.Impossible
            && row.Train == Commands.TrainText
            && row.Evaluate == Commands.EvaluateText
            && row.MetaSteps == Saved()
        );

    /// <summary>Trains a method, or goes on with it, and measures it.</summary>
    /// <param name="opened">The data that the methods have in common.</param>
    /// <param name="output">Where it is told how training goes on.</param>
    /// <param name="cancellation">Asks the trial to stop.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop; what is trained is kept.</exception>
    /// <exception cref="StorageException">The folder holds another run.</exception>
    public ComparisonRow Run(OpenedData opened, Output output, CancellationToken cancellation)
    {
        var row = new ComparisonRow
        {
            Method = Commands.Method,
            Order = Catalogue.Create(Commands.Method).MetaGradient.Order,
            Settings = Commands.Settings,
            Train = Commands.TrainText,
            Evaluate = Commands.EvaluateText,
            Outcome = ComparisonOutcome.Impossible,
        };
        try
        {
            // What a folder has stored must not fill in for what the command does not say.
            var training = TrainingJob.Read(_train, Commands.Run, stored: null, _common, opened);
            row = row with { Order = training.Method.MetaGradient.Order };
            var evaluation = EvaluationJob.Read(_evaluate, training.Configuration.Data, training.Configuration.Learner, _common, opened);
            CompareWithStored(training.Configuration.Training, output);
            TrainingOutcome trained = training.Run(output, cancellation);
            if (trained.End == TrainingEnd.Interrupted)
            {
                throw new OperationCanceledException(cancellation);
            }

            return Measured(row, training, trained, evaluation.Run(TrainedRun.Load(Commands.Run).Parameters, cancellation));
        }
        catch (Exception error) when (error is ArgumentException or DataException)
        {
            return row with { Fault = Failure.OneLine(error) };
        }
        catch (TrainingDivergedException error)
        {
            return row with { Outcome = ComparisonOutcome.Diverged, Fault = Failure.OneLine(error), MetaSteps = Saved(), Curve = Curve() };
        }
    }

    private ComparisonRow Measured(ComparisonRow row, TrainingJob training, TrainingOutcome trained, EvaluationResult result) =>
        row with
        {
            Outcome = ComparisonOutcome.Measured,
            Accuracy = result.Accuracy?.Mean,
            Interval95 = result.Accuracy?.HalfWidth,
            AccuracyBefore = result.Accuracy is null ? null : result.Before?.Mean,
            Loss = Finite(result.Loss.Mean),
            LossInterval95 = Finite(result.Loss.HalfWidth),
            LossBefore = result.Accuracy is null ? Finite(result.Before?.Mean) : null,
            AdaptMillisecondsMedian = result.AdaptMillisecondsMedian,
            AdaptPeakBytes = result.AdaptPeakBytes,
            MetaSteps = trained.Iteration,
            TrainingSeconds = trained.Seconds,
            TrainingPeakBytes = trained.PeakBytes,
            NormStatistics = Format.Normalizes(training.Configuration.Learner) ? result.NormStatistics : null,
            Reported = ReportedFigure.Find(row.Method, training.Configuration.Data.Source, result.Shape.Ways, result.Shape.Shots),
            Curve = Curve(),
        };

    private long? Saved() =>
        File.Exists(RunFolder.LatestPath(Commands.Run))
        && Checkpoint.Read(RunFolder.LatestPath(Commands.Run)).Iteration is > 0 and long saved
            ? saved
            : null;

    /// <summary>
    /// Refuses to measure a run that was trained for longer than is asked for now, and says what going on for longer changes.
    /// </summary>
    private void CompareWithStored(TrainingOptions asked, Output output)
    {
        if (RunConfiguration.ReadIfThere(Commands.Run)?.Training is not { } stored)
        {
            return;
        }

        if (stored.Budget > asked.Budget || stored.Iterations > asked.Iterations)
        {
            throw new StorageException(
                $"'{Commands.Run}' was trained for longer ({stored.Budget?.ToString("c") ?? "no time limit"}, "
                    + $"{Format.Count(stored.Iterations)} meta-steps) than is asked for now; give as much, or another --out"
            );
        }

        if (
            asked.Outer.Schedule != LearningRateSchedule.Constant
            && (stored.Budget != asked.Budget || stored.Iterations != asked.Iterations)
        )
        {
            output.Note(
                $"note: '{Commands.Run}' goes on for longer than it was begun for: the schedule of its outer rate now spans the whole "
                    + "of it, which changes the rate "
                    + "at once; give another --out for a run that follows the schedule from its beginning"
            );
        }
    }

    private LearningCurvePoint[] Curve() =>
        [
            .. from line in RunFolder.ReadLog(Commands.Run)
            let validation = line["validation/accuracy"] ?? line["validation/loss"]
            where validation is JsonValue && validation.GetValueKind() == System.Text.Json.JsonValueKind.Number
            select new LearningCurvePoint((long)line["step"]!, (double)line["seconds"]!, (double)validation),
        ];

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
