using FewShot.Compute.Kernels;

namespace FewShot.Compute.Execution.Parallel;

/// <summary>A run that gives shares of its steps to threads.</summary>
internal interface IShareRunner
{
    /// <summary>Computes a share of a step on the calling thread.</summary>
    /// <param name="step">The number of the step.</param>
    /// <param name="helper">Which of the run's threads calls.</param>
    /// <param name="share">The part of the step's work.</param>
    void RunShare(int step, int helper, Share share);
}
