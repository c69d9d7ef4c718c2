using System.Globalization;

namespace FewShot.Reporting.Comparison;

/// <summary>An accuracy reported in the literature.</summary>
/// <param name="Accuracy">The reported accuracy, in [0, 1].</param>
/// <param name="Source">
/// The paper, "as reported by" it where it is not the method's own, with what differs from a four-layer network of 64 channels where that
/// is known.
/// </param>
public sealed record ReportedFigure(double Accuracy, string Source)
{
    /// <summary>
    /// Half of the 95 % interval that the paper gives, in the unit of <see cref="Accuracy"/>; null where none is known to us.
    /// </summary>
    public double? HalfWidth { get; init; }

    /// <summary>What the paper calls the variant of its method that this is the figure of; null where it has one alone.</summary>
    public string? Variant { get; init; }

    /// <summary>
    /// The paper's figure for its other variant of the method, which is not that of the catalogue's row; null where it has one alone.
    /// </summary>
    public ReportedFigure? Other { get; init; }

    /// <summary>The figure in percent, with the interval and the variant where there are any, and the other variant behind.</summary>
    /// <param name="format">The number format of the accuracies in percent.</param>
    internal string Text(string format)
    {
        string Percent(double share) => (100 * share).ToString(format, CultureInfo.InvariantCulture);
        string half = HalfWidth is { } width ? $" ± {Percent(width)}" : "";
        string variant = Variant is null ? "" : $" {Variant}";
        return $"{Percent(Accuracy)}{half}{variant}{(Other is null ? "" : $", {Other.Text(format)}")}";
    }

    private const string Maml = "Finn 2017, arXiv:1703.03400";
    private const string ImplicitMaml = "Rajeswaran 2019, arXiv:1909.04630";
    private const string Reptile = "Nichol 2018, arXiv:1803.02999";
    private const string ClosedForm = "Bertinetto 2018, arXiv:1805.08136";
    private const string Kernel = "Zhou 2021, arXiv:2102.03909, table 2; 32 channels";

    private static readonly Dictionary<(string Method, string Data, int Ways, int Shots), ReportedFigure> s_figures = Table();

    /// <summary>The methods and tasks of which something is reported.</summary>
    internal static IReadOnlyCollection<(string Method, string Data, int Ways, int Shots)> All => s_figures.Keys;

    /// <summary>What is reported for a method on a data set; null where nothing is known to us.</summary>
    /// <param name="method">The method's row of the catalogue.</param>
    /// <param name="data">The name of the source.</param>
    /// <param name="ways">The classes of a test task.</param>
    /// <param name="shots">The support examples of each class.</param>
    public static ReportedFigure? Find(string method, string data, int ways, int shots) =>
        s_figures.GetValueOrDefault((method, data, ways, shots));

    private static Dictionary<(string, string, int, int), ReportedFigure> Table()
    {
        var figures = new Dictionary<(string, string, int, int), ReportedFigure>();
        Omniglot("maml", Maml, 98.7, 99.9, 95.8, 98.9);
        Omniglot("fomaml", $"as reported by {Reptile}; transductive", 98.3, 99.2, 89.4, 97.9);
        Omniglot("reptile", $"{Reptile}; transductive", 97.68, 99.48, 89.43, 97.12);
        Omniglot("imaml", ImplicitMaml, 99.16, 99.67, 94.46, 98.69);
        Omniglot("maml++", "Antoniou 2019, arXiv:1810.09502", 99.47, 99.85, 97.65, 99.33);
        Omniglot("protonet", "Snell 2017, arXiv:1703.05175; trained with 60 ways", 98.8, 99.7, 96.0, 98.9);
        FiveWay("r2d2", "cifar-fs", $"{ClosedForm}; wider network", 65.3, 79.4);
        FiveWay("maml", "cifar-fs", $"as reported by {ClosedForm}", 58.9, 71.5);
        FiveWay("protonet", "cifar-fs", $"as reported by {ClosedForm}", 55.5, 72.0);
        FiveWay("maml", "fc100", $"as reported by {Kernel}", 38.0, 49.34);
        FiveWay("meta-rkhs-i", "fc100", Kernel, 38.9, 51.47);
        FiveWay("meta-rkhs-ii", "fc100", Kernel, 41.2, 51.36);
        Change("r2d2", "cifar-fs", 5, 1, figure => figure with { HalfWidth = 0.002 });

        // How the paper's inner problem is solved; ours is solved by gradient descent.
        HessianFree(5, 1, 99.50);
        HessianFree(5, 5, 99.74);
        HessianFree(20, 1, 96.18);
        HessianFree(20, 5, 99.14);
        return figures;

        void HessianFree(int ways, int shots, double percent) =>
            Change(
                "imaml",
                "omniglot",
                ways,
                shots,
                figure =>
                    figure with
                    {
                        Variant = "gradient descent",
                        Other = new ReportedFigure(percent / 100, ImplicitMaml) { Variant = "Hessian-free" },
                    }
            );

        void Change(string method, string data, int ways, int shots, Func<ReportedFigure, ReportedFigure> change) =>
            figures[(method, data, ways, shots)] = change(figures[(method, data, ways, shots)]);

        void Omniglot(string method, string source, double fiveOne, double fiveFive, double twentyOne, double twentyFive)
        {
            FiveWay(method, "omniglot", source, fiveOne, fiveFive);
            Add(method, "omniglot", 20, 1, twentyOne, source);
            Add(method, "omniglot", 20, 5, twentyFive, source);
        }

        void FiveWay(string method, string data, string source, double one, double five)
        {
            Add(method, data, 5, 1, one, source);
            Add(method, data, 5, 5, five, source);
        }

        void Add(string method, string data, int ways, int shots, double percent, string source) =>
            figures.Add((method, data, ways, shots), new ReportedFigure(percent / 100, source));
    }
}
