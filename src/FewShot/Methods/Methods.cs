using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Patterns;
using FewShot.Tasks;

namespace FewShot.Methods;

/// <summary>
/// The published methods, each with the settings that it has: the rows of the <see cref="Catalogue"/> for who writes programs. A method of
/// one's own is composed by <see cref="Method"/>. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// Method method = Methods.Anil(innerSteps: 3, tasks: tasks.Shape);
/// var definition = new LearnerDefinition(method, Networks.Conv4(tasks.Shape));
/// </code>
/// </example>
public static class Methods
{
    /// <summary>The row <c>maml</c>: model-agnostic meta-learning (Finn 2017, arXiv:1703.03400).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="rates">What a learned inner step size is for; null for what the row has.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="exactSteps">How many of the last inner steps are differentiated exactly; null for those of the row.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method Maml(
        int? innerSteps = null,
        double? innerRate = null,
        LearningRateScope? rates = null,
        Pattern? pattern = null,
        int? exactSteps = null,
        TaskShape? tasks = null
    ) =>
        Of(
            "maml",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Rates = rates,
                Pattern = pattern,
                ExactSteps = exactSteps,
            },
            tasks
        );

    /// <summary>The row <c>fomaml</c>: first-order MAML (Finn 2017, arXiv:1703.03400).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="rates">What a learned inner step size is for; null for what the row has.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method FirstOrderMaml(
        int? innerSteps = null,
        double? innerRate = null,
        LearningRateScope? rates = null,
        Pattern? pattern = null,
        TaskShape? tasks = null
    ) =>
        Of(
            "fomaml",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Rates = rates,
                Pattern = pattern,
            },
            tasks
        );

    /// <summary>The row <c>anil</c>: almost no inner loop: only the head adapts (Raghu 2020, arXiv:1909.09157).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="rates">What a learned inner step size is for; null for what the row has.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="exactSteps">How many of the last inner steps are differentiated exactly; null for those of the row.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method Anil(
        int? innerSteps = null,
        double? innerRate = null,
        LearningRateScope? rates = null,
        Pattern? pattern = null,
        int? exactSteps = null,
        TaskShape? tasks = null
    ) =>
        Of(
            "anil",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Rates = rates,
                Pattern = pattern,
                ExactSteps = exactSteps,
            },
            tasks
        );

    /// <summary>The row <c>boil</c>: body only update in the inner loop (Oh 2021, arXiv:2008.08882).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="rates">What a learned inner step size is for; null for what the row has.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="exactSteps">How many of the last inner steps are differentiated exactly; null for those of the row.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method Boil(
        int? innerSteps = null,
        double? innerRate = null,
        LearningRateScope? rates = null,
        Pattern? pattern = null,
        int? exactSteps = null,
        TaskShape? tasks = null
    ) =>
        Of(
            "boil",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Rates = rates,
                Pattern = pattern,
                ExactSteps = exactSteps,
            },
            tasks
        );

    /// <summary>The row <c>meta-sgd</c>: MAML with a learned step size for every parameter (Li 2017, arXiv:1707.09835).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="rates">What a learned inner step size is for; null for what the row has.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="exactSteps">How many of the last inner steps are differentiated exactly; null for those of the row.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method MetaSgd(
        int? innerSteps = null,
        double? innerRate = null,
        LearningRateScope? rates = null,
        Pattern? pattern = null,
        int? exactSteps = null,
        TaskShape? tasks = null
    ) =>
        Of(
            "meta-sgd",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Rates = rates,
                Pattern = pattern,
                ExactSteps = exactSteps,
            },
            tasks
        );

    /// <summary>
    /// The row <c>maml++</c>: MAML with the multi-step loss and learned step sizes per layer and step (Antoniou 2019, arXiv:1810.09502).
    /// </summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="rates">What a learned inner step size is for; null for what the row has.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="exactSteps">How many of the last inner steps are differentiated exactly; null for those of the row.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method MamlPlusPlus(
        int? innerSteps = null,
        double? innerRate = null,
        LearningRateScope? rates = null,
        Pattern? pattern = null,
        int? exactSteps = null,
        TaskShape? tasks = null
    ) =>
        Of(
            "maml++",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Rates = rates,
                Pattern = pattern,
                ExactSteps = exactSteps,
            },
            tasks
        );

    /// <summary>The row <c>reptile</c>: Reptile: move towards the adapted parameters (Nichol 2018, arXiv:1803.02999).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method Reptile(int? innerSteps = null, double? innerRate = null, Pattern? pattern = null, TaskShape? tasks = null) =>
        Of(
            "reptile",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Pattern = pattern,
            },
            tasks
        );

    /// <summary>The row <c>r2d2</c>: ridge regression differentiable discriminator (Bertinetto 2018, arXiv:1805.08136).</summary>
    public static Method R2D2() => Of("r2d2");

    /// <summary>The row <c>protonet</c>: prototypical networks (Snell 2017, arXiv:1703.05175).</summary>
    public static Method ProtoNet() => Of("protonet");

    /// <summary>
    /// The row <c>protonet-cosine</c>: prototypical networks with cosine similarity (after Snell 2017 and Vinyals 2016, arXiv:1606.04080).
    /// </summary>
    public static Method ProtoNetCosine() => Of("protonet-cosine");

    /// <summary>The row <c>matching</c>: matching networks (Vinyals 2016, arXiv:1606.04080).</summary>
    public static Method MatchingNet() => Of("matching");

    /// <summary>The row <c>lr-d2</c>: logistic regression differentiable discriminator (Bertinetto 2018, arXiv:1805.08136).</summary>
    public static Method LrD2() => Of("lr-d2");

    /// <summary>The row <c>fiml</c>: linear head by steepest descent on a learned objective (Tripathi 2020).</summary>
    public static Method Fiml() => Of("fiml");

    /// <summary>The row <c>amfs</c>: function-space adaptation with weighted tasks (Park and Kang 2024, arXiv:2411.00404).</summary>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method Amfs(Pattern? pattern = null) => Of("amfs", new MethodOptions { Pattern = pattern });

    /// <summary>The row <c>amfs-inner</c>: function-space adaptation, uniform tasks (Park and Kang 2024, arXiv:2411.00404).</summary>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method AmfsInner(Pattern? pattern = null) => Of("amfs-inner", new MethodOptions { Pattern = pattern });

    /// <summary>The row <c>amfs-outer</c>: MAML with weighted tasks (Park and Kang 2024, arXiv:2411.00404).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="rates">What a learned inner step size is for; null for what the row has.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="exactSteps">How many of the last inner steps are differentiated exactly; null for those of the row.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method AmfsOuter(
        int? innerSteps = null,
        double? innerRate = null,
        LearningRateScope? rates = null,
        Pattern? pattern = null,
        int? exactSteps = null,
        TaskShape? tasks = null
    ) =>
        Of(
            "amfs-outer",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Rates = rates,
                Pattern = pattern,
                ExactSteps = exactSteps,
            },
            tasks
        );

    /// <summary>The row <c>meta-rkhs-i</c>: energy functional in training, fine-tuning at test (Zhou 2021, arXiv:2102.03909).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method MetaRkhs1(int? innerSteps = null, double? innerRate = null, Pattern? pattern = null, TaskShape? tasks = null) =>
        Of(
            "meta-rkhs-i",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Pattern = pattern,
            },
            tasks
        );

    /// <summary>
    /// The row <c>meta-rkhs-i-norm</c>: energy functional with the squared norm of one gradient, which noise biases (Zhou 2021,
    /// arXiv:2102.03909).
    /// </summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method MetaRkhs1Norm(
        int? innerSteps = null,
        double? innerRate = null,
        Pattern? pattern = null,
        TaskShape? tasks = null
    ) =>
        Of(
            "meta-rkhs-i-norm",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Pattern = pattern,
            },
            tasks
        );

    /// <summary>The row <c>meta-rkhs-ii</c>: gradient flow in function space (Zhou 2021, arXiv:2102.03909).</summary>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="flowTime">How long the gradient flow lasts, infinity for its limit; null for the limit.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method MetaRkhs2(Pattern? pattern = null, double? flowTime = null) =>
        Of("meta-rkhs-ii", new MethodOptions { Pattern = pattern, FlowTime = flowTime });

    /// <summary>The row <c>mrml</c>: memory-reduced meta-learning (Yang 2025, arXiv:2412.12030).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="solver">
    /// How the linear system is solved, as <see cref="LinearSolver.Parse"/> reads it; null for the row's own way.
    /// </param>
    /// <param name="damping">What is added to the diagonal of the Hessian; null for nothing.</param>
    /// <param name="warmStart">Whether a task that recurs goes on from what it had when it was last visited.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method Mrml(
        int? innerSteps = null,
        double? innerRate = null,
        Pattern? pattern = null,
        string? solver = null,
        double? damping = null,
        bool warmStart = false,
        TaskShape? tasks = null
    ) =>
        Of(
            "mrml",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Pattern = pattern,
                Solver = solver,
                Damping = damping,
                WarmStart = warmStart,
            },
            tasks
        );

    /// <summary>The row <c>imaml</c>: implicit MAML (Rajeswaran 2019, arXiv:1909.04630).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="solver">
    /// How the linear system is solved, as <see cref="LinearSolver.Parse"/> reads it; null for the row's own way.
    /// </param>
    /// <param name="damping">What is added to the diagonal of the Hessian; null for nothing.</param>
    /// <param name="warmStart">Whether a task that recurs goes on from what it had when it was last visited.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method IMaml(
        int? innerSteps = null,
        double? innerRate = null,
        Pattern? pattern = null,
        string? solver = null,
        double? damping = null,
        bool warmStart = false,
        TaskShape? tasks = null
    ) =>
        Of(
            "imaml",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Pattern = pattern,
                Solver = solver,
                Damping = damping,
                WarmStart = warmStart,
            },
            tasks
        );

    /// <summary>The row <c>itd-bio</c>: bilevel optimisation by iterative differentiation (Ji 2020, arXiv:2010.07962).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="rates">What a learned inner step size is for; null for what the row has.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="exactSteps">How many of the last inner steps are differentiated exactly; null for those of the row.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method ItdBio(
        int? innerSteps = null,
        double? innerRate = null,
        LearningRateScope? rates = null,
        Pattern? pattern = null,
        int? exactSteps = null,
        TaskShape? tasks = null
    ) =>
        Of(
            "itd-bio",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Rates = rates,
                Pattern = pattern,
                ExactSteps = exactSteps,
            },
            tasks
        );

    /// <summary>The row <c>aid-bio</c>: bilevel optimisation by approximate implicit differentiation (Ji 2020, arXiv:2010.07962).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="solver">
    /// How the linear system is solved, as <see cref="LinearSolver.Parse"/> reads it; null for the row's own way.
    /// </param>
    /// <param name="damping">What is added to the diagonal of the Hessian; null for nothing.</param>
    /// <param name="warmStart">Whether a task that recurs goes on from what it had when it was last visited.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method AidBio(
        int? innerSteps = null,
        double? innerRate = null,
        Pattern? pattern = null,
        string? solver = null,
        double? damping = null,
        bool warmStart = false,
        TaskShape? tasks = null
    ) =>
        Of(
            "aid-bio",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Pattern = pattern,
                Solver = solver,
                Damping = damping,
                WarmStart = warmStart,
            },
            tasks
        );

    /// <summary>The row <c>neumann</c>: implicit hypergradient by a Neumann series (Lorraine 2019, arXiv:1911.02590).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="solver">
    /// How the linear system is solved, as <see cref="LinearSolver.Parse"/> reads it; null for the row's own way.
    /// </param>
    /// <param name="damping">What is added to the diagonal of the Hessian; null for nothing.</param>
    /// <param name="warmStart">Whether a task that recurs goes on from what it had when it was last visited.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method Neumann(
        int? innerSteps = null,
        double? innerRate = null,
        Pattern? pattern = null,
        string? solver = null,
        double? damping = null,
        bool warmStart = false,
        TaskShape? tasks = null
    ) =>
        Of(
            "neumann",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Pattern = pattern,
                Solver = solver,
                Damping = damping,
                WarmStart = warmStart,
            },
            tasks
        );

    /// <summary>The row <c>truncated</c>: truncated back-propagation through the inner loop (Shaban 2018, arXiv:1810.10667).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="rates">What a learned inner step size is for; null for what the row has.</param>
    /// <param name="pattern">Which layers change at which inner step; null for those of the row.</param>
    /// <param name="exactSteps">How many of the last inner steps are differentiated exactly; null for those of the row.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method Truncated(
        int? innerSteps = null,
        double? innerRate = null,
        LearningRateScope? rates = null,
        Pattern? pattern = null,
        int? exactSteps = null,
        TaskShape? tasks = null
    ) =>
        Of(
            "truncated",
            new MethodOptions
            {
                InnerSteps = innerSteps,
                InnerRate = innerRate,
                Rates = rates,
                Pattern = pattern,
                ExactSteps = exactSteps,
            },
            tasks
        );

    /// <summary>The row <c>hf-maml</c>: Hessian-free MAML (Fallah 2019, arXiv:1908.10400).</summary>
    /// <param name="innerSteps">How many inner steps there are; null for those of the row.</param>
    /// <param name="innerRate">The inner step size α; null for that of the row, which depends on the tasks.</param>
    /// <param name="tasks">The tasks it is for, on which the default inner step size depends; null for classification of any shots.</param>
    /// <exception cref="ArgumentException">A value is out of range, or the parts do not go together.</exception>
    public static Method HessianFreeMaml(int? innerSteps = null, double? innerRate = null, TaskShape? tasks = null) =>
        Of("hf-maml", new MethodOptions { InnerSteps = innerSteps, InnerRate = innerRate }, tasks);

    // The row's own inner step size depends on what the tasks are, how few examples they have, and whether the network normalises.
    private static Method Of(string row, MethodOptions? options = null, TaskShape? tasks = null) =>
        Catalogue.Create(row, tasks is null ? options : (options ?? new MethodOptions()) with { Conditions = MethodConditions.Of(tasks) });
}
