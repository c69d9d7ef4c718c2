using System.Text.Json.Serialization;
using FewShot.Models;

namespace FewShot.Reporting.Comparison;

/// <summary>How a method fared in a comparison.</summary>
public enum ComparisonOutcome
{
    /// <summary>The method was trained and measured.</summary>
    Measured,

    /// <summary>The loss of its training is no longer a number.</summary>
    Diverged,

    /// <summary>The method cannot do such tasks, or a setting does not apply to it.</summary>
    Impossible,
}

/// <summary>A point of a learning curve.</summary>
/// <param name="MetaSteps">How many meta-steps were done.</param>
/// <param name="Seconds">The training time spent in seconds, validation excluded.</param>
/// <param name="Validation">Validation accuracy in [0, 1], or loss for regression.</param>
public sealed record LearningCurvePoint(long MetaSteps, double Seconds, double Validation);

/// <summary>One method of a comparison, with the commands that reproduce it. Numbers are null where there was nothing to measure.</summary>
public sealed record ComparisonRow
{
    /// <summary>The method's row of the catalogue.</summary>
    public required string Method { get; init; }

    /// <summary>How its meta-gradient is computed; null where it could not be composed.</summary>
    public string? Order { get; init; }

    /// <summary>How the method fared.</summary>
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
    /// <value>Empty by default.</value>
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

    /// <summary>The median time to adapt to one task on one core, in milliseconds.</summary>
    public double? AdaptMillisecondsMedian { get; init; }

    /// <summary>The meta-steps of training done.</summary>
    public long? MetaSteps { get; init; }

    /// <summary>The time spent in training in seconds, validation excluded.</summary>
    public double? TrainingSeconds { get; init; }

    /// <summary>The bytes of one worker's arena in training.</summary>
    public long? TrainingPeakBytes { get; init; }

    /// <summary>The bytes of the arena of one adaptation.</summary>
    public long? AdaptPeakBytes { get; init; }

    /// <summary>Where normalisation took its statistics from; null where the network does not normalise.</summary>
    public NormStatistics? NormStatistics { get; init; }

    /// <summary>What the literature reports; null where nothing is known to us.</summary>
    public ReportedFigure? Reported { get; init; }

    /// <summary>The command that trains the method.</summary>
    public required string Train { get; init; }

    /// <summary>The command that measures the method.</summary>
    public required string Evaluate { get; init; }

    /// <summary>The validation results in the course of training.</summary>
    /// <value>None by default.</value>
    public IReadOnlyList<LearningCurvePoint> Curve { get; init; } = [];
}
