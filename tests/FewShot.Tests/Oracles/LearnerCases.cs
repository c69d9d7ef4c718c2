using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.Tasks;

namespace FewShot.Tests.Oracles;

/// <summary>The learners that are compared: every row on every kind of task, and what can be set, one choice at a time.</summary>
internal static class LearnerCases
{
    private const int Support = 6;
    private const int Queries = 9;

    /// <summary>Rows for the five layers of conv4: those in which a layer stays that an earlier step moved are the hard ones.</summary>
    private static readonly string[] s_patterns =
    [
        "11110;00001",
        "00001;11110",
        "00100;00001",
        "00001;00100",
        "10000;00100;00001",
        "00001;00100;10000",
        "10101;01010",
        "01010;10101",
        "11111;00001",
        "00001;11111",
        "00111;00011;00001",
        "00000;11111",
        "11111;00000;01110",
        "01110",
        "last2",
        "head",
        "body",
    ];

    private static readonly NormStatistics[] s_statistics = Enum.GetValues<NormStatistics>();

    public static IReadOnlyList<LearnerCase> All() =>
        [.. Catalogue.Names.SelectMany(OfRow), .. Rates(), .. Patterns(), .. Recomputed(), .. Truncated(), .. Solvers(), .. Flows()];

    private static IEnumerable<LearnerCase> OfRow(string row) =>
        s_statistics
            .Select(statistics => Images(row) with { NormStatistics = statistics })
            .Append(Vectors(row))
            .Append(Values(row))
            .Where(learner => LearnerCase.Serves(learner, Support, Queries))
            .Select(learner => new LearnerCase(learner, Support, Queries));

    private static IEnumerable<LearnerCase> Rates() =>
        from rates in Enum.GetValues<LearningRateScope>()
        from learner in (LearnerSpecification[])
            [Images("maml"), Vectors("fomaml"), Values("anil"), Images("boil"), Vectors("truncated"), Vectors("itd-bio")]
        select new LearnerCase(learner with { Rates = rates }, Support, Queries);

    private static IEnumerable<LearnerCase> Patterns() =>
        s_patterns
            .Select((pattern, i) => OfPattern("maml", pattern, s_statistics[i % s_statistics.Length]))
            .Concat(
                from row in (string[])["fomaml", "reptile", "maml++", "meta-sgd"]
                from pattern in (string[])["11110;00001", "00001;11110"]
                select OfPattern(row, pattern, NormStatistics.Support)
            )
            .Concat(
                from row in (string[])["mrml", "aid-bio", "neumann", "itd-bio"]
                select OfPattern(row, "00011;00001", NormStatistics.Query)
            )
            .Append(OfPattern("imaml", "11110;00001", NormStatistics.Support))
            .Concat(
                from row in (string[])["amfs", "meta-rkhs-ii"]
                from pattern in (string[])["last2", "01001", "body"]
                from statistics in s_statistics
                select new LearnerCase(Images(row) with { Pattern = Pattern.Parse(pattern), NormStatistics = statistics }, Support, Queries)
            )
            .Concat(
                from row in (string[])["amfs", "meta-rkhs-ii"]
                select new LearnerCase(Values(row) with { Pattern = Pattern.Parse("all") }, Support, Queries)
            );

    private static LearnerCase OfPattern(string row, string pattern, NormStatistics statistics)
    {
        int rows = pattern.Split(';').Length;
        LearnerSpecification learner = Images(row) with
        {
            Pattern = Pattern.Parse(pattern),
            InnerSteps = Math.Max(rows, 2),
            NormStatistics = statistics,
        };
        return new LearnerCase(learner, Support, Queries);
    }

    private static IEnumerable<LearnerCase> Recomputed() =>
        from together in (int[])[1, 2]
        from learner in (LearnerSpecification[])
            [
                Images("maml"),
                Images("maml") with
                {
                    Pattern = Pattern.Parse("11110;00001;00100"),
                },
                Images("anil"),
                Vectors("maml++"),
                Vectors("itd-bio"),
                Vectors("maml") with
                {
                    Rates = LearningRateScope.Parameter,
                },
                Vectors("mrml"),
                Images("imaml"),
                Values("truncated"),
            ]
        from statistics in learner.Network == "conv4" ? s_statistics : [NormStatistics.Query]
        select new LearnerCase(learner with { NormStatistics = statistics }, Support, Queries, together);

    private static IEnumerable<LearnerCase> Truncated() =>
        from exact in (int[])[0, 1, 2, 3]
        from learner in (LearnerSpecification[])
            [Images("maml"), Vectors("anil"), Vectors("truncated"), Values("itd-bio"), Vectors("maml++"), Vectors("meta-sgd")]
        select new LearnerCase(learner with { ExactSteps = exact }, Support, Queries);

    private static IEnumerable<LearnerCase> Solvers() =>
        from solver in (string[])["cg:3", "cg:20", "steepest:6", "neumann:6", "fixed-point:6"]
        from learner in (LearnerSpecification[])
            [
                Images("mrml"),
                Values("mrml"),
                Vectors("imaml"),
                Vectors("mrml") with
                {
                    Damping = 0.5,
                },
                Vectors("mrml") with
                {
                    WarmStart = true,
                },
                Vectors("imaml") with
                {
                    WarmStart = true,
                    Damping = 0.25,
                },
            ]
        select new LearnerCase(learner with { Solver = solver }, Support, Queries);

    private static IEnumerable<LearnerCase> Flows() =>
        from time in (double[])[0.2, 3, double.PositiveInfinity]
        from learner in (LearnerSpecification[])
            [Images("meta-rkhs-ii"), Vectors("meta-rkhs-ii") with { Pattern = Pattern.Parse("all") }, Values("meta-rkhs-ii")]
        select new LearnerCase(learner with { FlowTime = time }, Support, Queries);

    private static LearnerSpecification Images(string row) =>
        WithSteps(
            new LearnerSpecification
            {
                Method = row,
                Network = "conv4",
                Channels = 6,
                InputShape = [16, 16, 1],
                Outputs = 3,
                NormStatistics = NormStatistics.Query,
            }
        );

    private static LearnerSpecification Vectors(string row) =>
        WithSteps(
            new LearnerSpecification
            {
                Method = row,
                Network = "mlp",
                Hidden = [6, 5],
                InputShape = [4],
                Outputs = 3,
            }
        );

    private static LearnerSpecification Values(string row) =>
        WithSteps(
            new LearnerSpecification
            {
                Method = row,
                Network = "mlp",
                Hidden = [6, 5],
                Kind = TaskKind.Regression,
                InputShape = [2],
                Outputs = 2,
            }
        );

    /// <summary>Few steps, and not those of the row: what a row is, not what its defaults are, is compared.</summary>
    private static LearnerSpecification WithSteps(LearnerSpecification learner) =>
        learner.CreateMethod() switch
        {
            // Conv4 at random weights has so negative a curvature that, undamped, there is no solution for conjugate gradients to find.
            { MetaGradient: Implicit } when learner.Network == "conv4" => learner with { InnerSteps = 3, InnerRate = 0.1, Damping = 10 },
            { Adaptation: GradientDescent } => learner with { InnerSteps = 3, InnerRate = 0.1 },
            _ => learner,
        };
}
