using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;
using FewShot.Compute.Simplification;
using Xunit;

namespace FewShot.Compute.Tests.Kit;

/// <summary>Every executor on random programs, plain, differentiated once and twice.</summary>
[Trait("Category", "Simd")]
public class RandomProgramTests
{
    private const int Programs = 60;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Simd_agrees_with_the_definitions(int order)
    {
        for (int seed = 0; seed < Programs; seed++)
        {
            RandomProgram program = RandomPrograms.Create(seed, order);
            ExecutorKit.Check(program.Graph, program.Inputs, ExecutorKit.Simd, program.Label);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Simplification_keeps_values(int order)
    {
        for (int seed = 0; seed < Programs; seed++)
        {
            RandomProgram program = RandomPrograms.Create(seed, order);
            ExecutorKit.Check(program.Graph, program.Inputs, graph => new ReferenceProgram(graph, simplify: false), program.Label);
        }
    }

    [Fact]
    public void Together_they_hold_every_operation_before_and_after_simplification()
    {
        RandomProgram[] programs = [.. Enumerable.Range(0, Programs).Select(seed => RandomPrograms.Create(seed, 2))];
        HashSet<Type> traced = [.. programs.SelectMany(program => program.Graph.Nodes).Select(node => node.Operation.GetType())];
        HashSet<Type> run =
        [
            .. programs.SelectMany(program => Simplifier.Run(program.Graph).Nodes).Select(node => node.Operation.GetType()),
        ];
        IEnumerable<Type> all = typeof(Operation)
            .Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Operation)) && !type.IsAbstract);

        // A probe never survives; the others are what simplification makes, drops as a marker, or writes as smaller steps.
        Assert.Equal(["Probe", "TurnWeights"], all.Except(traced).Select(type => type.Name).Order());
        Assert.Equal(["Probe", "SegmentOutput", "StopGradient", "Variable", "Variance"], all.Except(run).Select(type => type.Name).Order());
    }

    [Fact]
    public void They_are_tame_and_functions_of_their_seed()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            RandomProgram program = RandomPrograms.Create(seed, 2);
            Assert.All(Values.Run(program.Graph, program.Inputs), output => Assert.All(output, value => Assert.InRange(value, -1e6, 1e6)));
            Assert.Equal(GraphPrinter.Print(program.Graph), GraphPrinter.Print(RandomPrograms.Create(seed, 2).Graph));
        }
    }

    [Fact]
    public void Bounds_are_narrow()
    {
        // A bound wide enough to hide a fault would prove nothing: most outputs are held to a few thousand units of roundoff.
        double[] widths =
        [
            .. Enumerable
                .Range(0, Programs)
                .SelectMany(seed =>
                {
                    RandomProgram program = RandomPrograms.Create(seed, 1);
                    RoundingBounds expected = RoundingBounds.Of<float>(program.Graph, program.Inputs);
                    return expected.Values.Zip(expected.Bounds, (values, bounds) => bounds.Max() / (1e-30 + values.Max(Math.Abs)));
                })
                .Where(double.IsFinite)
                .Order(),
        ];
        Assert.True(
            widths[widths.Length / 2] < 3e-4 && widths[widths.Length * 9 / 10] < 1e-2,
            $"median {widths[widths.Length / 2]}, ninth decile {widths[widths.Length * 9 / 10]}"
        );
    }
}
