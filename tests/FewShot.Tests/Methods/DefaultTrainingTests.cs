using System.Globalization;
using FewShot.Data;
using FewShot.Data.Glyphs;
using FewShot.Data.Tables;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Tasks;
using FewShot.Tests.Tasks;
using FewShot.Training;
using Xunit;

namespace FewShot.Tests.Methods;

/// <summary>
/// Every row of the catalogue on every kind of built-in task, with all that shapes the numbers left to its default but the size of the
/// network for images and of a batch: it trains 200 iterations without diverging and ends better than it began, or it is refused with the
/// reason.
/// </summary>
public class DefaultTrainingTests
{
    private const int Iterations = 200;

    // The same before and after, so that what is compared differs by the training alone.
    private const int Episodes = 200;

    public static TheoryData<string, string, int> Cells =>
        [.. from row in Catalogue.Names from kind in s_kinds.Keys from shots in new[] { 1, 5, 10 } select (row, kind, shots)];

    private static readonly Dictionary<string, Func<int, ITaskSource>> s_kinds = new()
    {
        ["sinusoid"] = shots => new SinusoidTasks(new TaskOptions { Shots = shots, QueriesPerClass = 5 }),
        ["glyphs"] = shots => new ImageTasks(
            GlyphClasses.Dataset(),
            new TaskOptions
            {
                Ways = 2,
                Shots = shots,
                QueriesPerClass = 2,
            }
        ),
        ["table of numbers"] = shots =>
            Table(
                "group,x,z,y",
                TaskKind.Regression,
                shots,
                (group, row) =>
                {
                    // A plane of its own for each group, far from standard units.
                    double x = 50 + (10 * Math.Sin((7.1 * group) + (3.3 * row)));
                    double z = Math.Cos((2.3 * group) + (5.9 * row));
                    return FormattableString.Invariant(
                        $"{x},{z},{1000 + (20 * Math.Sin(group) * (x - 50)) + (150 * Math.Cos(3 * group) * z)}"
                    );
                }
            ),
        ["table of classes"] = shots =>
            Table(
                "group,x,z,kind",
                TaskKind.Classification,
                shots,
                (group, row) =>
                {
                    // Three clouds around a circle, turned by an angle of its own for each group.
                    double angle = (0.7 * group) + (row % 3 * 2 * Math.PI / 3);
                    double x = Math.Cos(angle) + (0.4 * Math.Sin(11.3 * row * (group + 1)));
                    double z = Math.Sin(angle) + (0.4 * Math.Cos(7.7 * row * (group + 1)));
                    return FormattableString.Invariant($"{x},{z},class {row % 3}");
                }
            ),
    };

    [Theory]
    [MemberData(nameof(Cells))]
    public void Defaults_train_every_row_on_every_kind_of_task(string row, string kind, int shots)
    {
        ITaskSource source = s_kinds[kind](shots);
        LearnerSpecification specification = new()
        {
            Method = row,
            Kind = source.Shape.Kind,
            InputShape = source.Shape.InputShape,
            Outputs = source.Shape.Outputs,
            Shots = shots,

            // The rows of function space learn from gradients of all weights, of which two channels have too few.
            Channels = row.StartsWith("meta-rkhs", StringComparison.Ordinal) ? 8 : 2,
        };
        var options = new TrainingOptions
        {
            Iterations = Iterations,
            MetaBatch = kind == "glyphs" ? 1 : 8,
            ValidateEvery = Iterations,
            ValidationEpisodes = 1,
        };
        if (source.Shape.Kind == TaskKind.Regression && s_classifiers.Contains(row))
        {
            string refusal = Assert.Throws<ArgumentException>(() => new TrainingLoop(specification, source, options, workers: 1)).Message;
            Assert.Contains("for regression use", refusal);
            return;
        }

        using TrainingLoop trainer = new TrainingLoop(specification, source, options, workers: 1);
        using var evaluator = new Evaluator(specification, source, workers: 1, everyStep: false);
        double Loss() => evaluator.Run(trainer.Parameters, Split.Train, Episodes, 7, timed: false).Loss.Mean;
        double before = Loss();
        trainer.Run();
        double after = Loss();
        Assert.True(after < before, FormattableString.Invariant($"the loss was {before} before training and is {after} after"));
    }

    private static readonly string[] s_classifiers = ["protonet", "protonet-cosine", "matching", "lr-d2", "fiml"];

    private static TableTasks Table(string header, TaskKind kind, int shots, Func<int, int, string> row)
    {
        const int Groups = 20;
        int rows = kind == TaskKind.Classification ? 3 * (shots + 2) : shots + 5;
        using var folder = new TemporaryFolder();
        string path = folder.Write(
            "table.csv",
            header
                + "\n"
                + string.Concat(
                    from g in Enumerable.Range(0, Groups)
                    from r in Enumerable.Range(0, rows)
                    select string.Create(CultureInfo.InvariantCulture, $"g{g},{row(g, r)}\n")
                )
        );
        return TableTasks.Open(
            path,
            new TableOptions
            {
                Group = "group",
                Target = header.Split(',')[^1],
                Kind = kind,
            },
            new TaskOptions
            {
                Ways = 3,
                Shots = shots,
                QueriesPerClass = kind == TaskKind.Classification ? 2 : 5,
            }
        );
    }
}
