using FewShot.Reporting;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Tests.Reporting;

public sealed class HtmlReportTests
{
    [Fact]
    public void The_page_stands_alone_and_shows_text_as_text()
    {
        string html = SampleReport.Report().ToHtml();
        Assert.StartsWith("<!doctype html>", html);
        Assert.Contains("&lt;b&gt; &amp; &quot;quotes&quot;", html);
        Assert.Contains("BOIL &lt;first order&gt; &amp; friends", html);
        foreach (string? forbidden in new[] { "<script", "<link", "<img", "src=", "href=", "url(", "@import" })
        {
            Assert.DoesNotContain(forbidden, html);
        }
    }

    [Fact]
    public void Nothing_added_as_text_can_become_markup()
    {
        const string attack = "</style><script>alert('x')</script>\"";
        string html = new HtmlReport(attack, attack)
            .Section(attack)
            .Paragraph(attack)
            .Note(attack)
            .Preformatted(attack)
            .KeyFigures((attack, attack))
            .Table(
                new ReportTable(
                    [attack],
                    [
                        [attack],
                    ]
                ),
                attack
            )
            .Chart(
                new ScatterChart(attack, new ChartAxis(attack), new ChartAxis(attack), [new ScatterGroup(attack, [new(1, 1, attack)])]),
                attack
            )
            .Chart(new BarChart(attack, new ChartAxis(attack), [attack], [new BarSeries(attack, [new Bar(1)])]))
            .ToHtml();
        Assert.DoesNotContain("<script", html);
    }

    [Fact]
    public void Columns_of_numbers_are_aligned_as_such()
    {
        string html = new HtmlReport("t")
            .Table(
                new ReportTable(
                    ["name", "value"],
                    [
                        ["a", "98.7 ± 0.3 %"],
                        ["b", "–"],
                        ["c", "−1e-3"],
                    ]
                )
            )
            .ToHtml();
        Assert.Contains("<th scope=\"col\">name</th><th scope=\"col\" class=\"number\">value</th>", html);
    }

    [Fact]
    public void A_row_of_another_length_is_named() =>
        Assert.Contains(
            "row 1 of the table has 1 cells for 2 columns",
            Assert
                .Throws<ArgumentException>(() =>
                    new HtmlReport("t").Table(
                        new ReportTable(
                            ["a", "b"],
                            [
                                ["1", "2"],
                                ["3"],
                            ]
                        )
                    )
                )
                .Message
        );

    [Fact]
    public void Saves_one_file()
    {
        // FEWSHOT_REPORT_SAMPLE keeps the page, to look at it in a browser.
        using var folder = new TemporaryFolder();
        string path = Environment.GetEnvironmentVariable("FEWSHOT_REPORT_SAMPLE") ?? folder["report.html"];
        SampleReport.Report().Save(path);
        Assert.EndsWith("</html>\n", File.ReadAllText(path));
    }
}
