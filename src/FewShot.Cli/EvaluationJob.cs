using System.CommandLine;
using FewShot.Cli.Settings;
using FewShot.Data;
using FewShot.Data.Sources;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Cli;

/// <summary>What 'fewshot evaluate' was asked to do: everything is read and checked, nothing is compiled yet.</summary>
internal sealed record EvaluationJob(
    LearnerDefinition Learner,
    ITaskSource Source,
    Split Split,
    int Episodes,
    ulong Seed,
    int Workers,
    int AdaptThreads
)
{
    /// <summary>Reads a command line of 'fewshot evaluate'.</summary>
    /// <param name="parse">The command line that was parsed.</param>
    /// <param name="stored">The data of the run, which say what is not given.</param>
    /// <param name="trained">The learner of the run.</param>
    /// <param name="common">The options of all commands.</param>
    /// <param name="opened">The data opened before; null for none.</param>
    /// <exception cref="ArgumentException">The learner cannot be measured on such tasks.</exception>
    public static EvaluationJob Read(
        ParseResult parse,
        DataSelection stored,
        LearnerDefinition trained,
        CommonOptions common,
        OpenedData? opened = null
    )
    {
        DataSelection data = common.Data.Read(parse, stored);
        if (data.TrainingClasses is not null && trained.Preparation is not null)
        {
            // Data that have grown must not change what the learner is shown.
            data = data with
            {
                Preparation = trained.Preparation,
            };
        }

        Split split = parse.GetValue(common.Split) ?? Split.Test;
        SourceData read = (opened ?? new OpenedData()).Read(data);
        ITaskSource source = read.Tasks(data.Tasks with { Only = split });
        return new EvaluationJob(
            Fit(trained, source, parse.GetValue(common.Learner.NormStatistics), parse.GetValue(common.Data.Ways) is not null),
            source,
            split,
            parse.GetValue(common.Episodes) ?? 600,
            parse.GetValue(common.Seed) ?? 1,
            CommonOptions.WorkersOf(parse, common),
            parse.GetValue(common.AdaptThreads) ?? 1
        )
        {
            Note = NoteOn(read, source, trained, data),
        };
    }

    /// <summary>What must be known of the classes that are measured; null for nothing.</summary>
    public string? Note { get; private init; }

    /// <summary>Measures the learner on its tasks.</summary>
    /// <param name="parameters">The weights of the learner.</param>
    /// <param name="cancellation">Ends the evaluation.</param>
    public EvaluationResult Run(ParameterSet parameters, CancellationToken cancellation)
    {
        using var evaluator = new Evaluator(Learner, Source, Math.Min(Workers, Episodes)) { AdaptThreads = AdaptThreads };
        return evaluator.Run(parameters, Split, Episodes, Seed, cancellation: cancellation);
    }

    private static string? NoteOn(SourceData read, ITaskSource source, LearnerDefinition trained, DataSelection data)
    {
        if (read.LeftOut.Count > 0)
        {
            return $"left out, because the run was trained on them: {string.Join(", ", read.LeftOut)}";
        }

        return
            read.TrainingClasses is not null
            && data.TrainingClasses is null
            && Standardization(trained.Preparation) is { } then
            && Standardization(source.Preparation) is { } now
            && !then.SequenceEqual(now)
            ? $"the training examples of '{data.Root}' are not those of the run, which does not say on which classes it was trained: it "
                + "may know some of those that are measured"
            : null;
    }

    // Means and scales of the training examples, which are others where the examples are.
    private static IEnumerable<double>? Standardization(InputPreparation? preparation) =>
        preparation switch
        {
            ImagePreparation { Normalization: { } images } => images.Mean.Concat(images.Scale).Select(value => (double)value),
            TablePreparation table => table.Mean.Concat(table.Scale),
            _ => null,
        };

    /// <summary>What the learner is for other tasks than it was trained on, where it can serve them.</summary>
    private static LearnerDefinition Fit(LearnerDefinition definition, ITaskSource source, NormStatistics? statistics, bool waysGiven)
    {
        Method method = definition.Method;
        TaskShape shape = source.Shape;
        if (shape.Kind != definition.Kind || !shape.InputShape.SequenceEqual(definition.Network.Input.Extents.ToArray()))
        {
            throw new ArgumentException(
                $"the run was trained on {definition.Kind.ToString().ToLowerInvariant()} of inputs "
                    + $"{string.Join('×', definition.Network.Input.Extents.ToArray())}, "
                    + $"but '{source.Name}' gives {shape.Kind.ToString().ToLowerInvariant()} of inputs "
                    + $"{string.Join('×', shape.InputShape)}; choose the data it was trained for"
            );
        }

        if (method.Adaptation.NeedsHead && shape.Outputs != definition.Outputs)
        {
            throw new ArgumentException(
                $"{method.Name} was trained with a head for {definition.Outputs} ways and cannot be measured on {shape.Outputs}; "
                    + (waysGiven ? "leave --ways out, " : "")
                    + $"train with --ways {shape.Outputs}, or use a method without a head such as r2d2 or protonet"
            );
        }

        if (statistics == NormStatistics.Running && definition.NormStatistics != NormStatistics.Running)
        {
            throw new ArgumentException(
                "the run kept no running statistics; only a run trained with --norm-statistics running can be measured with them"
            );
        }

        return definition with
        {
            Outputs = shape.Outputs,
            NormStatistics = statistics ?? definition.NormStatistics,
        };
    }
}
