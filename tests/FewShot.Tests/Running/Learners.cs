using FewShot.Compute.Numerics;
using FewShot.Methods;
using FewShot.Models;

namespace FewShot.Tests.Running;

/// <summary>Learners of drawn weights, and numbers to ask them.</summary>
internal static class Learners
{
    public static Learner Create(LearnerSpecification specification, ulong seed = 1) =>
        new(specification, ParameterSet.Initialize(specification.CreateMethod().MetaParameters(specification.CreateModel()), seed));

    public static float[] Random(int count, ulong seed)
    {
        var random = new CounterRandom(seed, 1, 1);
        float[] values = new float[count];
        foreach (ref float value in values.AsSpan())
        {
            value = (float)random.NextNormal();
        }

        return values;
    }
}
