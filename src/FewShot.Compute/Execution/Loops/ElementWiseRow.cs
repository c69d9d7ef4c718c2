namespace FewShot.Compute.Execution.Loops;

/// <summary>What fused loops know of an element-wise operation. It has one of three forms of code.</summary>
/// <param name="Operation">The type of the operation.</param>
/// <param name="Arguments">How many values an element is made of.</param>
/// <param name="Cost">The instructions that an element takes, roughly.</param>
internal sealed record ElementWiseRow(Type Operation, int Arguments, int Cost)
{
    /// <summary>Leaves the value on the stack.</summary>
    internal Action<ElementWiseCode>? Push { get; init; }

    /// <summary>Leaves the outcome of a comparison on the stack as a mask.</summary>
    internal Action<ElementWiseCode>? PushMask { get; init; }

    /// <summary>Leaves the two factors of a product on the stack.</summary>
    internal Action<ElementWiseCode>? PushFactors { get; init; }

    /// <summary>Takes its first argument as a mask where that is a comparison.</summary>
    internal bool ReadsMask { get; init; }
}
