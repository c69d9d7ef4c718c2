using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Planning;

/// <summary>How a node takes part in fusion.</summary>
internal enum FusionKind
{
    /// <summary>Computed by a step of its own.</summary>
    Alone,

    /// <summary>The value is there before the run starts.</summary>
    Given,

    /// <summary>One number, written into the loop that uses it.</summary>
    Fill,

    /// <summary>Each element is made from the elements at the same place.</summary>
    ElementWise,

    /// <summary>A row, a column or one number repeated over the loop.</summary>
    Broadcast,

    /// <summary>The pooled map of a map.</summary>
    Pool,

    /// <summary>The map from its pooled map.</summary>
    Unpool,

    /// <summary>All elements are reduced to a row, a column or one number.</summary>
    Reduction,
}

/// <summary>The shape in which a loop sees an operand.</summary>
internal enum OperandRole
{
    Full,
    Pooled,

    /// <summary>A row, a column or one number, which must be stored before the loop starts.</summary>
    Small,
}

/// <summary>Which operations a fused loop can hold, and what each asks of the loop.</summary>
/// <param name="elementCost">
/// Rough instructions an element for an element-wise operation that the executor's loops know; null for one that they do not.
/// </param>
internal sealed class FusionRules(Func<Operation, int?> elementCost)
{
    private bool _fuses = true;

    /// <summary>Rules by which each operation is a step of its own.</summary>
    public static FusionRules None { get; } = new(_ => null) { _fuses = false };

    public FusionKind Kind(Tensor node) =>
        node.Operation switch
        {
            Input or Constant => FusionKind.Given,
            Fill => FusionKind.Fill,
            _ when !_fuses => FusionKind.Alone,
            MaxPoolSelect { Window: >= 2 } or AveragePool { Window: >= 2 } => FusionKind.Pool,
            MaxUnpool { Window: >= 2 } or AverageUnpool { Window: >= 2 } => FusionKind.Unpool,
            BroadcastTo => Repeats(node).Pattern == AxisPattern.Mixed ? FusionKind.Alone : FusionKind.Broadcast,
            Sum sum => Reduces(node, sum.Axes).Pattern == AxisPattern.Mixed ? FusionKind.Alone : FusionKind.Reduction,
            ReduceMaximum maximum => Reduces(node, maximum.Axes).Pattern == AxisPattern.Trailing ? FusionKind.Reduction : FusionKind.Alone,
            _ => elementCost(node.Operation) is null ? FusionKind.Alone : FusionKind.ElementWise,
        };

    /// <summary>What computing the node again costs, in instructions an element.</summary>
    public int Cost(Tensor node) =>
        node.Operation switch
        {
            MaxPoolSelect or MaxUnpool => 4,
            BroadcastTo => 0,
            _ => elementCost(node.Operation) ?? 1,
        };

    /// <summary>The form a loop must have to compute the node, before its operands are looked at.</summary>
    public static LoopForm OwnForm(Tensor node)
    {
        switch (node.Operation)
        {
            case BroadcastTo:
                return Split(node.Shape.Count, Repeats(node));
            case Sum sum:
                return Split(node.Inputs[0].Shape.Count, Reduces(node, sum.Axes));
            case ReduceMaximum maximum:
                return Split(node.Inputs[0].Shape.Count, Reduces(node, maximum.Axes));
            case MaxPoolSelect pool:
                return Windows(node.Inputs[0].Shape, pool.Window);
            case AveragePool pool:
                return Windows(node.Inputs[0].Shape, pool.Window);
            case MaxUnpool pool:
                return Windows(node.Shape, pool.Window);
            case AverageUnpool pool:
                return Windows(node.Shape, pool.Window);
            default:
                return LoopForm.Free(node.Shape.Count);
        }
    }

    /// <summary>The role in which a node, itself computed as <paramref name="own"/>, reads an input.</summary>
    public static OperandRole Role(Tensor node, int input, OperandRole own) =>
        node.Operation switch
        {
            BroadcastTo => OperandRole.Small,
            MaxPoolSelect or AveragePool => OperandRole.Full,
            MaxUnpool or AverageUnpool => input == 0 ? OperandRole.Pooled : OperandRole.Full,
            _ => own,
        };

    public static (AxisPattern Pattern, int Columns) Repeats(Tensor broadcast)
    {
        int[] strides = BroadcastTo.SourceStrides(broadcast.Inputs[0].Shape, broadcast.Shape);
        return AxisPatterns.Of(broadcast.Shape, axis => strides[axis] == 0);
    }

    public static (AxisPattern Pattern, int Columns) Reduces(Tensor reduction, AxisList axes) =>
        AxisPatterns.Of(reduction.Inputs[0].Shape, axis => axes.Contains(axis));

    private static LoopForm Split(int count, (AxisPattern Pattern, int Columns) split) =>
        new(count, split.Columns, split.Pattern == AxisPattern.Trailing, null);

    private static LoopForm Windows(Shape images, int window) =>
        new(images.Count, 0, false, new WindowedMap(images[0], images[1], images[2], images[3], window));
}
