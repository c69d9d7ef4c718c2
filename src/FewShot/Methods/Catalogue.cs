using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Patterns;
using FewShot.Methods.Weighting;
using FewShot.Naming;
using FewShot.Tasks;

namespace FewShot.Methods;

/// <summary>The published methods, each a row: a composition of parts that all other rows can use too.</summary>
public static class Catalogue
{
    private const int DefaultSteps = 5;
    private const double DefaultRate = 0.1;

    // For regression, see LearnerSpecification.CreateMethod.
    private const double RegressionRate = 0.01;
    private const double LowerRegressionRate = 0.001;

    private const int EnoughShots = 10;

    /// <summary>The strength μ of the lower level's regularisation (μ/2)‖y‖².</summary>
    private const double LowerStrength = 0.1;

    private static readonly IReadOnlyList<Row> s_rows =
    [
        new("maml", "Model-agnostic meta-learning", "Finn 2017, arXiv:1703.03400", o => Descent(o), o => new Unrolled(o.ExactSteps)),
        new("fomaml", "First-order MAML", "Finn 2017, arXiv:1703.03400", o => Descent(o), _ => new Unrolled(0)),
        new(
            "anil",
            "Almost no inner loop: only the head adapts",
            "Raghu 2020, arXiv:1909.09157",
            o => Descent(o, Pattern.HeadOnly),
            o => new Unrolled(o.ExactSteps)
        ),
        new(
            "boil",
            "Body only update in the inner loop",
            "Oh 2021, arXiv:2008.08882",
            o => Descent(o, Pattern.BodyOnly),
            o => new Unrolled(o.ExactSteps)
        ),
        new(
            "meta-sgd",
            "MAML with a learned step size for every parameter",
            "Li 2017, arXiv:1707.09835",
            o => Descent(o, scope: LearningRateScope.Parameter, steps: 1),
            o => new Unrolled(o.ExactSteps)
        ),
        new(
            "maml++",
            "MAML with the multi-step loss and learned step sizes per layer and step",
            "Antoniou 2019, arXiv:1810.09502",
            o => Descent(o, scope: LearningRateScope.LayerAndStep),
            o => new Unrolled(o.ExactSteps) { MultiStepLoss = true }
        ),
        new(
            "reptile",
            "Reptile: move towards the adapted parameters",
            "Nichol 2018, arXiv:1803.02999",
            o => Descent(o),
            _ => new Reptile()
        ),
        new(
            "r2d2",
            "Ridge regression differentiable discriminator",
            "Bertinetto 2018, arXiv:1805.08136",
            _ => new RidgeRegressionHead(),
            _ => new Unrolled()
        ),
        new("protonet", "Prototypical networks", "Snell 2017, arXiv:1703.05175", _ => new Prototypes(), _ => new Unrolled()),
        new(
            "protonet-cosine",
            "Prototypical networks with cosine similarity",
            "after Snell 2017 and Vinyals 2016, arXiv:1606.04080",
            _ => new Prototypes(PrototypeSimilarity.Cosine),
            _ => new Unrolled()
        ),
        new("matching", "Matching networks", "Vinyals 2016, arXiv:1606.04080", _ => new MatchingAttention(), _ => new Unrolled()),
        new(
            "lr-d2",
            "Logistic regression differentiable discriminator",
            "Bertinetto 2018, arXiv:1805.08136",
            _ => new LogisticRegressionHead(),
            _ => new Unrolled()
        ),
        new(
            "fiml",
            "Linear head by steepest descent on a learned objective",
            "Tripathi 2020",
            _ => new SteepestDescentHead(),
            _ => new Unrolled()
        ),
        new(
            "amfs",
            "Function-space adaptation with weighted tasks",
            "Park and Kang 2024, arXiv:2411.00404",
            o => new KernelRegression { Tangent = o.Pattern ?? Pattern.HeadOnly },
            _ => new Unrolled()
        )
        {
            Weighting = new SimilaritySoftmax(),
        },
        new(
            "amfs-inner",
            "Function-space adaptation, uniform tasks",
            "Park and Kang 2024, arXiv:2411.00404",
            o => new KernelRegression { Tangent = o.Pattern ?? Pattern.HeadOnly },
            _ => new Unrolled()
        ),
        new(
            "amfs-outer",
            "MAML with weighted tasks",
            "Park and Kang 2024, arXiv:2411.00404",
            o => Descent(o),
            o => new Unrolled(o.ExactSteps)
        )
        {
            Weighting = new SimilaritySoftmax(),
        },
        new(
            "meta-rkhs-i",
            "Energy functional in training, fine-tuning at test",
            "Zhou 2021, arXiv:2102.03909",
            o => Descent(Energy(o)),
            o => new EnergyFunctional(DescentRate(Energy(o), Pattern.All))
        ),
        new(
            "meta-rkhs-i-norm",
            "The same with the squared norm of one gradient, which noise biases",
            "Zhou 2021, arXiv:2102.03909",
            o => Descent(Energy(o)),
            o => new EnergyFunctional(DescentRate(Energy(o), Pattern.All)) { OneBatch = true }
        ),
        new(
            "meta-rkhs-ii",
            "Gradient flow in function space",
            "Zhou 2021, arXiv:2102.03909",
            o => new TangentFlow(o.FlowTime ?? double.PositiveInfinity) { Layers = o.Pattern ?? Pattern.HeadOnly },
            _ => new Unrolled()
        ),
        new(
            "mrml",
            "Memory-reduced meta-learning",
            "Yang 2025, arXiv:2412.12030",
            o => Lower(o, 20, 0.05, Pattern.HeadOnly, new LowerRegularization.SquaredNorm(LowerStrength)),
            o => Solved(o, 0.05, Pattern.HeadOnly, "cg")
        ),
        new(
            "imaml",
            "Implicit MAML",
            "Rajeswaran 2019, arXiv:1909.04630",
            o => Lower(o, 16, 0.1, Pattern.All, new LowerRegularization.Proximal(2)),
            o => Solved(o, 0.1, Pattern.All, "cg:5")
        ),
        new(
            "itd-bio",
            "Bilevel optimisation by iterative differentiation",
            "Ji 2020, arXiv:2010.07962",
            o => Lower(o, 20, 0.05, Pattern.HeadOnly, new LowerRegularization.SquaredNorm(LowerStrength)),
            o => new Unrolled(o.ExactSteps)
        ),
        new(
            "aid-bio",
            "Bilevel optimisation by approximate implicit differentiation",
            "Ji 2020, arXiv:2010.07962",
            o => Lower(o, 20, 0.05, Pattern.HeadOnly, new LowerRegularization.SquaredNorm(LowerStrength)),
            o => Solved(o, 0.05, Pattern.HeadOnly, "fixed-point")
        ),
        new(
            "neumann",
            "Implicit hypergradient by a Neumann series",
            "Lorraine 2019, arXiv:1911.02590",
            o => Lower(o, 20, 0.05, Pattern.HeadOnly, new LowerRegularization.SquaredNorm(LowerStrength)),
            o => Solved(o, 0.05, Pattern.HeadOnly, "neumann")
        ),
        new(
            "truncated",
            "Truncated back-propagation through the inner loop",
            "Shaban 2018, arXiv:1810.10667",
            o => Descent(o),
            o => new Unrolled(o.ExactSteps ?? 1)
        ),
        new("hf-maml", "Hessian-free MAML", "Fallah 2019, arXiv:1908.10400", o => Descent(o), _ => new HessianFree()),
    ];

    /// <summary>The names of the rows, in the order of the catalogue.</summary>
    public static IReadOnlyList<string> Names => [.. s_rows.Select(row => row.Name)];

    /// <summary>Every row with its own values.</summary>
    public static IReadOnlyList<Method> All => [.. s_rows.Select(row => row.Create(new MethodOptions()))];

    /// <summary>The method of a row.</summary>
    /// <param name="name">The name of the row; case does not matter.</param>
    /// <param name="options">What to change of the row; null for nothing.</param>
    /// <exception cref="ArgumentException">
    /// There is no such row (the message names the nearest), or an option does not apply to it.
    /// </exception>
    public static Method Create(string name, MethodOptions? options = null)
    {
        options ??= new MethodOptions();
        Row row = Find(name);
        Method method = row.Create(options);
        return Incompatibility(method, options) is { } fault ? throw new ArgumentException(fault) : method;
    }

    /// <summary>Whether all that <paramref name="options"/> set applies to a row: only gradient descent has inner steps, for one.</summary>
    /// <param name="name">The name of the row; case does not matter.</param>
    /// <param name="options">What to change of the row.</param>
    /// <exception cref="ArgumentException">There is no such row (the message names the nearest).</exception>
    public static bool Accepts(string name, MethodOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Row row = Find(name);
        try
        {
            return Incompatibility(row.Create(options), options) is null;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static Row Find(string name) =>
        s_rows.FirstOrDefault(row => row.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new ArgumentException(
            $"unknown method '{name}'.{NameSuggestion.For(name, Names)} The methods are {string.Join(", ", Names)}"
        );

    private static string? Incompatibility(Method method, MethodOptions options) =>
        MethodOptions.All.Select(option => option.Incompatibility(method, options)).FirstOrDefault(fault => fault is not null);

    private static GradientDescent Descent(
        MethodOptions options,
        Pattern? pattern = null,
        LearningRateScope scope = LearningRateScope.Fixed,
        int steps = DefaultSteps
    ) =>
        new(options.InnerSteps ?? steps, Learned(options, DescentRate(options, pattern ?? Pattern.All), options.Rates ?? scope))
        {
            Pattern = options.Pattern ?? pattern ?? Pattern.All,
        };

    private static double DescentRate(MethodOptions options, Pattern pattern) =>
        Rate(options, DefaultRate, (options.Pattern ?? pattern) == Pattern.HeadOnly ? LowerRegressionRate : RegressionRate, pattern);

    private static double LowerRate(MethodOptions options, double own, Pattern pattern) => Rate(options, own, LowerRegressionRate, pattern);

    /// <summary>Below the step size of classification, a learned one moves in proportion to its size.</summary>
    private static LearningRate Learned(MethodOptions options, double initial, LearningRateScope scope) =>
        new(initial, scope) { Unit = options.Conditions.Shots is null ? 1 : Math.Min(1, initial / DefaultRate) };

    private static double Rate(MethodOptions options, double own, double forRegression, Pattern pattern)
    {
        int shots =
            (options.Pattern ?? pattern) == Pattern.HeadOnly ? EnoughShots : Math.Min(EnoughShots, options.Conditions.Shots ?? EnoughShots);
        return options.InnerRate ?? (options.Conditions.Kind == TaskKind.Regression ? forRegression * shots / EnoughShots : own);
    }

    /// <summary>
    /// The energy is not bounded below once α exceeds the inverse of the curvature, and without normalisation training drives the curvature
    /// there. Learners from before there were shots to know keep the step size that they were trained with.
    /// </summary>
    private static MethodOptions Energy(MethodOptions options) =>
        options.Conditions.IsNormalized || options.Conditions.Shots is null || options.InnerRate is not null
            ? options
            : options with
            {
                InnerRate = DescentRate(options, Pattern.All) * (options.Conditions.Kind == TaskKind.Regression ? 0.01 : 0.1),
            };

    private static GradientDescent Lower(
        MethodOptions options,
        int steps,
        double rate,
        Pattern pattern,
        LowerRegularization regularization
    ) =>
        new(options.InnerSteps ?? steps, Learned(options, LowerRate(options, rate, pattern), options.Rates ?? LearningRateScope.Fixed))
        {
            Pattern = options.Pattern ?? pattern,
            Regularization = regularization,
        };

    private static Implicit Solved(MethodOptions options, double rate, Pattern pattern, string solver) =>
        new(LinearSolver.Parse(options.Solver ?? solver, LowerRate(options, rate, pattern)) with { Damping = options.Damping ?? 0 })
        {
            WarmStart = options.WarmStart,
        };

    private sealed record Row(
        string Name,
        string Title,
        string Paper,
        Func<MethodOptions, AdaptationRule> Adaptation,
        Func<MethodOptions, MetaGradient> MetaGradient
    )
    {
        public TaskWeighting Weighting { get; init; } = TaskWeighting.Uniform;

        public Method Create(MethodOptions options) =>
            new(
                Name,
                Title,
                Paper,
                Adaptation(options),
                MetaGradient(options),
                (options.Weighting is { } kind ? TaskWeighting.Of(kind) : Weighting).With(
                    options.WeightingTemperature,
                    options.WeightingFloor
                )
            );
    }
}
