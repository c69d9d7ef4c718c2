using FewShot.Compute.Execution.Simd.Loops;
using Xunit;

namespace FewShot.Compute.Tests.Loops;

/// <summary>Random loops against the definition in double, at every width and through the interpreter.</summary>
public class LoopRandomTests
{
    private const int LoopsPerCase = 25;

    public static TheoryData<int, int> Cases
    {
        get
        {
            TheoryData<int, int> cases = [];
            foreach (int bits in (ReadOnlySpan<int>)[0, 128, 256, 512])
            {
                for (int group = 0; group < 8; group++)
                {
                    cases.Add(bits, group);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AgreesWithTheDefinition(int bits, int group)
    {
        long known = 0;
        long all = 0;
        for (int i = 0; i < LoopsPerCase; i++)
        {
            int seed = (group * LoopsPerCase) + i;
            LoopGenerator generator = new(seed);
            LoopSpecification specification = generator.Specification();
            float[][] operands = generator.Operands(specification);
            Bounded[][] expected = LoopReference.Run(specification, operands);
            LoopKernel kernel = bits == 0 ? LoopKernel.Interpret(specification) : LoopKernel.Compile(specification, bits);
            Compare(specification, expected, LoopMemory.Run(kernel, operands), $"seed {seed}", ref known, ref all);

            int output = Enumerable.Range(0, specification.Outputs.Count)
                .FirstOrDefault(o => specification.Outputs[o].Kind == OutputKind.Store && specification.Instructions[specification.Outputs[o].Value].Extent == Extent.Full, -1);
            if (output >= 0)
            {
                Compare(specification, expected, LoopMemory.Run(kernel, operands, 0, output), $"seed {seed} in place", ref known, ref all);
            }
        }

        Assert.True(known > all / 2, $"only {known} of {all} results could be judged");
    }

    private static void Compare(LoopSpecification specification, Bounded[][] expected, float[][] actual, string label, ref long known, ref long all)
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
                bool right = double.IsNaN(want.Value) ? float.IsNaN(actual[o][e])
                    : double.IsInfinity(want.Value) ? want.Value == actual[o][e]
                    : Math.Abs(actual[o][e] - want.Value) <= want.Error;
                Assert.True(right, $"{label}, output {o}, element {e}: {actual[o][e]:R} instead of {want.Value:R} ± {want.Error:E1}\n{specification.Describe()}");
            }
        }
    }
}
