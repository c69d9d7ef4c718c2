using System.Diagnostics;
using FewShot.Compute.Differentiation;
using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Parallel;
using FewShot.Compute.Execution.Steps;
using FewShot.Compute.Graphs;
using FewShot.Compute.Kernels;
using FewShot.Compute.Operations;
using FewShot.Compute.Tests.Kit;
using Xunit;

namespace FewShot.Compute.Tests.Execution;

/// <summary>Runs that several threads share give the bits of one thread's.</summary>
[Trait("Category", "Simd")]
public class SharingTests
{
    /// <summary>Shares whatever can be cut, however small.</summary>
    private const long Everything = 1;

    private static readonly StepThreadPool s_helpers = new(2);

    [Theory]
    [InlineData(1, 25, 6)]
    [InlineData(300, 15, 20)]
    public void Random_graphs_give_the_same_bits_on_any_number_of_threads(int firstSeed, int count, int operations)
    {
        for (int seed = firstSeed; seed < firstSeed + count; seed++)
        {
            Check(RandomGraph.Make(seed, operations), Everything, $"random graph {seed} of {operations} operations");
        }
    }

    [Fact]
    public void Random_programs_and_their_derivatives_give_the_same_bits_on_any_number_of_threads()
    {
        for (int seed = 0; seed < 15; seed++)
        {
            RandomProgram program = RandomPrograms.Create(seed, seed % 3);
            Check(program.Graph, Everything, program.Label);
        }
    }

    [Theory]
    [InlineData(1, 28, 64, 5)]
    [InlineData(3, 19, 20, 3)]
    public void An_inner_step_of_a_network_gives_the_same_bits_on_any_number_of_threads(int channels, int size, int width, int images)
    {
        Graph graph = InnerStep(channels, size, width, images);
        Check(graph, Everything, "everything shared");
        Check(graph, StepKernels.WorthAThread, "what pays shared");
    }

    [Fact]
    public void A_run_that_is_shared_allocates_nothing()
    {
        var program = new SimdProgram(InnerStep(1, 28, 64, 5));
        using SimdWorker worker = program.CreateWorker(3, s_helpers);
        RunShared(worker);
        worker.Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        worker.Run();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void Many_runs_at_once_that_want_the_same_helpers_give_the_bits_of_one()
    {
        var program = new SimdProgram(InnerStep(1, 14, 32, 5), SimdLevels.Best, Everything);
        using IWorker<float> alone = program.CreateWorker();
        Fill(program, alone);
        alone.Run();
        float[] expected = Outputs(program, alone);
        var failures = new System.Collections.Concurrent.ConcurrentBag<string>();
        Thread[] threads =
        [
            .. Enumerable
                .Range(0, 6)
                .Select(caller => new Thread(() =>
                {
                    using SimdWorker worker = program.CreateWorker(1 + (caller % 3), s_helpers);
                    Fill(program, worker);
                    for (int run = 0; run < 30; run++)
                    {
                        worker.Run();
                        if (!Outputs(program, worker).AsSpan().SequenceEqual(expected))
                        {
                            failures.Add($"caller {caller}, run {run}");
                        }
                    }
                })),
        ];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Empty(failures);
    }

    [Fact]
    public void A_run_after_disposal_is_refused_and_leaves_the_helpers_free()
    {
        var program = new SimdProgram(InnerStep(1, 14, 32, 5), SimdLevels.Best, Everything);
        StepThreadPool helpers = new StepThreadPool(1);
        SimdWorker disposed = program.CreateWorker(2, helpers);
        disposed.Dispose();
        Assert.Throws<ObjectDisposedException>(disposed.Run);
        using SimdWorker other = program.CreateWorker(2, helpers);
        RunShared(other);
    }

    [Fact]
    public void Programs_of_small_steps_and_one_thread_need_no_helpers()
    {
        var small = new SimdProgram(RandomGraph.Make(1, 6));
        Assert.Equal(1, small.MostShares);
        Assert.IsNotType<ParallelWorker>(small.CreateWorker(4, s_helpers));
        var large = new SimdProgram(InnerStep(1, 28, 64, 5));
        Assert.IsNotType<ParallelWorker>(large.CreateWorker(1, s_helpers));
        Assert.IsNotType<ParallelWorker>(large.CreateWorker(4, new StepThreadPool(0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => large.CreateWorker(0));
    }

    private static void Check(Graph graph, long shareWork, string what)
    {
        foreach (SimdLevel level in SimdLevels.Available)
        {
            var program = new SimdProgram(graph, level, shareWork);
            using IWorker<float> alone = program.CreateWorker();
            Fill(program, alone);
            alone.Run();
            float[] expected = Outputs(program, alone);
            foreach (int threads in new[] { 2, 3 })
            {
                using SimdWorker worker = program.CreateWorker(threads, s_helpers);
                Fill(program, worker);
                RunShared(worker);
                float[] actual = Outputs(program, worker);
                int other = Enumerable
                    .Range(0, expected.Length)
                    .FirstOrDefault(i => BitConverter.SingleToInt32Bits(expected[i]) != BitConverter.SingleToInt32Bits(actual[i]), -1);
                if (other >= 0)
                {
                    Assert.Fail(
                        $"{what} at {level}: number {other} is {actual[other]:G9} on {threads} threads, {expected[other]:G9} on "
                            + $"one\n{program.Dump()}"
                    );
                }
            }
        }
    }

    /// <summary>Runs until steps were really shared: the first runs may be over before a helper is awake.</summary>
    private static void RunShared(SimdWorker worker)
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            worker.Run();
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(60), "no helper came");
        } while (worker is ParallelWorker { SharedSteps: 0 });
    }

    private static void Fill(SimdProgram program, IWorker<float> worker)
    {
        var random = new Random(1);
        for (int i = 0; i < program.InputNames.Count; i++)
        {
            foreach (ref float value in worker.Input(i))
            {
                value = (float)((random.NextDouble() * 2) - 1);
            }
        }
    }

    private static float[] Outputs(SimdProgram program, IWorker<float> worker) =>
        [.. Enumerable.Range(0, program.OutputNames.Count).SelectMany(i => worker.Output(i).ToArray())];

    /// <summary>
    /// Two blocks of convolution, normalisation, ReLU and pooling, a third that strides, a head, and a step of gradient descent on all of
    /// it.
    /// </summary>
    private static Graph InnerStep(int channels, int size, int width, int images)
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(images, size, size, channels));
        Tensor[] weights =
        [
            graph.Input("w1", new Shape(3, 3, channels, width)),
            graph.Input("w2", new Shape(3, 3, width, width)),
            graph.Input("w3", new Shape(3, 3, width, width)),
            graph.Input("head", new Shape(width, 5)),
        ];
        Tensor y = Normalised(x.Convolve(weights[0] * 0.3, 1, 1)).Relu().MaxPool(2);
        y = Normalised(y.Convolve(weights[1] * 0.1, 1, 1)).Relu().MaxPool(2);
        y = Normalised(y.Convolve(weights[2] * 0.1, 2, 1)).Relu();
        Tensor loss = y.Mean(1, 2).MatrixMultiply(weights[3]).Softmax().Square().Sum();
        IReadOnlyList<Tensor> gradients = Differentiate.Gradients(loss, weights);
        graph.Output("loss", loss);
        for (int i = 0; i < weights.Length; i++)
        {
            graph.Output($"stepped {i}", weights[i] - (gradients[i] * 0.1));
        }

        return graph;
    }

    private static Tensor Normalised(Tensor x)
    {
        Tensor centred = x - x.Mean(0, 1, 2);
        return centred * (centred.Square().Mean(0, 1, 2) + 1e-3).ReciprocalSqrt();
    }
}
