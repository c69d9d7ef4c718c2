using FewShot.Compute.Graphs;
using FewShot.Compute.Kernels;
using FewShot.Compute.Planning;
using Step = FewShot.Compute.Planning.Step;

namespace FewShot.Compute.Execution.Steps;

/// <summary>What runs one step: prepared once for its shapes, immutable, shared by all workers.</summary>
internal abstract unsafe class StepKernel
{
    /// <summary>What the dump and the profile call it.</summary>
    public abstract string Description { get; }

    /// <summary>Memory it needs while it runs.</summary>
    public virtual int ScratchBytes => 0;

    /// <summary>Whether it may write this output over this input, when both have the same size.</summary>
    public virtual bool InPlace(Tensor input, Tensor output) => false;

    /// <summary>The stored values it takes, in the order of its pointers: inputs, then outputs.</summary>
    public virtual IReadOnlyList<Tensor> Buffers(Step step) => [.. step.Nodes[0].Inputs.Select(Storage.Of), .. step.Outputs];

    /// <summary>Computes the outputs.</summary>
    public abstract void Run(float** buffers, byte* scratch);

    /// <summary>How many threads it pays to share the step among; 1: it runs as a whole.</summary>
    public virtual int Shares => 1;

    /// <summary>Bytes at the start of its scratch that all shares see.</summary>
    public virtual int SharedBytes => 0;

    /// <summary>What one thread does before the shares.</summary>
    public virtual void Begin(float** buffers, byte* shared) { }

    /// <summary>
    /// Computes a share. Begin, all shares in any order on any threads, and End give the bits of <see cref="Run(float**, byte*)"/>.
    /// </summary>
    /// <param name="buffers">The values' addresses, as for the whole.</param>
    /// <param name="shared">The scratch memory that all shares see.</param>
    /// <param name="scratch">The scratch memory of this thread.</param>
    /// <param name="share">The part of the step's work.</param>
    public virtual void Run(float** buffers, byte* shared, byte* scratch, Share share) =>
        throw new InvalidOperationException($"a step by {Description} runs as a whole");

    /// <summary>What one thread does after the shares.</summary>
    public virtual void End(float** buffers, byte* shared) { }
}

/// <summary>Runs an operation by its definition, in float32: for the small and the rare.</summary>
internal sealed unsafe class DefinitionKernel(Tensor node) : StepKernel
{
    public override string Description => "definition";

    public override void Run(float** buffers, byte* scratch) =>
        node.Operation.Evaluate(new Operands<float>(buffers, node.Inputs), new Span<float>(buffers[node.Inputs.Count], node.Shape.Count));
}
