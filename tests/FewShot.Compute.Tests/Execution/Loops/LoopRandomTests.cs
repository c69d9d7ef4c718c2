using FewShot.Compute.Execution.Loops;
using Xunit;

namespace FewShot.Compute.Tests.Execution.Loops;

/// <summary>Random loops against the definition in double, at every width.</summary>
[Trait("Category", "Simd")]
public class LoopRandomTests
{
    private const int LoopsPerGroup = 25;

    public static TheoryData<int> Groups => [.. Enumerable.Range(0, 8)];

    [Theory]
    [MemberData(nameof(Groups))]
    public void Agrees_with_the_definition(int group)
    {
        long known = 0;
        long all = 0;
        for (int i = 0; i < LoopsPerGroup; i++)
        {
            int seed = (group * LoopsPerGroup) + i;
            LoopGenerator generator = new(seed);
            LoopSpecification specification = generator.Specification();
            float[][] operands = generator.Operands(specification);
            Bounded[][] expected = LoopReference.Run(specification, operands);
            int inPlace = Enumerable.Range(0, specification.Outputs.Count).FirstOrDefault(IsFullStore, -1);
            foreach (int bits in (ReadOnlySpan<int>)[128, 256, 512])
            {
                LoopKernel kernel = LoopKernel.Compile(specification, bits);
                Compare(specification, expected, LoopMemory.Run(kernel, operands), $"seed {seed}, {bits} bits", ref known, ref all);
                if (inPlace >= 0)
                {
                    Compare(
                        specification,
                        expected,
                        LoopMemory.Run(kernel, operands, 0, inPlace),
                        $"seed {seed}, {bits} bits, in place",
                        ref known,
                        ref all
                    );
                }
            }

            bool IsFullStore(int output) =>
                specification.Outputs[output].Kind == OutputKind.Store
                && specification.Instructions[specification.Outputs[output].Value].Extent == Extent.Full;
        }

        Assert.True(known > all / 2, $"only {known} of {all} results could be judged");
    }

    private static void Compare(
        LoopSpecification specification,
        Bounded[][] expected,
        float[][] actual,
        string label,
        ref long known,
        ref long all
    )
    {
        for (int o = 0; o < expected.Length; o++)
        {
            Assert.Equal(expected[o].Length, actual[o].Length);
            for (int e = 0; e < expected[o].Length; e++)
            {
                Bounded want = expected[o][e];
                all++;
                if (!want.Known)
                {
                    continue;
                }

                known++;
                bool right =
                    double.IsNaN(want.Value) ? float.IsNaN(actual[o][e])
                    : double.IsInfinity(want.Value) ? want.Value == actual[o][e]
                    : Math.Abs(actual[o][e] - want.Value) <= want.Error;
                Assert.True(
                    right,
                    $"{label}, output {o}, element {e}: {actual[o][e]:R} instead of {want.Value:R} ± "
                        + $"{want.Error:E1}\n{specification.Describe()}"
                );
            }
        }
    }
}
