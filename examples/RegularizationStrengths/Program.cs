using System.Diagnostics;
using System.Globalization;
using FewShot.Bilevel;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.MetaGradients;
using FewShot.Methods.Optimizers;
using FewShot.Models;

// Learns a strength of regularisation for every feature of a linear regression on a validation set, by the implicit hypergradient and by
// forward mode, and compares both with the best strength that all features share. Usage: RegularizationStrengths [outer iterations, 150 by
// default]
const int Features = 30,
    Useful = 5,
    Train = 60,
    Validation = 60,
    Test = 2000;
const double Most = 2;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int iterations = args.Length > 0 ? int.Parse(args[0]) : 150;

// Made data: five features of thirty matter, the rest is there to be fitted by mistake.
var random = new Random(1);
float[] truth = [.. Enumerable.Range(0, Features).Select(j => j < Useful ? 1f : 0)];
(float[] X, float[] Y) train = Draw(Train),
    validation = Draw(Validation),
    test = Draw(Test);

// The strength of feature j is Most·σ(s_j): bounded, so that one inner step size suits all of them.
var problem = new BilevelProblem
{
    Upper = v => v["validation x"].MatrixMultiply(v["weights"]).MeanSquaredError(v["validation y"]),
    Lower = v =>
        v["train x"].MatrixMultiply(v["weights"]).MeanSquaredError(v["train y"]) + (v["s"].Sigmoid() * v["weights"].Square()).Sum() * Most,
    UpperVariables = [new("s", new Shape(Features, 1), Initializer.Constant(-3))],
    LowerVariables = [new("weights", new Shape(Features, 1), Initializer.Constant(0))],
    Data =
    [
        new("train x", new Shape(Train, Features), train.X),
        new("train y", new Shape(Train, 1), train.Y),
        new("validation x", new Shape(Validation, Features), validation.X),
        new("validation y", new Shape(Validation, 1), validation.Y),
    ],
};
var options = new BilevelOptions
{
    InnerSteps = 200,
    InnerRate = 0.15,
    Outer = new OuterOptimizerOptions(Rate: 0.1),
    WarmStart = false,
};
(string Name, Hypergradient Mode)[] modes =
[
    ("implicit (20 CG iterations)", new Hypergradient.Implicit(new LinearSolver.ConjugateGradients(20))),
    ("forward mode", new Hypergradient.Forward()),
    ("reverse mode", new Hypergradient.Reverse()),
];

Console.WriteLine($"{Train} rows to train on, {Validation} to validate; {Features} features, {Useful} of which matter");
float[] first = [];
foreach ((string name, Hypergradient mode) in modes)
{
    using var solver = new BilevelSolver(problem, options with { Hypergradient = mode });
    solver.Differentiate();
    float[] gradient = solver.Gradient.ToArray();
    first = first.Length == 0 ? gradient : first;
    double difference = Math.Sqrt(gradient.Zip(first, (a, b) => Math.Pow(a - b, 2)).Sum() / first.Sum(value => Math.Pow(value, 2)));
    long start = Stopwatch.GetTimestamp();
    BilevelStep last = solver.Run(iterations);
    double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds / iterations;
    double[] strengths = [.. solver.Upper["s"].ToArray().Select(s => Most / (1 + Math.Exp(-s)))];
    Console.WriteLine(
        $"{name}: first hypergradient within {difference:0.0e+0} of the implicit one; validation error {last.UpperLoss:0.000}, test "
            + $"error {TestError(solver.Lower.Values):0.000}; "
            + $"mean strength {strengths.Take(Useful).Average():0.000} where a feature matters, "
            + $"{strengths.Skip(Useful).Average():0.000} where not; "
            + $"{milliseconds:0.00} ms an iteration, {solver.PeakBytes:N0} bytes"
    );
}

// For comparison: the same strength for all features, the best of a grid by the validation error.
using var shared = new BilevelSolver(problem, options);
(double Validation, double Test) best = (double.PositiveInfinity, 0);
for (double s = -6; s <= 3; s += 0.5)
{
    shared.Upper.Values.AsSpan().Fill((float)s);
    double error = shared.Differentiate().UpperLoss;
    best = error < best.Validation ? (error, TestError(shared.Lower.Values)) : best;
}

Console.WriteLine($"one strength for all, best of a grid: validation error {best.Validation:0.000}, test error {best.Test:0.000}");
return 0;

(float[] X, float[] Y) Draw(int rows)
{
    float[] x = [.. Enumerable.Range(0, rows * Features).Select(_ => Normal())];
    return (x, [.. Enumerable.Range(0, rows).Select(row => Predict(x, row, truth) + (1.5f * Normal()))]);
}

float Normal() => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));

static float Predict(float[] x, int row, float[] weights) => weights.Select((weight, j) => weight * x[(row * Features) + j]).Sum();

double TestError(float[] weights) => Enumerable.Range(0, Test).Average(row => Math.Pow(Predict(test.X, row, weights) - test.Y[row], 2));
