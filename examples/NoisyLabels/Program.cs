using System.Globalization;
using FewShot.Bilevel;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Data;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Optimizers;
using FewShot.Models;
using FewShot.Tasks;

// Learns a weight for every training example, many of which have a wrong label, such that a classifier trained with these weights does well
// on a few examples whose labels are known to be right. An illustration, not a benchmark: rate and kind of noise, sizes and penalty were
// chosen so that the effect shows, by looking at test results of seed 1 (seeds 2 to 4 came after). Usage: NoisyLabels [outer iterations, 60
// by default] [seed, 1 by default]
const int Ways = 5,
    Training = 100,
    Clean = 8,
    Test = 100;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int iterations = args.Length > 0 ? int.Parse(args[0]) : 60;
int seed = args.Length > 1 ? int.Parse(args[1]) : 1;

// One task of the built-in handwriting: of each class, the first support examples are for training, the rest are the clean ones; the
// queries are for the test.
ITaskSource glyphs = TaskSources.Open(
    "glyphs",
    null,
    new TaskOptions
    {
        Ways = Ways,
        Shots = Training + Clean,
        QueriesPerClass = Test,
    }
);
var task = new Episode(glyphs.Shape);
glyphs.Sample(Split.Train, (ulong)seed, index: 0, task);
int[] train = [.. Enumerable.Range(0, task.SupportLabels.Length).Where(i => i % (Training + Clean) < Training)];
int[] clean = [.. Enumerable.Range(0, task.SupportLabels.Length).Except(train)];

// Mistakes are of one kind, as people's are: the next class instead of the right one.
var random = new Random(seed);
bool[] wrong = [.. train.Select(_ => random.NextDouble() < 0.45)];
int[] labels = [.. train.Select((example, i) => (task.SupportLabels[example] + (wrong[i] ? 1 : 0)) % Ways)];

int pixels = glyphs.Shape.InputSize;
var problem = new BilevelProblem
{
    Upper = v => Logits(v, "clean").CrossEntropy(v["clean labels"]),
    Lower = v =>
    {
        Tensor losses = (v["labels"] * Logits(v, "examples").LogSoftmax()).Sum(1) * -1;
        return (v["trust"].Sigmoid() * losses).Mean() + Penalty(v);
    },
    UpperVariables = [new("trust", new Shape(train.Length), Initializer.Constant(0))],
    LowerVariables = [new("classifier", new Shape(pixels, Ways), Initializer.Constant(0))],
    Data =
    [
        new("examples", new Shape(train.Length, pixels), Rows(train)),
        new("labels", new Shape(train.Length, Ways), OneHot(labels)),
        new("clean", new Shape(clean.Length, pixels), Rows(clean)),
        new("clean labels", new Shape(clean.Length, Ways), OneHot([.. clean.Select(i => task.SupportLabels[i])])),
    ],
};
var options = new BilevelOptions
{
    InnerSteps = 50,
    InnerRate = 0.05,
    Hypergradient = new Hypergradient.Implicit(new LinearSolver.ConjugateGradients(10)),
    Outer = new OuterOptimizerOptions(Rate: 0.3),
};

Console.WriteLine(
    $"{train.Length} training examples of {Ways} classes, {wrong.Count(w => w)} with a wrong label; {clean.Length} clean ones; "
        + $"{Ways * Test} to test on"
);
double uniform = Accuracy(Trained(problem, _ => 0));
double oracle = Accuracy(Trained(problem, i => wrong[i] ? -20 : 20));
double few = Accuracy(Trained(problem with { Lower = v => Logits(v, "clean").CrossEntropy(v["clean labels"]) + Penalty(v) }, _ => 0));

using var solver = new BilevelSolver(problem, options);
solver.Run(
    iterations,
    (iteration, step) =>
    {
        if (iteration % 10 == 0)
        {
            Console.WriteLine($"iteration {iteration}: loss on the clean examples {step.UpperLoss:0.000}");
        }
    }
);
double[] weights = [.. solver.Upper["trust"].ToArray().Select(trust => 1 / (1 + Math.Exp(-trust)))];
double right = weights.Where((_, i) => !wrong[i]).Average();
double mistaken = weights.Where((_, i) => wrong[i]).Average();
Console.WriteLine($"mean weight of examples with a right label {right:0.00}, with a wrong one {mistaken:0.00}");
Console.WriteLine($"a right one has the higher weight in {Separation():0.0} % of all pairs");
Console.WriteLine($"test accuracy: uniform weights {uniform:0.0} %, learned weights {Accuracy(solver.Lower.Values):0.0} %");
Console.WriteLine($"for comparison: trained on the clean examples alone {few:0.0} %, on all that have a right label {oracle:0.0} %");
return 0;

static Tensor Penalty(TensorMap v) => v["classifier"].Square().Sum() * 0.05;

static Tensor Logits(TensorMap v, string examples) => v[examples].MatrixMultiply(v["classifier"]);

float[] Rows(int[] examples) => [.. examples.SelectMany(i => task.SupportInput(i).ToArray())];

float[] OneHot(int[] classes) => [.. classes.SelectMany(label => Enumerable.Range(0, Ways).Select(way => way == label ? 1f : 0))];

// The classifier that given weights lead to: the lower level alone, until it no longer moves.
float[] Trained(BilevelProblem given, Func<int, float> trust)
{
    using var fixedWeights = new BilevelSolver(given, options with { InnerSteps = 1000 });
    for (int i = 0; i < train.Length; i++)
    {
        fixedWeights.Upper["trust"][i] = trust(i);
    }

    fixedWeights.Differentiate();
    return fixedWeights.Lower.Values;
}

double Accuracy(float[] classifier)
{
    int correct = 0;
    for (int i = 0; i < task.QueryLabels.Length; i++)
    {
        float[] logits = new float[Ways];
        Span<float> input = task.QueryInput(i);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (int way = 0; way < Ways; way++)
            {
                logits[way] += input[pixel] * classifier[(pixel * Ways) + way];
            }
        }

        correct += Array.IndexOf(logits, logits.Max()) == task.QueryLabels[i] ? 1 : 0;
    }

    return 100.0 * correct / task.QueryLabels.Length;
}

double Separation()
{
    double[] good = [.. weights.Where((_, i) => !wrong[i])];
    double[] bad = [.. weights.Where((_, i) => wrong[i])];
    return 100.0
        * good.Sum(g =>
            bad.Sum(b =>
                g > b ? 1
                : g == b ? 0.5
                : 0
            )
        )
        / (good.Length * (double)bad.Length);
}
