using System.Globalization;
using System.Xml.Linq;
using FewShot.Reporting;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Tests.Reporting;

public sealed class ChartTests
{
    private static readonly XNamespace s_svg = "http://www.w3.org/2000/svg";

    public static TheoryData<string> Samples => ["lines", "logarithmic", "scatter", "bars", "dots", "empty"];

    [Theory]
    [MemberData(nameof(Samples))]
    public void Every_chart_is_well_formed_and_inside_its_frame(string name)
    {
        var svg = XElement.Parse(Sample(name).ToSvg());
        Assert.Equal(s_svg + "svg", svg.Name);
        double[] frame = svg.Attribute("viewBox")!.Value.Split(' ').Select(Parse).ToArray();
        foreach (XAttribute attribute in svg.Descendants().Attributes())
        {
            if (attribute.Name.LocalName is "x" or "x1" or "x2" or "cx" or "width")
            {
                Assert.InRange(Parse(attribute.Value), 0, frame[2]);
            }
            else if (attribute.Name.LocalName is "y" or "y1" or "y2" or "cy" or "height")
            {
                Assert.InRange(Parse(attribute.Value), 0, frame[3]);
            }
            else if (attribute.Name.LocalName == "points")
            {
                foreach (string[]? point in attribute.Value.Split(' ').Select(text => text.Split(',')))
                {
                    Assert.InRange(Parse(point[0]), 0, frame[2]);
                    Assert.InRange(Parse(point[1]), 0, frame[3]);
                }
            }
        }
    }

    [Fact]
    public void The_drawing_does_not_depend_on_the_culture()
    {
        string expected = SampleReport.Lines().ToSvg();
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            comma.NumberFormat.NumberDecimalSeparator = ",";
            comma.NumberFormat.NegativeSign = "~";
            CultureInfo.CurrentCulture = comma;
            Assert.Equal(expected, SampleReport.Lines().ToSvg());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Points_lie_where_their_values_say()
    {
        var chart = new LineChart("t", new ChartAxis("x"), new ChartAxis("y"), [new LineSeries("s", [0, 5, 10], [0, 5, 10])]);
        List<(double X, double Y)> points = Polylines(chart).Single();
        Assert.Equal((points[0].X + points[2].X) / 2, points[1].X, 0.011);
        Assert.Equal((points[0].Y + points[2].Y) / 2, points[1].Y, 0.011);
        Assert.True(points[2].Y < points[0].Y, "larger values must be higher");

        var logarithmic = new LineChart(
            "t",
            new ChartAxis("x", AxisScale.Logarithmic),
            new ChartAxis("y", AxisScale.Logarithmic),
            [new LineSeries("s", [1, 10, 100], [0.01, 0.1, 1])]
        );
        points = Polylines(logarithmic).Single();
        Assert.Equal((points[0].X + points[2].X) / 2, points[1].X, 0.011);
        Assert.Equal((points[0].Y + points[2].Y) / 2, points[1].Y, 0.011);
    }

    [Fact]
    public void Trade_offs_are_the_points_that_no_other_beats()
    {
        ScatterPoint[] points = [new(3, 9), new(1, 5), new(2, 4), new(1, 6), new(double.NaN, 99), new(4, 9)];
        Assert.Equal([(1, 6), (3, 9)], ScatterChart.BestTradeOffs(points).Select(point => (point.X, point.Y)));
        Assert.Equal([(1, 5), (2, 4)], ScatterChart.BestTradeOffs(points, higher: false).Select(point => (point.X, point.Y)));
    }

    [Fact]
    public void Values_that_are_not_finite_leave_a_gap()
    {
        var chart = new LineChart(
            "t",
            new ChartAxis("x"),
            new ChartAxis("y"),
            [new LineSeries("s", [0, 1, 2, 3, 4], [1, 2, double.NaN, 2, double.PositiveInfinity])]
        );
        Assert.Equal([2, 1], Polylines(chart).Select(line => line.Count));
        Assert.Single(XElement.Parse(chart.ToSvg()).Descendants(s_svg + "circle")); // the lone point
    }

    [Fact]
    public void A_logarithmic_axis_names_the_series_that_is_not_positive()
    {
        var chart = new LineChart(
            "t",
            new ChartAxis("x"),
            new ChartAxis("loss", AxisScale.Logarithmic),
            [new LineSeries("ANIL", [1], [0])]
        );
        Assert.Equal(
            "the logarithmic axis 'loss' was given 0 by 'ANIL'; it needs positive numbers",
            Assert.Throws<ArgumentException>(chart.ToSvg).Message
        );
    }

    [Fact]
    public void Uneven_series_are_named()
    {
        Assert.Contains(
            "'s' has 2 positions but 1",
            Assert
                .Throws<ArgumentException>(
                    new LineChart("t", new ChartAxis("x"), new ChartAxis("y"), [new LineSeries("s", [1, 2], [1])]).ToSvg
                )
                .Message
        );
        Assert.Contains(
            "one edge",
            Assert
                .Throws<ArgumentException>(
                    new LineChart("t", new ChartAxis("x"), new ChartAxis("y"), [new LineSeries("s", [1], [1]) { Lower = [0] }]).ToSvg
                )
                .Message
        );
        Assert.Contains(
            "'s' has 1 bars for 2 categories",
            Assert
                .Throws<ArgumentException>(new BarChart("t", new ChartAxis("x"), ["a", "b"], [new BarSeries("s", [new Bar(1)])]).ToSvg)
                .Message
        );
    }

    [Fact]
    public void Labels_of_neighbours_do_not_cover_each_other()
    {
        var chart = new ScatterChart(
            "t",
            new ChartAxis("x"),
            new ChartAxis("y"),
            [new ScatterGroup("g", [new(0, 0, "origin"), new(10, 10, "far"), new(5, 5, "first label"), new(5.1, 5.1, "second label")])]
        );
        (double X, double Y, double Width)[] labels = XElement
            .Parse(chart.ToSvg())
            .Descendants(s_svg + "text")
            .Where(text => text.Attribute("class")!.Value == "label")
            .Select(text =>
                (
                    X: Parse(text.Attribute("x")!.Value),
                    Y: Parse(text.Attribute("y")!.Value),
                    Width: PlotStyle.TextWidth(text.Value, PlotStyle.SmallText)
                )
            )
            .ToArray();
        Assert.Equal(4, labels.Length);
        foreach (
            ((double X, double Y, double Width) a, (double X, double Y, double Width) b) in labels.SelectMany(
                (a, i) => labels.Skip(i + 1).Select(b => (a, b))
            )
        )
        {
            Assert.True(a.X + a.Width <= b.X || b.X + b.Width <= a.X || Math.Abs(a.Y - b.Y) >= 12, $"{a} covers {b}");
        }
    }

    [Fact]
    public void Bars_begin_at_zero_and_error_bars_that_reach_zero_stay_on_a_logarithmic_axis()
    {
        var chart = new BarChart(
            "t",
            new ChartAxis("x", AxisScale.Logarithmic),
            ["a", "b"],
            [new BarSeries("s", [new Bar(1, 2), new Bar(100, 10)])]
        );
        Assert.Equal(
            2,
            XElement
                .Parse(chart.ToSvg())
                .Descendants(s_svg + "rect")
                .Count(rect => rect.Attribute("class")!.Value.StartsWith("bar", StringComparison.Ordinal))
        );
        var linear = AxisTicks.Fit(new ChartAxis("x"), [("zero", 0), ("s", 97), ("s", 98)], 5);
        Assert.Equal(0, linear.Minimum);
    }

    [Fact]
    public void Saves_a_file_of_its_own()
    {
        using var folder = new TemporaryFolder();
        SampleReport.Bars().Save(folder["bars.svg"]);
        Assert.Equal(s_svg + "svg", XDocument.Load(folder["bars.svg"]).Root!.Name);
    }

    private static Chart Sample(string name) =>
        name switch
        {
            "lines" => SampleReport.Lines(),
            "logarithmic" => SampleReport.LogarithmicLines(),
            "scatter" => SampleReport.Scatter(),
            "bars" => SampleReport.Bars(),
            "dots" => SampleReport.Dots(),
            _ => new LineChart("nothing yet", new ChartAxis("x"), new ChartAxis("y"), []),
        };

    private static double Parse(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static List<List<(double X, double Y)>> Polylines(Chart chart) =>
        [
            .. XElement
                .Parse(chart.ToSvg())
                .Descendants(s_svg + "polyline")
                .Select(line =>
                    line.Attribute("points")!
                        .Value.Split(' ')
                        .Select(point => point.Split(','))
                        .Select(point => (Parse(point[0]), Parse(point[1])))
                        .ToList()
                ),
        ];
}
