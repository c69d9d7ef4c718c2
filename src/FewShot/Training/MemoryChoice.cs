using FewShot.Compute.Execution.Simd;
using FewShot.Learning;
using FewShot.Tasks;

namespace FewShot.Training;

/// <summary>Decides by a memory budget whether inner steps, or the support pass of an implicit meta-gradient, are kept or recomputed. Peaks are those of the plans, known before anything runs.</summary>
internal static class MemoryChoice
{
    /// <exception cref="ArgumentException">The budget cannot be met.</exception>
    public static bool NeedsCheckpointing(TaskGraphs graphs, TaskShape shape, long? budget)
    {
        if (budget is null)
        {
            return false;
        }

        long kept = new SimdProgram(graphs.Training(shape)).PeakBytes;
        if (kept <= budget)
        {
            return false;
        }

        string? recomputable = graphs.Method.MetaGradient.Recomputable(graphs.Method.Adaptation);
        long least = recomputable is not null ? new SimdProgram(graphs.Training(shape, checkpointed: true)).PeakBytes : kept;
        return least <= budget
            ? true
            : throw new ArgumentException(
                $"the memory budget of {budget} bytes is too small: one task of {graphs.Method.Name} needs {least} bytes"
                + (recomputable is null ? "" : $" with {recomputable} recomputed ({kept} with all kept)")
                + "; raise --memory-budget, or lower --queries, --shots or the network's channels");
    }
}
