using FewShot.Compute.Graphs;
using FewShot.Methods;
using FewShot.Methods.Adaptation;
using FewShot.Methods.MetaGradients;
using FewShot.Models;

namespace FewShot.Checking;

/// <summary>A function of the meta-parameters whose derivative a method's meta-gradient is, by the method's definition.</summary>
internal abstract class MethodCheckDefinition : IDisposable
{
    /// <summary>
    /// The value of the function where one meta-parameter is moved by <paramref name="step"/> along a direction, and a fingerprint of the
    /// branches taken on the way.
    /// </summary>
    public abstract (double Value, ulong Branches) At(string parameter, double[] direction, double step);

    public abstract void Dispose();

    public static MethodCheckDefinition Of(MethodCheckProblem problem) =>
        problem.Graphs.Method switch
        {
            { MetaGradient: Reptile, Adaptation: GradientDescent descent } => new MethodCheckDisplacement(problem, descent),
            { MetaGradient: Unrolled unrolled, Adaptation: GradientDescent descent } => new MethodCheckReplay(problem, descent, unrolled),
            { MetaGradient: EnergyFunctional energy, Adaptation: GradientDescent descent } => new MethodCheckEnergy(
                problem,
                descent,
                energy
            ),
            { MetaGradient: HessianFree free, Adaptation: GradientDescent descent } => new MethodCheckHessianFree(problem, descent, free),
            { MetaGradient: Implicit @implicit, Adaptation: GradientDescent descent } => new MethodCheckImplicit(
                problem,
                descent,
                @implicit
            ),
            _ => new QueryLoss(problem),
        };

    /// <summary>Copies values, one of them moved.</summary>
    protected static Dictionary<string, double[]> Moved(
        IReadOnlyDictionary<string, double[]> values,
        string parameter,
        double[] direction,
        double step
    ) => new(values) { [parameter] = [.. values[parameter].Select((value, i) => value + (step * direction[i]))] };

    public static string Describe(Method method) =>
        method switch
        {
            { MetaGradient: Reptile } => "the displacement of the parameters, from differences of the support loss at every inner step",
            { MetaGradient: Unrolled { ExactSteps: 0 } } =>
                "differences of the query loss with the gradients of all inner steps held constant",
            { MetaGradient: Unrolled { ExactSteps: { } exact } } =>
                $"differences of the query loss through the last {exact} inner steps, with the gradients of the others held constant",
            { MetaGradient: Unrolled { MultiStepLoss: true } } =>
                "differences of the weighted query losses after each inner step, through the whole adaptation",
            { MetaGradient: EnergyFunctional } => "differences of the energy, made of the losses and their gradients without adaptation",
            { MetaGradient: HessianFree } => "the recursion with differences of gradients, by a second implementation in plain numbers",
            { MetaGradient: Implicit @implicit } =>
                "differences of the query loss and the lower slope at the adapted parameters, with the Hessian by differences and "
                    + $"{@implicit.Solver.Name} by a second implementation",
            _ => "differences of the query loss through the whole adaptation",
        };

    /// <summary>The query loss after adaptation, or the weighted sum of those after each inner step.</summary>
    private sealed class QueryLoss : MethodCheckDefinition
    {
        private readonly MethodCheckProblem _problem;
        private readonly MethodCheckProgram _program;
        private readonly double[] _weights;

        public QueryLoss(MethodCheckProblem problem)
        {
            _problem = problem;
            AdaptationRule adaptation = problem.Graphs.Method.Adaptation;
            (TaskContext task, Tensor inputs, Tensor targets) = problem.Trace();
            IReadOnlyList<TensorMap> states = adaptation.Adapt(task);
            _weights = problem.Graphs.Method.MetaGradient is Unrolled { MultiStepLoss: true } ? problem.Values[Unrolled.StepWeights] : [1];
            for (int i = 0; i < _weights.Length; i++)
            {
                TensorMap state = states[states.Count - _weights.Length + i];
                task.Graph.Output($"loss {i}", task.Loss(adaptation.Predict(task, state, inputs), targets));
            }

            _program = new MethodCheckProgram(task.Graph, problem.Values);
        }

        public override (double Value, ulong Branches) At(string parameter, double[] direction, double step)
        {
            Span<double> moved = _program.Input(parameter);
            double[] values = _problem.Values[parameter];
            for (int i = 0; i < moved.Length; i++)
            {
                moved[i] = values[i] + (step * direction[i]);
            }

            ulong branches = _program.Run();
            double loss = 0;
            for (int i = 0; i < _weights.Length; i++)
            {
                loss += _weights[i] * _program.Output($"loss {i}")[0];
            }

            values.CopyTo(_program.Input(parameter));
            return (loss, branches);
        }

        public override void Dispose() => _program.Dispose();
    }
}
