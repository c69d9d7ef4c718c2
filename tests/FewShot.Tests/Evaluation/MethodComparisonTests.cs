using System.Text.Json.Nodes;
using FewShot.Data;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Reporting;
using FewShot.Reporting.Comparison;
using FewShot.Storage;
using FewShot.Tasks;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Tests.Evaluation;

public sealed class MethodComparisonTests
{
    [Fact]
    public void Comes_back_from_its_file()
    {
        using var folder = new TemporaryFolder();
        MethodComparison comparison = Made();
        comparison.Save(folder["comparison.json"]);
        Assert.True(JsonNode.DeepEquals(comparison.ToJson(), MethodComparison.Load(folder["comparison.json"]).ToJson()));
    }

    [Theory]
    [InlineData("{", "does not say what was compared")]
    [InlineData("{\"data\":\"omniglot\"}", "does not say what was compared")]
    [InlineData(null, "cannot read")]
    public void Files_of_something_else_are_refused(string? text, string says)
    {
        using var folder = new TemporaryFolder();
        if (text is not null)
        {
            File.WriteAllText(folder["comparison.json"], text);
        }

        StorageException error = Assert.Throws<StorageException>(() => MethodComparison.Load(folder["comparison.json"]));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Table_sets_the_best_off_and_leaves_empty_columns_out()
    {
        ReportTable table = ComparisonTable.Of(Made());
        Assert.Equal(
            [
                "method",
                "meta-gradient",
                "accuracy (%)",
                "before (%)",
                "reported (%)",
                "adaptation (ms)",
                "meta-steps",
                "training (s)",
                "best after (s)",
                "training memory (MiB)",
                "adaptation memory (MiB)",
            ],
            table.Headers
        );
        Assert.Equal([1], table.Highlighted);
        Assert.Equal([2], table.Numeric);
        Assert.Equal(["maml", "exact", "95.2 ± 0.4", "20.0", "98.7", "2.60", "5,008", "600", "400", "40.0", "4.0"], table.Rows[0]);
        Assert.Equal(["boil", "exact", "diverged", "–", "–", "–", "–", "–", "–", "–", "–"], table.Rows[2]);
    }

    [Fact]
    public void Markdown_has_conditions_table_reasons_and_commands()
    {
        string text = ComparisonReport.Markdown(Made());
        Assert.StartsWith(
            "omniglot, 5-way 1-shot: 10 min of training for each method with 2 workers; measured on 600 test episodes of 15 queries a "
                + "class, the same for every method; seed 1;",
            text,
            StringComparison.Ordinal
        );
        Assert.Contains("| **protonet** |", text, StringComparison.Ordinal);
        Assert.Contains("boil: the loss is NaN.", text, StringComparison.Ordinal);
        Assert.Contains("protonet 98.8 % (Snell 2017", text, StringComparison.Ordinal);
        Assert.Contains("    fewshot train --method boil\n    fewshot evaluate --run boil\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_method_of_the_catalogue_is_in_the_plots()
    {
        MethodComparison comparison = Made();
        string page = ComparisonReport
            .Html(
                comparison with
                {
                    Rows =
                    [
                        .. Catalogue.Names.Select(
                            (name, index) => comparison.Rows[0] with { Method = name, Accuracy = 0.5 + (0.01 * index) }
                        ),
                    ],
                }
            )
            .ToHtml();
        Assert.Contains("Validation while training: methods 1 to 8 by their results", page, StringComparison.Ordinal);
        Assert.All(Catalogue.Names, name => Assert.True(page.Split($">{name}<").Length > 6, name));
    }

    [Fact]
    public void Without_any_measurement_there_is_still_a_report()
    {
        MethodComparison comparison = Made();
        Assert.Contains(
            "diverged",
            ComparisonReport.Html(comparison with { Rows = [comparison.Rows[2]] }).ToHtml(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Reported_figures_name_methods_of_the_catalogue()
    {
        string[] data = [.. TaskSources.All.Select(source => source.Name)];
        Assert.All(
            ReportedFigure.All,
            key =>
            {
                Assert.Contains(key.Method, Catalogue.Names);
                Assert.Contains(key.Data, data);
                ReportedFigure figure = ReportedFigure.Find(key.Method, key.Data, key.Ways, key.Shots)!;
                Assert.InRange(figure.Accuracy, 0.3, 1);

                // From the method's own paper, or else the source says whose it is.
                Assert.StartsWith(
                    figure.Source.Contains(Catalogue.Create(key.Method).Paper, StringComparison.Ordinal) ? "" : "as reported by ",
                    figure.Source,
                    StringComparison.Ordinal
                );
                Assert.Contains("arXiv:", figure.Source, StringComparison.Ordinal);
            }
        );
        Assert.Equal(0.958, ReportedFigure.Find("maml", "omniglot", 20, 1)!.Accuracy);
        Assert.Null(ReportedFigure.Find("maml", "omniglot", 7, 1));
    }

    [Theory]
    [InlineData(5, 1, 0.9916, 0.9950)]
    [InlineData(5, 5, 0.9967, 0.9974)]
    [InlineData(20, 1, 0.9446, 0.9618)]
    [InlineData(20, 5, 0.9869, 0.9914)]
    public void Both_variants_of_implicit_maml_are_reported_by_name(int ways, int shots, double descent, double hessianFree)
    {
        ReportedFigure figure = ReportedFigure.Find("imaml", "omniglot", ways, shots)!;
        Assert.Equal(descent, figure.Accuracy, 1e-12);
        Assert.Equal("gradient descent", figure.Variant);
        Assert.Equal(hessianFree, figure.Other!.Accuracy, 1e-12);
        Assert.Equal("Hessian-free", figure.Other.Variant);
    }

    [Fact]
    public void Reported_figures_are_written_with_all_that_is_known_of_them()
    {
        ComparisonRow imaml = Measured("imaml", 0.62, 0.2, 17);
        ComparisonRow r2d2 = Measured("r2d2", 0.498, null, 0.1) with { Reported = ReportedFigure.Find("r2d2", "cifar-fs", 5, 1) };
        string markdown = ComparisonReport.Markdown(Made() with { Rows = [imaml, r2d2] });
        Assert.Contains("99.2 gradient descent, 99.5 Hessian-free", markdown, StringComparison.Ordinal);
        Assert.Contains(
            "imaml 99.16 gradient descent, 99.5 Hessian-free % (Rajeswaran 2019, arXiv:1909.04630)",
            markdown,
            StringComparison.Ordinal
        );
        Assert.Contains("65.3 ± 0.2", markdown, StringComparison.Ordinal);
        Assert.Contains(
            "(99.2 gradient descent, 99.5 Hessian-free)",
            ComparisonMerge.Markdown([Made() with { Rows = [imaml] }]),
            StringComparison.Ordinal
        );
    }

    private static MethodComparison Made() =>
        new()
        {
            Data = "omniglot",
            Kind = TaskKind.Classification,
            Ways = 5,
            Shots = 1,
            Queries = 15,
            Split = Split.Test,
            Episodes = 600,
            Seed = 1,
            BudgetSeconds = 600,
            Workers = 2,
            Machine = "2 cores",
            Rows =
            [
                Measured("maml", 0.952, 0.2, 2.6),
                Measured("protonet", 0.975, null, 0.7),
                Row("boil") with
                {
                    Outcome = ComparisonOutcome.Diverged,
                    Order = "exact",
                    Fault = "method boil: the loss is NaN",
                },
            ],
        };

    private static ComparisonRow Measured(string method, double accuracy, double? before, double milliseconds) =>
        Row(method) with
        {
            Order = "exact",
            Accuracy = accuracy,
            Interval95 = 0.004,
            AccuracyBefore = before,
            Loss = 0.1,
            LossInterval95 = 0.01,
            AdaptMillisecondsMedian = milliseconds,
            AdaptPeakBytes = 4 << 20,
            MetaSteps = 5008,
            TrainingSeconds = 600.1,
            TrainingPeakBytes = 40 << 20,
            NormStatistics = NormStatistics.Query,
            Reported = ReportedFigure.Find(method, "omniglot", 5, 1),
            Curve = [new(100, 12, 0.5), new(3000, 400, 0.93), new(5008, 600.1, 0.92)],
        };

    private static ComparisonRow Row(string method) =>
        new()
        {
            Method = method,
            Outcome = ComparisonOutcome.Measured,
            Train = $"fewshot train --method {method}",
            Evaluate = $"fewshot evaluate --run {method}",
        };
}
