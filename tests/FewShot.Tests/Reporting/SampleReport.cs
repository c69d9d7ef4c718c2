using FewShot.Reporting;

namespace FewShot.Tests.Reporting;

/// <summary>A report with one of everything, for the tests and for looking at.</summary>
internal static class SampleReport
{
    public static LineChart Lines()
    {
        double[] steps = Enumerable.Range(0, 41).Select(i => i * 1500.0).ToArray();
        LineSeries Curve(string name, double end, double speed, bool gap) =>
            new(
                name,
                steps,
                [
                    .. steps.Select(
                        (step, i) =>
                            gap && i is > 10 and < 14
                                ? double.NaN
                                : end - ((end - 20) * Math.Exp(-step / speed)) + (0.8 * Math.Sin(i * 1.7))
                    ),
                ]
            )
            {
                Lower =
                [
                    .. steps.Select(
                        (step, i) =>
                            end - ((end - 20) * Math.Exp(-step / speed)) + (0.8 * Math.Sin(i * 1.7)) - 2 - (4 * Math.Exp(-step / 9000))
                    ),
                ],
                Upper =
                [
                    .. steps.Select(
                        (step, i) =>
                            end - ((end - 20) * Math.Exp(-step / speed)) + (0.8 * Math.Sin(i * 1.7)) + 2 + (4 * Math.Exp(-step / 9000))
                    ),
                ],
            };
        return new LineChart(
            "Validation accuracy, Omniglot 20-way 1-shot",
            new ChartAxis("iteration"),
            new ChartAxis("accuracy (%)"),
            [
                Curve("MAML", 95.8, 9000, false),
                Curve("ANIL", 91, 7000, false),
                Curve("BOIL <first order> & friends", 86, 12000, true),
                new LineSeries("chance", [0, 60000], [5, 5]) { Dashed = true },
            ]
        );
    }

    public static LineChart LogarithmicLines() =>
        new(
            "Peak memory by number of inner steps",
            new ChartAxis("inner steps", AxisScale.Logarithmic),
            new ChartAxis("peak memory (MiB)", AxisScale.Logarithmic),
            [
                new LineSeries("unrolled", [1, 2, 5, 10, 20, 50, 100], [12, 22, 54, 106, 210, 530, 1060]) { Markers = true },
                new LineSeries("checkpointed", [1, 2, 5, 10, 20, 50, 100], [12, 13, 14, 16, 19, 28, 43]) { Markers = true },
                new LineSeries("first order", [1, 2, 5, 10, 20, 50, 100], [8, 8, 8, 8, 8, 8, 8]) { Markers = true },
            ]
        );

    public static ScatterChart Scatter() =>
        new(
            "Accuracy against time of adaptation",
            new ChartAxis("time per task (ms)", AxisScale.Logarithmic),
            new ChartAxis("accuracy (%)"),
            [
                new ScatterGroup(
                    "gradient",
                    [
                        new(9.1, 98.2, "MAML"),
                        new(2.4, 97.6, "ANIL"),
                        new(7.9, 97.9, "BOIL"),
                        new(9.4, 98.3, "MAML++"),
                        new(8.7, 97.1, "Reptile"),
                    ]
                ),
                new ScatterGroup("closed form", [new(0.8, 97.9, "R2-D2"), new(1.9, 98.4, "kernel"), new(0.5, 97.2, "ProtoNet")]),
            ]
        )
        {
            Front = [new(0.5, 97.2), new(0.8, 97.9), new(1.9, 98.4)],
            FrontName = "best trade-offs",
        };

    public static BarChart Bars() =>
        new(
            "Accuracy on new alphabets",
            new ChartAxis("accuracy (%)"),
            ["MAML, second order", "MAML, first order", "ANIL", "R2-D2", "ProtoNet"],
            [
                new BarSeries("1 shot", [new(95.8, 0.3), new(94.9, 0.4), new(91.2, 0.9), new(94.0, 0.6), new(double.NaN)]),
                new BarSeries("5 shots", [new(98.9, 0.1), new(98.5, 0.2), new(97.0, 4.5), new(98.3, 0.2), new(98.4, 0.2)]),
            ]
        );

    public static DotChart Dots() =>
        new(
            "Accuracy with intervals",
            new ChartAxis("accuracy (%)"),
            ["MAML", "ANIL", "a method that failed"],
            [
                new BarSeries("measured", [new(97.8, 0.3), new(97.1, 0.4), new(double.NaN)]),
                new BarSeries("reported", [new(98.7), new(double.NaN), new(98.9)]),
            ]
        );

    public static HtmlReport Report() =>
        new HtmlReport("Comparison of methods", "Omniglot, 5-way 1-shot, 600 test episodes, seed 7, batch statistics of the query")
            .KeyFigures(("best accuracy", "98.9 ± 0.1 %"), ("fastest", "0.5 ms a task"), ("episodes", "600"), ("seed", "7"))
            .Paragraph(
                "Every method was trained for 60 000 iterations from the same seed and tested on the same episodes. Text such as <b> & "
                    + "\"quotes\" is shown as it is."
            )
            .Table(
                new ReportTable(
                    ["method", "order", "accuracy", "time per task", "memory (MiB)"],
                    [
                        ["MAML", "second", "98.9 ± 0.1 %", "9.1 ms", "106"],
                        ["MAML", "first", "98.5 ± 0.2 %", "4.2 ms", "8.3"],
                        ["ANIL", "second", "97.0 ± 0.3 %", "2.4 ms", "21"],
                        ["ProtoNet", "–", "98.4 ± 0.2 %", "0.5 ms", "4.1"],
                    ]
                )
                {
                    Highlighted = [0],
                },
                "The highlighted row has the best accuracy; intervals are of 95 %."
            )
            .Note("Batch normalisation uses the statistics of the whole query set, the transductive setting of the original papers.")
            .Section("Training")
            .Chart(Lines(), "Bands are 95 % intervals over episodes.")
            .Section("Cost")
            .Chart(Scatter())
            .Chart(LogarithmicLines())
            .Section("Accuracy")
            .Chart(Bars())
            .Chart(Dots())
            .Preformatted("./fewshot compare --ways 5 --shots 1\n  --episodes 600");
}
