using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Methods.MetaGradients;
using FewShot.Models;

namespace FewShot.Bilevel;

/// <summary>
/// One outer iteration but for the update: the inner steps, then the hypergradient. A step is a program of its own that runs T times, so
/// neither compilation nor the programs' memory grow with T.
/// </summary>
internal abstract class HypergradientRun(BilevelProblem problem, BilevelOptions options) : IDisposable
{
    /// <summary>The names of the scalars that programs give besides variables.</summary>
    protected const string UpperLoss = "upper loss";

    protected const string LowerLoss = "lower loss";
    protected const string LowerGradient = "squared norm of the slope";
    private const string Gradient = "gradient of ";

    public BilevelProblem Problem { get; } = problem;

    /// <summary>The programs that a run needs, that of the inner step first.</summary>
    public abstract IReadOnlyList<BilevelProgram> Programs { get; }

    /// <summary>The bytes kept besides the programs' own memory.</summary>
    public virtual long KeptBytes => 0;

    protected BilevelOptions Options { get; } = options;

    protected string[] Upper { get; } = [.. problem.UpperVariables.Select(variable => variable.Name)];

    protected string[] Lower { get; } = [.. problem.LowerVariables.Select(variable => variable.Name)];

    /// <summary>Moves y by T inner steps and computes the hypergradient there.</summary>
    public BilevelStep Run(ParameterSet x, ParameterSet y, float[] gradient)
    {
        foreach (BilevelProgram program in Programs)
        {
            program.Load(x);
        }

        BilevelProgram step = Programs[0];
        step.Load(y);
        for (int i = 0; i < Options.InnerSteps; i++)
        {
            BeforeStep(i);
            step.Turn();
        }

        step.Store(y);
        double upper = Differentiated(y, gradient);
        return Told(new BilevelStep(upper, step.Output(LowerLoss)[0], Math.Sqrt(step.Output(LowerGradient)[0]), 0));
    }

    public void Dispose()
    {
        foreach (BilevelProgram program in Programs)
        {
            program.Dispose();
        }
    }

    /// <summary>Called before each inner step, with its number from 0.</summary>
    protected virtual void BeforeStep(int step) { }

    /// <summary>Writes the hypergradient at the last y, and gives the upper loss there.</summary>
    protected abstract double Differentiated(ParameterSet y, float[] gradient);

    /// <summary>Adds what else there is to tell of the iteration.</summary>
    protected virtual BilevelStep Told(BilevelStep step) => step;

    protected static Tensor[] Of(TensorMap all, IEnumerable<string> names) => [.. names.Select(name => all[name])];

    /// <summary>Traces y ← y − β∇_y g, and gives the slope.</summary>
    protected IReadOnlyList<Tensor> TraceStep(Graph graph, TensorMap all)
    {
        Tensor loss = Problem.Lower(all);
        IReadOnlyList<Tensor> slope = Differentiate.Gradients(loss, Of(all, Lower));
        for (int i = 0; i < Lower.Length; i++)
        {
            graph.Output(Lower[i], all[Lower[i]] - (slope[i] * Options.InnerRate));
        }

        graph.Output(LowerLoss, loss);
        graph.Output(LowerGradient, LinearSolver.Dot(slope, slope));
        return slope;
    }

    protected void OutputGradients(Graph graph, IReadOnlyList<Tensor> gradients)
    {
        for (int i = 0; i < Upper.Length; i++)
        {
            graph.Output(Gradient + Upper[i], gradients[i]);
        }
    }

    /// <summary>Adds a program's gradients to those of all upper variables.</summary>
    protected void AddGradients(BilevelProgram program, float[] gradient)
    {
        int start = 0;
        foreach (string name in Upper)
        {
            ReadOnlySpan<float> part = program.Output(Gradient + name);
            Span<float> destination = gradient.AsSpan(start, part.Length);
            System.Numerics.Tensors.TensorPrimitives.Add(destination, part, destination);
            start += part.Length;
        }
    }
}
