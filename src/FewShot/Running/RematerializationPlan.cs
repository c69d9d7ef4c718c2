using FewShot.Compute.Execution;
using FewShot.Methods.MetaGradients;
using FewShot.Tasks;

namespace FewShot.Running;

/// <summary>
/// The program that trains on one task within a memory budget, which decides whether inner steps, or the support pass of an implicit
/// meta-gradient, are kept or recomputed. Peaks are those of the plans, known before anything runs; the program whose plan is chosen is
/// handed on, because compiling takes seconds where there are many inner steps.
/// </summary>
/// <param name="Program">The program that training runs.</param>
/// <param name="SegmentSteps">How many inner steps the program recomputes together; 0 where it keeps all.</param>
internal sealed record RematerializationPlan(SimdProgram Program, int SegmentSteps)
{
    public bool Recomputes => SegmentSteps > 0;

    public long PeakBytes => Program.PeakBytes;

    /// <summary>All is kept, whatever memory that needs.</summary>
    public static RematerializationPlan KeepAll(TaskPrograms graphs, TaskShape shape) => Compile(graphs, shape, segmentSteps: 0);

    /// <summary>All is kept where the budget allows it, or there is none; else what needs the least memory.</summary>
    /// <exception cref="ArgumentException">The budget cannot be met.</exception>
    public static RematerializationPlan Within(long? budget, TaskPrograms graphs, TaskShape shape)
    {
        RematerializationPlan kept = KeepAll(graphs, shape);
        if (budget is null || kept.PeakBytes <= budget)
        {
            return kept;
        }

        string? recomputable = graphs.Method.MetaGradient.Recomputable(graphs.Method.Adaptation);
        RematerializationPlan least = recomputable is null ? kept : Least(graphs, shape, kept.PeakBytes);
        return least.PeakBytes <= budget
            ? least
            : throw new ArgumentException(
                $"the memory budget of {budget} bytes is too small: one task of {graphs.Method.Name} needs {least.PeakBytes} bytes"
                    + (recomputable is null ? "" : $" with {recomputable} recomputed ({kept.PeakBytes} with all kept)")
                    + "; raise TrainingOptions.MemoryBudget, or lower TaskOptions.QueriesPerClass, TaskOptions.Shots or "
                    + "LearnerSpecification.Channels"
            );
    }

    /// <summary>The segments that need the least memory.</summary>
    public static RematerializationPlan Least(TaskPrograms graphs, TaskShape shape) =>
        Least(graphs, shape, KeepAll(graphs, shape).PeakBytes);

    private static RematerializationPlan Least(TaskPrograms graphs, TaskShape shape, long kept)
    {
        int steps = graphs.Method.Adaptation.Steps;
        RematerializationPlan single = Compile(graphs, shape, segmentSteps: 1);
        if (graphs.Method.MetaGradient is not Unrolled)
        {
            // Recomputes its support pass, which has no segments.
            return single;
        }

        // The peak is either where the queries are answered, with the parameters from which each segment starts, or on the way back through
        // a segment, with the inner values of its steps and the derivatives of one more.
        const int line = 64;
        long parameters = graphs
            .Model.Parameters.Where(parameter => parameter.Trained)
            .Sum(parameter => ((sizeof(float) * (long)parameter.Shape.Count) + line - 1) / line * line);
        long queries = Math.Max(0, single.PeakBytes - (steps * parameters));
        long inner = Math.Max(0, kept - queries) / steps;
        int best = Enumerable
            .Range(1, steps)
            .MinBy(count => (((steps + count - 1) / count) * parameters) + Math.Max(queries, (count + 1) * inner));
        RematerializationPlan several = best == 1 ? single : Compile(graphs, shape, best);
        return several.PeakBytes < single.PeakBytes ? several : single;
    }

    private static RematerializationPlan Compile(TaskPrograms graphs, TaskShape shape, int segmentSteps) =>
        new(new SimdProgram(graphs.Training(shape, segmentSteps)), segmentSteps);
}
