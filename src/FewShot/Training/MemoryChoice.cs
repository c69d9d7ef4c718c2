using FewShot.Compute.Execution.Simd;
using FewShot.Learning;
using FewShot.MetaGradients;
using FewShot.Tasks;

namespace FewShot.Training;

/// <summary>Decides by a memory budget whether inner steps, or the support pass of an implicit meta-gradient, are kept or recomputed. Peaks are those of the plans, known before anything runs.</summary>
internal static class MemoryChoice
{
    /// <summary>How many inner steps to recompute together; 0 keeps all.</summary>
    /// <exception cref="ArgumentException">The budget cannot be met.</exception>
    public static int SegmentSteps(TaskGraphs graphs, TaskShape shape, long? budget)
    {
        if (budget is null)
        {
            return 0;
        }

        long kept = Peak(graphs, shape, 0);
        if (kept <= budget)
        {
            return 0;
        }

        string? recomputable = graphs.Method.MetaGradient.Recomputable(graphs.Method.Adaptation);
        (int segmentSteps, long least) = recomputable is null ? (0, kept) : Least(graphs, shape, kept);
        return least <= budget
            ? segmentSteps
            : throw new ArgumentException(
                $"the memory budget of {budget} bytes is too small: one task of {graphs.Method.Name} needs {least} bytes"
                + (recomputable is null ? "" : $" with {recomputable} recomputed ({kept} with all kept)")
                + "; raise --memory-budget, or lower --queries, --shots or the network's channels");
    }

    /// <summary>The segments that need the least memory, and how much.</summary>
    public static (int SegmentSteps, long PeakBytes) Least(TaskGraphs graphs, TaskShape shape) => Least(graphs, shape, Peak(graphs, shape, 0));

    private static (int SegmentSteps, long PeakBytes) Least(TaskGraphs graphs, TaskShape shape, long kept)
    {
        int steps = graphs.Method.Adaptation.Steps;
        long single = Peak(graphs, shape, 1);
        if (graphs.Method.MetaGradient is not Unrolled)
        {
            // Recomputes its support pass, which has no segments.
            return (1, single);
        }

        // The peak is either where the queries are answered, with the parameters from which each segment starts, or on the way back through a segment,
        // with the inner values of its steps and the derivatives of one more.
        const int line = 64;
        long parameters = graphs.Model.Parameters.Where(parameter => parameter.Trained).Sum(parameter => ((sizeof(float) * (long)parameter.Shape.Count) + line - 1) / line * line);
        long queries = Math.Max(0, single - (steps * parameters));
        long inner = Math.Max(0, kept - queries) / steps;
        int best = Enumerable.Range(1, steps).MinBy(count => (((steps + count - 1) / count) * parameters) + Math.Max(queries, (count + 1) * inner));
        long peak = best == 1 ? single : Peak(graphs, shape, best);
        return peak < single ? (best, peak) : (1, single);
    }

    private static long Peak(TaskGraphs graphs, TaskShape shape, int segmentSteps) => new SimdProgram(graphs.Training(shape, segmentSteps)).PeakBytes;
}
