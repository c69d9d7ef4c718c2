using Xunit;

namespace FewShot.Compute.Tests.Execution;

[Trait("Category", "Simd")]
public class RandomGraphTests
{
    [Theory]
    [InlineData(1, 25, 6)]
    [InlineData(100, 18, 15)]
    [InlineData(200, 10, 30)]
    public void Random_programs_give_the_numbers_of_their_definition(int firstSeed, int count, int operations)
    {
        for (int seed = firstSeed; seed < firstSeed + count; seed++)
        {
            try
            {
                Agreement.Check(RandomGraph.Make(seed, operations), 2e-3, seed: seed);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"random program {seed} of {operations} operations", exception);
            }
        }
    }
}
