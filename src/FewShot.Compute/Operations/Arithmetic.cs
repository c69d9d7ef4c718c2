using FewShot.Compute.Graphs;

namespace FewShot.Compute.Operations;

/// <summary>The operations on symbolic tensors, and their operators. Shapes are checked where they are called.</summary>
public static partial class TensorOperations
{
    extension(Tensor)
    {
        /// <summary>The element-wise sum; shapes broadcast.</summary>
        public static Tensor operator +(Tensor a, Tensor b) => a.Add(b);

        /// <summary>The element-wise difference; shapes broadcast.</summary>
        public static Tensor operator -(Tensor a, Tensor b) => a.Subtract(b);

        /// <summary>The element-wise product; shapes broadcast.</summary>
        public static Tensor operator *(Tensor a, Tensor b) => a.Multiply(b);

        /// <summary>The element-wise quotient; shapes broadcast.</summary>
        public static Tensor operator /(Tensor a, Tensor b) => a.Divide(b);

        /// <summary>The negative of every element.</summary>
        public static Tensor operator -(Tensor a) => a.Negate();

        /// <summary>Adds a constant to every element.</summary>
        public static Tensor operator +(Tensor a, double b) => a.Add(a.Graph.Fill(b, a.Shape));

        /// <summary>Subtracts a constant from every element.</summary>
        public static Tensor operator -(Tensor a, double b) => a.Subtract(a.Graph.Fill(b, a.Shape));

        /// <summary>Subtracts every element from a constant.</summary>
        public static Tensor operator -(double a, Tensor b) => b.Graph.Fill(a, b.Shape).Subtract(b);

        /// <summary>Multiplies every element by a constant.</summary>
        public static Tensor operator *(Tensor a, double b) => a.Multiply(a.Graph.Fill(b, a.Shape));

        /// <summary>Multiplies a constant by every element.</summary>
        public static Tensor operator *(double a, Tensor b) => b.Multiply(b.Graph.Fill(a, b.Shape));

        /// <summary>Divides every element by a constant.</summary>
        public static Tensor operator /(Tensor a, double b) => a.Divide(a.Graph.Fill(b, a.Shape));
    }

    /// <summary>Applies a binary operation after broadcasting both operands to their common shape.</summary>
    private static Tensor Binary(BinaryOperation operation, Tensor a, Tensor b)
    {
        if (a.Shape == b.Shape)
        {
            return a.Graph.Apply(operation, a, b);
        }

        Shape shape = Shape.Broadcast(a.Shape, b.Shape) ?? throw operation.Misfit("shapes do not broadcast", a.Shape, b.Shape);
        return a.Graph.Apply(operation, a.BroadcastTo(shape), b.BroadcastTo(shape));
    }
}
