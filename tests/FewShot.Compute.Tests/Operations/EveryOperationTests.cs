using FewShot.Compute.Differentiation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Tests.Kit;
using Xunit;

namespace FewShot.Compute.Tests.Operations;

/// <summary>What holds for every operation. One that is added without a case fails here.</summary>
public class EveryOperationTests
{
    private const int Seeds = 4;

    public static TheoryData<string> Names => [.. OperationCase.Types.Select(type => type.Name)];

    public static TheoryData<string> LinearNames =>
        [
            .. OperationCase
                .Types.Where(type => Enumerable.Range(0, Seeds).Any(seed => OperationCase.Of(type, seed).LinearIn.Length > 0))
                .Select(type => type.Name),
        ];

    [Fact]
    public void Every_operation_has_a_case()
    {
        IEnumerable<Type> operations = typeof(Operation)
            .Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(Operation)) && !type.IsAbstract);
        Assert.Equal(
            operations.Select(type => type.Name).Order(),
            OperationCase.Types.Concat(OperationCase.WithoutCase).Select(type => type.Name).Order()
        );
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_case_traces_its_operation(string name)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            (OperationCase operation, Graph graph, _) = Trace(name, seed);

            // A shape of one element may make the operation the identity.
            Assert.True(
                graph.Nodes.Any(node => node.Operation.GetType() == operation.Operation)
                    || operation.Arguments.Any(argument => argument.Shape.Count <= 2),
                GraphPrinter.Print(graph)
            );
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Derivatives_equal_central_differences(string name)
    {
        var total = default(Differences);
        for (int seed = 0; seed < Seeds; seed++)
        {
            for (int order = 1; order <= 2; order++)
            {
                OperationCase operation = OperationCase.Of(Type(name), seed);
                Differences done = DerivativeKit.Check(operation.Trace, operation.Arguments, order, new Random(seed + 100));
                total = new Differences(total.Checked + done.Checked, total.Skipped + done.Skipped);
            }
        }

        Assert.True(total.Checked > 0 && total.Skipped * 20 <= total.Checked, $"checked {total.Checked}, skipped at kinks {total.Skipped}");
    }

    [Theory]
    [MemberData(nameof(LinearNames))]
    public void The_derivative_of_a_linear_operation_is_its_adjoint(string name)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            foreach (int linear in OperationCase.Of(Type(name), seed).LinearIn)
            {
                (OperationCase operation, Graph graph, Tensor[] x) = Trace(name, seed);
                Tensor image = graph.Outputs[0].Tensor;
                Tensor y = graph.Input("y", image.Shape);
                Tensor adjoint = Differentiate.VectorJacobianProduct([image], [y], [x[linear]])[0];
                graph.Output("⟨Ax, y⟩", image.Dot(y));
                graph.Output("⟨x, Aᵀy⟩", x[linear].Dot(adjoint));
                double[] cotangent = Values.Uniform(new Random(seed + 7), image.Shape.Count);
                double[][] found = Values.Run(
                    graph,
                    [.. operation.Arguments.Select(argument => argument.Values), cotangent],
                    simplify: false
                );
                Assert.True(
                    Math.Abs(found[1][0] - found[2][0]) <= 1e-12 * (1 + Math.Abs(found[1][0])),
                    $"{found[1][0]} and {found[2][0]}\n{GraphPrinter.Print(graph)}"
                );
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Simplification_keeps_values_of_the_operation_and_of_its_derivatives(string name)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            (OperationCase operation, Graph graph, Tensor[] x) = Trace(name, seed);
            Tensor[] variables = [.. x.Where((_, i) => operation.Arguments[i].Differentiable)];
            IReadOnlyList<Tensor> gradients = Differentiate.Gradients((graph.Outputs[0].Tensor * 1.7).Sum(), variables);
            Tensor second = gradients.Aggregate(graph.Fill(0, Shape.Scalar), (sum, gradient) => sum + gradient.Sine().Sum());
            foreach (
                (Tensor tensor, int i) in gradients.Concat(Differentiate.Gradients(second, variables)).Select((tensor, i) => (tensor, i))
            )
            {
                graph.Output($"derivative {i}", tensor);
            }

            double[][] inputs = [.. operation.Arguments.Select(argument => argument.Values)];
            double[][] plain = Values.Run(graph, inputs, simplify: false);
            double[][] simplified = Values.Run(graph, inputs);
            for (int i = 0; i < plain.Length; i++)
            {
                for (int j = 0; j < plain[i].Length; j++)
                {
                    Assert.True(
                        Math.Abs(plain[i][j] - simplified[i][j]) <= 1e-12 * (1 + plain[i].Max(Math.Abs)),
                        $"seed {seed}, output {i}: {plain[i][j]} and {simplified[i][j]}\n{GraphPrinter.Print(graph)}"
                    );
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Executors_agree_with_the_definition(string name)
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            (OperationCase operation, Graph graph, _) = Trace(name, seed);
            ExecutorKit.Check(
                graph,
                [.. operation.Arguments.Select(argument => argument.Values)],
                ExecutorKit.Simd,
                $"{name}, seed {seed}"
            );
        }
    }

    private static Type Type(string name) => OperationCase.Types.Single(type => type.Name == name);

    private static (OperationCase Case, Graph Graph, Tensor[] Arguments) Trace(string name, int seed)
    {
        OperationCase operation = OperationCase.Of(Type(name), seed);
        var graph = new Graph();
        Tensor[] x = [.. operation.Arguments.Select((argument, i) => graph.Input($"x{i}", argument.Shape))];
        graph.Output("y", operation.Trace(graph, x));
        return (operation, graph, x);
    }
}
