using FewShot.Compute.Execution;
using FewShot.Models;

namespace FewShot.Running;

/// <summary>What a program of a task is given: its first inputs are the meta-parameters, in their order.</summary>
internal static class WorkerInputs
{
    /// <summary>Copies the meta-parameters into a worker.</summary>
    public static void Load(IWorker<float> worker, ParameterSet parameters)
    {
        for (int i = 0; i < parameters.Specifications.Count; i++)
        {
            parameters[parameters.Specifications[i].Name].CopyTo(worker.Input(i));
        }
    }
}
