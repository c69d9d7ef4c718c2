using FewShot.Compute.Execution.Simd;
using FewShot.Learning;
using FewShot.Tasks;

namespace FewShot.Training;

/// <summary>Decides by a memory budget whether inner steps are kept or recomputed. Peaks are those of the plans, known before anything runs.</summary>
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

        bool possible = graphs.Method.MetaGradient.CanCheckpoint && graphs.Method.Adaptation.Steps > 1;
        (int segmentSteps, long least) = possible ? Least(graphs, shape, kept) : (0, kept);
        return least <= budget
            ? segmentSteps
            : throw new ArgumentException(
                $"the memory budget of {budget} bytes is too small: one task of {graphs.Method.Name} needs {least} bytes"
                + (possible ? $" with its inner steps recomputed ({kept} with all kept)" : "")
                + "; raise --memory-budget, or lower --queries, --shots or the network's channels");
    }

    /// <summary>The segments that need the least memory, and how much.</summary>
    public static (int SegmentSteps, long PeakBytes) Least(TaskGraphs graphs, TaskShape shape) => Least(graphs, shape, Peak(graphs, shape, 0));

    private static (int SegmentSteps, long PeakBytes) Least(TaskGraphs graphs, TaskShape shape, long kept)
    {
        int steps = graphs.Method.Adaptation.Steps;
        long single = Peak(graphs, shape, 1);

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
