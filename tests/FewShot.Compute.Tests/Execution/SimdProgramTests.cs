using FewShot.Compute.Differentiation;
using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using Xunit;

namespace FewShot.Compute.Tests.Execution;

[Trait("Category", "Simd")]
public class SimdProgramTests
{
    [Fact]
    public void Running_allocates_nothing()
    {
        using var worker = new AllocationWorker(new SimdProgram(AllKernels()));
        worker.Run();
        worker.Run();
        worker.Allocating.Clear();
        worker.Run();
        Assert.Empty(worker.Allocating);
        long before = GC.GetAllocatedBytesForCurrentThread();
        worker.RunPlainly();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Every_kind_of_kernel_gives_the_numbers_of_its_definition() => Agreement.Check(AllKernels(), 2e-3);

    [Fact]
    public void Inputs_keep_their_values_between_runs_and_results_repeat()
    {
        using IWorker<float> worker = new SimdProgram(AllKernels()).CreateWorker();
        for (int i = 0; i < 3; i++)
        {
            worker.Input(0).Fill(0.25f);
            worker.Input(1).Fill(-0.5f);
        }

        worker.Run();
        float[] first = worker.Output(0).ToArray();
        worker.Run();
        Assert.Equal(first, worker.Output(0).ToArray());
        Assert.All(worker.Input(1).ToArray(), value => Assert.Equal(-0.5f, value));
    }

    [Fact]
    public void A_worker_that_was_disposed_says_so()
    {
        IWorker<float> worker = new SimdProgram(AllKernels()).CreateWorker();
        worker.Dispose();
        Assert.Throws<ObjectDisposedException>(() => worker.Run());
        Assert.Throws<ObjectDisposedException>(() => worker.Input(0).Length);
    }

    [Fact]
    public void The_dump_names_every_step_its_kernel_and_its_memory()
    {
        var program = new SimdProgram(AllKernels());
        string dump = program.Dump();
        Assert.StartsWith($"{program.Plan.Steps.Count} steps, {program.PeakBytes:N0} bytes, {program.MultiplyAdds:N0} multiply-adds", dump);
        Assert.Contains("Convolution from %", dump);
        Assert.Contains("MatrixProduct from %", dump);
        Assert.Contains("loop(", dump);
        Assert.Contains("by transposition in tiles", dump);
        Assert.Contains("Gather from %", dump);
        Assert.Contains("by definition", dump);
        Assert.Contains("in inner step 1", dump);
        Assert.Contains("until the end w", dump);
        Assert.Contains("output result is %", dump);
    }

    [Fact]
    public void A_profile_has_a_time_for_every_step()
    {
        var program = new SimdProgram(AllKernels());
        using ProfilingWorker worker = program.CreateProfilingWorker();
        worker.Run();
        worker.Run();
        Assert.Equal(2, worker.Runs);
        Assert.Equal(program.Plan.Steps.Count, worker.Steps.Count);
        Assert.Equal(program.MultiplyAdds, worker.Steps.Sum(step => step.MultiplyAdds));
        Assert.Contains("Convolution", worker.Report());
        Assert.Contains("fused loop", worker.Report());
        Assert.Contains(worker.Steps, step => step.Scope == "inner step 1");
        Assert.All(worker.Steps, step => Assert.True(step.Bytes > 0));
        worker.Reset();
        Assert.Equal(0, worker.Runs);
        Assert.All(worker.Steps, step => Assert.Equal(0, step.Seconds));
    }

    [Fact]
    public void A_run_writes_most_of_the_memory_it_asks_for()
    {
        var program = new SimdProgram(AllKernels());
        using var worker = new PoisoningWorker(program);
        worker.Run();
        Assert.InRange(worker.TouchedBytes, program.PeakBytes / 2, program.PeakBytes);
    }

    /// <summary>A program with a step for each kind of kernel.</summary>
    private static Graph AllKernels()
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(4, 9, 8, 3));
        Tensor w = graph.Input("w", new Shape(3, 3, 3, 12));
        using IDisposable scope = graph.Scope("inner step 1");
        Tensor y = x.Convolve(w, 1, 1).Relu().MaxPool(2);
        Tensor flat = y.Reshape(16, -1);
        Tensor product = flat.MatrixMultiply(flat, transposeB: true);
        Tensor mixed =
            y.Transpose(0, 3, 1, 2).Max(1) + y.Sum(1, 2).Sum().BroadcastTo(new Shape(4, 4, 4)) + y.Sum(2).Pad(2, 0, 1).Slice(2, 9, 4);
        Tensor joined = TensorOperations.Concatenate(0, mixed, mixed * 2).Gather(graph.Constant([1, 0, 5], new Shape(3)));
        Tensor solved = (product.MatrixMultiply(product, transposeB: true) + LowerOnes(graph)).SolvePositiveDefinite(flat);
        Tensor batched = joined.MatrixMultiply(joined, transposeA: true);
        Tensor loss = batched.Tanh().Sum() + solved.Sigmoid().Sum() + joined.Square().Mean();
        graph.Output("result", Differentiate.Gradients(loss, w)[0]);
        return graph;
    }

    private static Tensor LowerOnes(Graph graph)
    {
        double[] values = new double[16 * 16];
        for (int i = 0; i < 16; i++)
        {
            values[i * 17] = 100;
        }

        return graph.Constant(values, new Shape(16, 16));
    }

    private sealed class AllocationWorker(SimdProgram program) : SimdWorker(program)
    {
        public List<string> Allocating { get; } = [];

        public override void Run()
        {
            for (int i = 0; i < StepCount; i++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                RunStep(i);
                if (GC.GetAllocatedBytesForCurrentThread() != before)
                {
                    Allocating.Add($"{Program.Plan.Steps[i].Nodes[0]} by {Program.Kernels[i].Description}");
                }
            }
        }

        public void RunPlainly() => base.Run();
    }
}
