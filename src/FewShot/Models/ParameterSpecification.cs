using FewShot.Compute.Graphs;
using FewShot.Compute.Numerics;
using FewShot.Storage;

namespace FewShot.Models;

/// <summary>A named parameter before it has a value.</summary>
/// <param name="Name">The dotted name, layer first: <c>block1.conv.weight</c>.</param>
/// <param name="Shape">The extents of the parameter.</param>
/// <param name="Initializer">How its first value is drawn.</param>
/// <param name="Trained">Whether the parameter is learned; false for running statistics, which are observed.</param>
public sealed record ParameterSpecification(string Name, Shape Shape, Initializer Initializer, bool Trained = true);

/// <summary>How a parameter's first value is drawn. Immutable; one of one's own is registered like a layer.</summary>
[PartKind]
public abstract record Initializer
{
    /// <summary>Fills a parameter of a shape with its first value.</summary>
    /// <param name="values">The values to overwrite, row-major.</param>
    /// <param name="shape">The extents of the parameter.</param>
    /// <param name="random">Where random numbers come from: nothing else may decide the values.</param>
    public abstract void Fill(Span<float> values, Shape shape, ref CounterRandom random);

    /// <summary>An initialiser that gives every number one value.</summary>
    /// <param name="value">The value of every number.</param>
    public static Initializer Constant(double value) => new ConstantInitializer(value);

    /// <summary>
    /// A uniform draw from ±√(3·gain²/fan-in): He's initialisation for layers followed by a ReLU when gain² is 2 (He 2015). Fan-in is the
    /// product of all extents but the last.
    /// </summary>
    /// <param name="squaredGain">The squared gain, gain²; 2 by default.</param>
    public static Initializer Kaiming(double squaredGain = 2) => new KaimingInitializer(squaredGain);

    /// <summary>A uniform draw from ±√(6/(fan-in + fan-out)) (Glorot 2010).</summary>
    public static Initializer Glorot() => new GlorotInitializer();
}

/// <summary>One constant everywhere, as files name it.</summary>
internal sealed record ConstantInitializer(double Value) : Initializer
{
    public override void Fill(Span<float> values, Shape shape, ref CounterRandom random) => values.Fill((float)Value);
}

/// <summary>He's initialisation, as files name it.</summary>
internal sealed record KaimingInitializer(double SquaredGain) : UniformInitializer
{
    protected override double Bound(int fanIn, int fanOut) => Math.Sqrt(3 * SquaredGain / fanIn);
}

/// <summary>Glorot's initialisation, as files name it.</summary>
internal sealed record GlorotInitializer : UniformInitializer
{
    protected override double Bound(int fanIn, int fanOut) => Math.Sqrt(6.0 / (fanIn + fanOut));
}

/// <summary>A uniform draw within a bound that the fans of the parameter decide.</summary>
internal abstract record UniformInitializer : Initializer
{
    protected abstract double Bound(int fanIn, int fanOut);

    public override void Fill(Span<float> values, Shape shape, ref CounterRandom random)
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
