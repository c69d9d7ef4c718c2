using FewShot.Compute.Graphs;
using FewShot.Compute.Numerics;

namespace FewShot.Models;

/// <summary>A named parameter before it has a value.</summary>
/// <param name="Name">Dotted, layer first: <c>block1.conv.weight</c>.</param>
/// <param name="Shape">Its extents.</param>
/// <param name="Initializer">How its first value is drawn.</param>
/// <param name="Trained">False for running statistics, which are observed and not learned.</param>
public sealed record ParameterSpecification(string Name, Shape Shape, Initializer Initializer, bool Trained = true);

/// <summary>How a parameter's first value is drawn.</summary>
public abstract record Initializer
{
    /// <summary>Fills a parameter of a shape with its first value.</summary>
    internal abstract void Fill(Span<float> values, Shape shape, ref CounterRandom random);

    /// <summary>One constant.</summary>
    public static Initializer Constant(double value) => new ConstantInitializer(value);

    /// <summary>
    /// Uniform in ±√(3·gain²/fan-in): He's initialisation for layers followed by a ReLU when gain² is 2 (He 2015). Fan-in is the product of
    /// all extents but the last.
    /// </summary>
    public static Initializer Kaiming(double squaredGain = 2) => new UniformInitializer((fanIn, _) => Math.Sqrt(3 * squaredGain / fanIn));

    /// <summary>Uniform in ±√(6/(fan-in + fan-out)) (Glorot 2010).</summary>
    public static Initializer Glorot() => new UniformInitializer((fanIn, fanOut) => Math.Sqrt(6.0 / (fanIn + fanOut)));

    private sealed record ConstantInitializer(double Value) : Initializer
    {
        internal override void Fill(Span<float> values, Shape shape, ref CounterRandom random) => values.Fill((float)Value);
    }

    private sealed record UniformInitializer(Func<int, int, double> Bound) : Initializer
    {
        internal override void Fill(Span<float> values, Shape shape, ref CounterRandom random)
        {
            int receptiveField = 1;
            for (int axis = 0; axis < shape.Rank - 2; axis++)
            {
                receptiveField *= shape[axis];
            }

            int fanIn = shape.Rank < 2 ? shape.Count : shape[-2] * receptiveField;
            double bound = Bound(fanIn, shape.Rank < 1 ? 1 : shape[-1] * receptiveField);
            foreach (ref float value in values)
            {
                value = (float)((random.NextDouble() * 2 - 1) * bound);
            }
        }
    }
}
