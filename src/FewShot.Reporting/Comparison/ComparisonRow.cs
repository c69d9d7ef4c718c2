using System.Text.Json.Serialization;
using FewShot.Models;

namespace FewShot.Reporting.Comparison;

/// <summary>How a method fared in a comparison.</summary>
public enum ComparisonOutcome
{
    /// <summary>It was trained and measured.</summary>
    Measured,

    /// <summary>Its training diverged.</summary>
    Diverged,

    /// <summary>It cannot do such tasks, or a setting does not apply to it.</summary>
    Impossible,
}

/// <summary>A point of a learning curve.</summary>
/// <param name="MetaSteps">Meta-steps done.</param>
/// <param name="Seconds">Training time spent, validation excluded.</param>
/// <param name="Validation">Validation accuracy in [0, 1], or loss for regression.</param>
public sealed record LearningCurvePoint(long MetaSteps, double Seconds, double Validation);

/// <summary>One method of a comparison, with the commands that reproduce it. Numbers are null where there was nothing to measure.</summary>
public sealed record ComparisonRow
{
    /// <summary>Row of the catalogue.</summary>
    public required string Method { get; init; }

    /// <summary>How its meta-gradient is computed; null where it could not be composed.</summary>
    public string? Order { get; init; }

    /// <summary>How it fared.</summary>
    public required ComparisonOutcome Outcome { get; init; }

    /// <summary>What went wrong; null where nothing did.</summary>
    public string? Fault { get; init; }

    /// <summary><see cref="Fault"/> with the method it is about; null where nothing went wrong.</summary>
    [JsonIgnore]
    public string? Reason =>
        Fault is null
            ? null
            : $"{Method}: {(Fault.StartsWith($"method {Method}: ", StringComparison.Ordinal) ? Fault[(Method.Length + 9)..] : Fault)}";

    /// <summary>What was set for this method alone, as options of training; empty for nothing.</summary>
    public string Settings { get; init; } = "";

    /// <summary>Query accuracy in [0, 1] on the test split after adaptation; null for regression.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Half of the 95 % interval of <see cref="Accuracy"/>.</summary>
    public double? Interval95 { get; init; }

    /// <summary>Accuracy before adaptation; null for a closed form.</summary>
    public double? AccuracyBefore { get; init; }

    /// <summary>Query loss after adaptation: cross-entropy in nats, or mean squared error.</summary>
    public double? Loss { get; init; }

    /// <summary>Half of the 95 % interval of <see cref="Loss"/>.</summary>
    public double? LossInterval95 { get; init; }

    /// <summary>Loss of a regression before adaptation; null for a closed form and for classification.</summary>
    public double? LossBefore { get; init; }

    /// <summary>Median time to adapt to one task on one core.</summary>
    public double? AdaptMillisecondsMedian { get; init; }

    /// <summary>Meta-steps of training done.</summary>
    public long? MetaSteps { get; init; }

    /// <summary>Time spent in training, validation excluded.</summary>
    public double? TrainingSeconds { get; init; }

    /// <summary>Arena of one worker in training.</summary>
    public long? TrainingPeakBytes { get; init; }

    /// <summary>Arena of one adaptation.</summary>
    public long? AdaptPeakBytes { get; init; }

    /// <summary>Where normalisation took its statistics from; null where the network does not normalise.</summary>
    public NormStatistics? NormStatistics { get; init; }

    /// <summary>What the literature reports; null where nothing is known to us.</summary>
    public ReportedFigure? Reported { get; init; }

    /// <summary>The command that trains it.</summary>
    public required string Train { get; init; }

    /// <summary>The command that measures it.</summary>
    public required string Evaluate { get; init; }

    /// <summary>Validation results in training.</summary>
    public IReadOnlyList<LearningCurvePoint> Curve { get; init; } = [];
}
