using FewShot.Compute.Execution;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Tests.Kit;
using FewShot.Compute.Tests.Operations;
using Xunit;

namespace FewShot.Compute.Tests.Execution;

/// <summary>A value that is no number is not lost in single precision, at any vector level: a training that diverged must show.</summary>
[Trait("Category", "Simd")]
public class NotFiniteTests
{
    /// <summary>
    /// Kernels that transform whole tiles may spread a NaN further than the definition does, but must not lose it. So may max-pooling,
    /// which makes the result of a window with a NaN in it NaN, and a root, which is NaN of minus infinity where Math.Pow has infinity or
    /// zero.
    /// </summary>
    private static readonly HashSet<Type> s_spreading =
    [
        typeof(MatrixProduct),
        typeof(Convolution),
        typeof(ConvolutionDataGradient),
        typeof(ConvolutionWeightGradient),
        typeof(MaxPoolSelect),
        typeof(Power),
    ];

    /// <summary>Factorisations of such matrices are nothing that could be compared.</summary>
    private static readonly HashSet<Type> s_factorizations = [typeof(Cholesky), typeof(TriangularSolve), typeof(SpectralFunction)];

    public static TheoryData<string> Operations => [.. OperationCase.Types.Except(s_factorizations).Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Not_a_number_goes_where_the_definition_takes_it(string name)
    {
        Type type = OperationCase.Types.Single(type => type.Name == name);
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            OperationCase example = OperationCase.Of(type, seed);
            var graph = new Graph();
            Tensor[] inputs = [.. example.Arguments.Select((argument, i) => graph.Input($"x{i}", argument.Shape))];
            graph.Output("y", example.Trace(graph, inputs));

            // Where a window has no largest entry, its place is nobody's; the pooling itself has made everything after it NaN by then.
            double[][] values =
            [
                .. example.Arguments.Select(
                    (argument, i) =>
                        argument.Differentiable && !(type == typeof(MaxUnpool) && i == 1)
                            ? Spoilt(argument.Values, random)
                            : argument.Values
                ),
            ];
            double[] expected = Values.Run(graph, values, simplify: false)[0];
            foreach (Compute.Kernels.SimdLevel level in Agreement.Levels)
            {
                using IWorker<float> worker = new SimdProgram(graph, level).CreateWorker();
                for (int i = 0; i < values.Length; i++)
                {
                    Values.Write(worker, i, values[i]);
                }

                worker.Run();
                ReadOnlySpan<float> actual = worker.Output(0);
                for (int i = 0; i < expected.Length; i++)
                {
                    bool same = s_spreading.Contains(type)
                        ? double.IsFinite(expected[i]) || !float.IsFinite(actual[i])
                        : double.IsNaN(expected[i]) == float.IsNaN(actual[i])
                            && (!double.IsInfinity(expected[i]) || expected[i].Equals((double)actual[i]));
                    Assert.True(same, $"{name}, seed {seed}, at {level}: element {i} is {actual[i]}, by definition {expected[i]}");
                }
            }
        }
    }

    /// <summary>Some of the values replaced by NaN, and some by infinities.</summary>
    private static double[] Spoilt(double[] values, Random random) =>
        [
            .. values.Select(value =>
                random.Next(8) switch
                {
                    0 => double.NaN,
                    1 => random.Next(2) == 0 ? double.PositiveInfinity : double.NegativeInfinity,
                    _ => value,
                }
            ),
        ];
}
