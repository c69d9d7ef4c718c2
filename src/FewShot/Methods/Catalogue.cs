using FewShot.Adaptation;
using FewShot.MetaGradients;
using FewShot.Patterns;
using FewShot.Tasks.Data;
using FewShot.Weighting;

namespace FewShot.Methods;

/// <summary>The published methods, each a row: a composition of parts that all other rows can use too.</summary>
public static class Catalogue
{
    private const int DefaultSteps = 5;
    private const double DefaultRate = 0.1;

    private static readonly IReadOnlyList<Row> s_rows =
    [
        new("maml", "Model-agnostic meta-learning", "Finn 2017, arXiv:1703.03400",
            o => Descent(o), o => new Unrolled(o.ExactSteps)),
        new("fomaml", "First-order MAML", "Finn 2017, arXiv:1703.03400",
            o => Descent(o), _ => new Unrolled(0)),
        new("anil", "Almost no inner loop: only the head adapts", "Raghu 2020, arXiv:1909.09157",
            o => Descent(o, Pattern.HeadOnly), o => new Unrolled(o.ExactSteps)),
        new("boil", "Body only update in the inner loop", "Oh 2021, arXiv:2008.08882",
            o => Descent(o, Pattern.BodyOnly), o => new Unrolled(o.ExactSteps)),
        new("meta-sgd", "MAML with a learned step size for every parameter", "Li 2017, arXiv:1707.09835",
            o => Descent(o, scope: LearningRateScope.Parameter, steps: 1), o => new Unrolled(o.ExactSteps)),
        new("maml++", "MAML with the multi-step loss and learned step sizes per layer and step", "Antoniou 2019, arXiv:1810.09502",
            o => Descent(o, scope: LearningRateScope.LayerAndStep), o => new Unrolled(o.ExactSteps) { MultiStepLoss = true }),
        new("reptile", "Reptile: move towards the adapted parameters", "Nichol 2018, arXiv:1803.02999",
            o => Descent(o), _ => new Reptile()),
        new("r2d2", "Ridge regression differentiable discriminator", "Bertinetto 2018, arXiv:1805.08136",
            _ => new RidgeRegressionHead(), _ => new Unrolled()),
        new("protonet", "Prototypical networks", "Snell 2017, arXiv:1703.05175",
            _ => new Prototypes(), _ => new Unrolled()),
        new("protonet-cosine", "Prototypical networks with cosine similarity", "after Snell 2017 and Vinyals 2016, arXiv:1606.04080",
            _ => new Prototypes(PrototypeSimilarity.Cosine), _ => new Unrolled()),
    ];

    /// <summary>The names of the rows, in order.</summary>
    public static IReadOnlyList<string> Names => [.. s_rows.Select(row => row.Name)];

    /// <summary>Every row with its own values.</summary>
    public static IReadOnlyList<Method> All => [.. s_rows.Select(row => row.Create(new MethodOptions()))];

    /// <summary>The method of a row.</summary>
    /// <param name="name">The row; case does not matter.</param>
    /// <param name="options">What to change of it.</param>
    /// <exception cref="ArgumentException">There is no such row (the message names the nearest), or an option does not apply to it.</exception>
    public static Method Create(string name, MethodOptions? options = null)
    {
        options ??= new MethodOptions();
        Row row = s_rows.FirstOrDefault(row => row.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ArgumentException(
                $"unknown method '{name}'.{NameSuggestion.For(name, Names)} The methods are {string.Join(", ", Names)}");
        Method method = row.Create(options);
        if (method.Adaptation is not GradientDescent && (options.InnerSteps ?? (object?)options.InnerRate ?? options.Pattern) is not null)
        {
            throw new ArgumentException($"method {row.Name} adapts in closed form: it has no inner steps, inner rate or pattern");
        }

        if (options.ExactSteps is { } exact && (method.MetaGradient as Unrolled)?.ExactSteps != exact)
        {
            throw new ArgumentException($"method {row.Name} has a meta-gradient of its own ({method.MetaGradient.Order}): it takes no number of exact steps; maml does");
        }

        return method;
    }

    private static GradientDescent Descent(
        MethodOptions options, Pattern? pattern = null, LearningRateScope scope = LearningRateScope.Fixed, int steps = DefaultSteps) =>
        new(options.InnerSteps ?? steps, new LearningRate(options.InnerRate ?? DefaultRate, scope))
        {
            Pattern = options.Pattern ?? pattern ?? Pattern.All,
        };

    private sealed record Row(
        string Name, string Title, string Paper, Func<MethodOptions, AdaptationRule> Adaptation, Func<MethodOptions, MetaGradient> MetaGradient)
    {
        public TaskWeighting Weighting { get; init; } = TaskWeighting.Uniform;

        public Method Create(MethodOptions options) => new(Name, Title, Paper, Adaptation(options), MetaGradient(options), Weighting);
    }
}
