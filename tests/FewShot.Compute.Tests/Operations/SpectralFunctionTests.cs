using System.Numerics;
using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Tests.Kit;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace FewShot.Compute.Tests.Operations;

public class SpectralFunctionTests
{
    private static readonly (string Name, MatrixFunction Function, Func<double, double> Value)[] s_functions =
    [
        ("exponential", MatrixFunction.Exponential(-1.3), x => Math.Exp(-1.3 * x)),
        ("exponential integral", MatrixFunction.ExponentialIntegral(2.5), x => x == 0 ? 2.5 : (1 - Math.Exp(-2.5 * x)) / x),
        ("inverse", MatrixFunction.ExponentialIntegral(double.PositiveInfinity), x => 1 / x),
        ("square root", MatrixFunction.SquareRoot, Math.Sqrt),
        ("inverse square root", MatrixFunction.InverseSquareRoot, x => 1 / Math.Sqrt(x)),
        ("logarithm", MatrixFunction.Logarithm, Math.Log),
    ];

    public static TheoryData<string> Names => [.. s_functions.Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void It_is_the_function_of_the_eigenvalues(string name)
    {
        (_, MatrixFunction function, Func<double, double> value) = Named(name);
        double[] eigenvalues = [0.3, 0.3, 1, 7];
        double[] expected = Conjugate([.. eigenvalues.Select(value)]);
        Close(expected, Values.Of((_, x) => x[0].SpectralFunction(function), (new Shape(4, 4), Conjugate(eigenvalues))), 1e-13);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Derivatives_equal_central_differences_at_distinct_near_and_equal_eigenvalues(string name)
    {
        MatrixFunction function = Named(name).Function;
        foreach (double[] eigenvalues in new double[][] { [0.7, 1.1, 1.6], [0.8, 0.8, 0.8], [0.8, 0.8, 2], [0.8, 0.8 + 1e-9, 0.8 + 1e-5] })
        {
            foreach (int order in new[] { 1, 2 })
            {
                Argument[] arguments = [new(new Shape(3, 3), Conjugate(eigenvalues))];
                DerivativeKit.Check((_, x) => x[0].SpectralFunction(function), arguments, order, new Random(order));
            }
        }
    }

    [Fact]
    public void Third_derivatives_equal_differences()
    {
        // The operation with two directions, differentiated once: three.
        var random = new Random(4);
        Argument[] arguments =
        [
            new(new Shape(3, 3), Conjugate([0.8, 0.8, 1.9])),
            new(new Shape(3, 3), Values.Uniform(random, 9)),
            new(new Shape(3, 3), Values.Uniform(random, 9)),
        ];
        DerivativeKit.Check(
            (graph, x) => graph.Apply(new SpectralFunction(MatrixFunction.ExponentialIntegral(1)), x),
            arguments,
            2,
            random
        );
    }

    [Fact]
    public void Derivatives_on_a_singular_matrix_equal_central_differences()
    {
        // Gradient flow on a rank-deficient kernel matrix: eigenvalues 0, 0 and rounding.
        foreach (double[] eigenvalues in new double[][] { [0, 0, 1.2], [-1e-14, 1e-13, 3] })
        {
            foreach (int order in new[] { 1, 2 })
            {
                Argument[] arguments = [new(new Shape(3, 3), Conjugate(eigenvalues))];
                DerivativeKit.Check(
                    (_, x) => x[0].SpectralFunction(MatrixFunction.ExponentialIntegral(2)),
                    arguments,
                    order,
                    new Random(order)
                );
                DerivativeKit.Check((_, x) => x[0].SpectralFunction(MatrixFunction.Exponential(-2)), arguments, order, new Random(order));
            }
        }

        // The square root of it exists, though rounding leaves eigenvalues below zero.
        double[] root = Values.Of((_, x) => x[0].SpectralFunction(MatrixFunction.SquareRoot), (new Shape(3, 3), Conjugate([0, 0, 4])));
        Close(Conjugate([0, 0, 2]), root, 1e-7);
    }

    [Fact]
    public void A_stiff_gradient_flow_is_solved_to_its_limit()
    {
        // e^{−tλ} from 1 down to underflow: what does not decay must stay, what does must be the inverse.
        double[] found = Values.Of(
            (_, x) => x[0].SpectralFunction(MatrixFunction.ExponentialIntegral(1e6)),
            (new Shape(4, 4), Conjugate([0, 1e-6, 1e-2, 1]))
        );
        Close(Conjugate([1e6, (1 - Math.Exp(-1)) * 1e6, 100, 1]), found, 1e-9);
    }

    [Fact]
    public void Known_identities_hold()
    {
        (Shape, double[]) a = (new Shape(4, 4), Conjugate([0.5, 0.9, 2, 5]));
        Close(Values.Of((_, x) => x[0], a), Values.Of((_, x) => Square(x[0].SpectralFunction(MatrixFunction.SquareRoot)), a), 1e-13);
        Close(
            Values.Of((_, x) => x[0], a),
            Values.Of((_, x) => x[0].SpectralFunction(MatrixFunction.Logarithm).SpectralFunction(MatrixFunction.Exponential()), a),
            1e-13
        );
        Close(
            Values.Of((graph, x) => x[0].SolvePositiveDefinite(graph.Identity(4)), a),
            Values.Of((_, x) => Square(x[0].SpectralFunction(MatrixFunction.InverseSquareRoot)), a),
            1e-13
        );

        // The derivative of log det A = tr log A is A⁻¹.
        Close(
            Values.Of((_, x) => x[0].SpectralFunction(MatrixFunction.Inverse), a),
            Values.Of((_, x) => Differentiate.Gradients(x[0].SpectralFunction(MatrixFunction.Logarithm).Trace(), x[0])[0], a),
            1e-13
        );

        static Tensor Square(Tensor x) => x.MatrixMultiply(x);
    }

    [Fact]
    public void Where_the_function_is_not_defined_the_result_is_not_finite()
    {
        (Shape, double[]) indefinite = (new Shape(2, 2), [1, 2, 2, 1]);
        foreach (MatrixFunction function in new[] { MatrixFunction.SquareRoot, MatrixFunction.InverseSquareRoot, MatrixFunction.Logarithm })
        {
            Assert.DoesNotContain(Values.Of((_, x) => x[0].SpectralFunction(function), indefinite), double.IsFinite);
        }

        Assert.All(
            Values.Of((_, x) => x[0].SpectralFunction(MatrixFunction.Exponential()), (new Shape(2, 2), [1, double.NaN, 0, 1])),
            v => Assert.Equal(double.NaN, v)
        );
        Assert.Throws<ArgumentException>(() => MatrixFunction.ExponentialIntegral(-1));
        Assert.Throws<ArgumentException>(() => MatrixFunction.ExponentialIntegral(double.NaN));
        Assert.Throws<ArgumentException>(() => MatrixFunction.Exponential(double.PositiveInfinity));
    }

    [Fact]
    public void Equal_derivatives_are_one_node()
    {
        var graph = new Graph();
        var shape = new Shape(2, 2);
        (Tensor a, Tensor e, Tensor f) = (graph.Input("a", shape), graph.Input("e", shape), graph.Input("f", shape));
        var operation = new SpectralFunction(MatrixFunction.Exponential(2));
        Assert.Same(graph.Apply(operation, a, e, f), graph.Apply(new SpectralFunction(MatrixFunction.Exponential(2)), a, f, e));
        Assert.Equal(new Fill(0, shape), graph.Apply(operation, a, graph.Fill(0, shape), f).Operation);
        Assert.NotSame(graph.Apply(operation, a), graph.Apply(new SpectralFunction(MatrixFunction.ExponentialIntegral(2)), a));
    }

    /// <summary>
    /// Divided differences against the naive recursion in 200 digits, over spreads from none to far past every switch of method.
    /// </summary>
    [Theory]
    [InlineData("exponential")]
    [InlineData("exponential integral")]
    [InlineData("square root")]
    [InlineData("inverse square root")]
    [InlineData("logarithm")]
    [InlineData("inverse")]
    public void Divided_differences_are_accurate(string name)
    {
        MatrixFunction function = Named(name).Function;
        var random = new Random(9);
        double worst = 0;
        for (int trial = 0; trial < 400; trial++)
        {
            int n = 1 + random.Next(4);
            double centre = 0.2 + (3 * random.NextDouble());
            double[] spreads = [1e-13, 1e-9, 1e-5, 0.01, 0.1, 0.5, 0.9, 5];
            double[] points =
            [
                .. Enumerable.Range(0, n + 1).Select(_ => centre * (1 + (spreads[random.Next(spreads.Length)] * random.NextDouble()))),
            ];
            Array.Sort(points);
            double expected = BigReal.DividedDifference(name, points);
            worst = Math.Max(worst, Math.Abs((function.DividedDifference(points) / expected) - 1));
        }

        Assert.True(worst < 1e-11, $"relative error {worst}");
    }

    private static (string Name, MatrixFunction Function, Func<double, double> Value) Named(string name) =>
        s_functions.Single(item => item.Name == name);

    /// <summary>Q·diag(values)·Qᵀ with a fixed orthogonal Q.</summary>
    private static double[] Conjugate(double[] values)
    {
        int n = values.Length;
        var random = new Random(n);
        Matrix<double> q = MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.Dense(n, n, (_, _) => random.NextDouble() - 0.5).QR().Q;
        Matrix<double> product = q * MathNet.Numerics.LinearAlgebra.Matrix<double>.Build.DiagonalOfDiagonalArray(values) * q.Transpose();
        return ((product + product.Transpose()) / 2).ToRowMajorArray();
    }

    private static void Close(double[] expected, double[] found, double tolerance)
    {
        double scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - found[i]) <= tolerance * scale, $"[{i}]: expected {expected[i]:r}, found {found[i]:r}");
        }
    }

    /// <summary>Fixed-point numbers of some 300 digits, for reference values.</summary>
    private static class BigReal
    {
        private const int Bits = 1000;
        private static readonly BigInteger s_one = BigInteger.One << Bits;

        public static double DividedDifference(string name, double[] points)
        {
            // Equal points are moved apart by far less than a double shows and far more than the digits kept.
            BigInteger[] x = [.. points.Select((point, i) => Of(point) + (i * (s_one >> 120)))];
            BigInteger[] table = [.. x.Select(point => Value(name, point))];
            for (int order = 1; order < x.Length; order++)
            {
                for (int i = 0; i < x.Length - order; i++)
                {
                    table[i] = ((table[i + 1] - table[i]) << Bits) / (x[i + order] - x[i]);
                }
            }

            return (double)(table[0] >> (Bits - 200)) / Math.Pow(2, 200);
        }

        private static BigInteger Of(double x) => new BigInteger(Math.ScaleB(x, 60)) << (Bits - 60);

        private static BigInteger Value(string name, BigInteger x) =>
            name switch
            {
                "exponential" => Exp(Times(Of(-1.3), x)),
                "exponential integral" => ((s_one - Exp(Times(Of(-2.5), x))) << Bits) / x,
                "inverse" => (s_one << Bits) / x,
                "square root" => Sqrt(x),
                "inverse square root" => (s_one << Bits) / Sqrt(x),
                _ => Log(x),
            };

        private static BigInteger Times(BigInteger a, BigInteger b) => (a * b) >> Bits;

        private static BigInteger Exp(BigInteger x)
        {
            // e^x = (e^(x/2⁸))^(2⁸).
            BigInteger small = x >> 8;
            (BigInteger sum, BigInteger term) = (s_one, s_one);
            for (int k = 1; !term.IsZero && term != -1; k++)
            {
                term = Times(term, small) / k;
                sum += term;
            }

            for (int i = 0; i < 8; i++)
            {
                sum = Times(sum, sum);
            }

            return sum;
        }

        private static BigInteger Sqrt(BigInteger x)
        {
            BigInteger root = new BigInteger(Math.Sqrt((double)(x >> (Bits - 60)) / Math.Pow(2, 60)) * Math.Pow(2, 50)) << (Bits - 50);
            for (int i = 0; i < 10; i++)
            {
                root = (root + ((x << Bits) / root)) >> 1;
            }

            return root;
        }

        /// <summary>By Newton's y ← y + 2(x − e^y)/(x + e^y).</summary>
        private static BigInteger Log(BigInteger x)
        {
            BigInteger y = Of(Math.Log((double)(x >> (Bits - 60)) / Math.Pow(2, 60)));
            for (int i = 0; i < 6; i++)
            {
                BigInteger e = Exp(y);
                y += ((2 * (x - e)) << Bits) / (x + e);
            }

            return y;
        }
    }
}
