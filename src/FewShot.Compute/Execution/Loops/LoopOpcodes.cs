using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// The element-wise operations that fused loops know. One that has no entry runs by its definition, in a step of its own.
/// </summary>
internal static class LoopOpcodes
{
    private const int Cheap = 1;
    private const int Division = 3;
    private const int Transcendental = 13;

    private static readonly Dictionary<Type, (LoopOpcode Opcode, int Cost)> s_table = new()
    {
        [typeof(Negate)] = (LoopOpcode.Negate, Cheap),
        [typeof(Absolute)] = (LoopOpcode.Absolute, Cheap),
        [typeof(Sign)] = (LoopOpcode.Sign, Cheap),
        [typeof(Square)] = (LoopOpcode.Square, Cheap),
        [typeof(Relu)] = (LoopOpcode.Relu, Cheap),
        [typeof(Step)] = (LoopOpcode.Step, Cheap),
        [typeof(Add)] = (LoopOpcode.Add, Cheap),
        [typeof(Subtract)] = (LoopOpcode.Subtract, Cheap),
        [typeof(Multiply)] = (LoopOpcode.Multiply, Cheap),
        [typeof(Maximum)] = (LoopOpcode.Maximum, Cheap),
        [typeof(Minimum)] = (LoopOpcode.Minimum, Cheap),
        [typeof(Greater)] = (LoopOpcode.Greater, Cheap),
        [typeof(Equal)] = (LoopOpcode.Equal, Cheap),
        [typeof(Select)] = (LoopOpcode.Select, Cheap),
        [typeof(Divide)] = (LoopOpcode.Divide, Division),
        [typeof(Reciprocal)] = (LoopOpcode.Reciprocal, Division),
        [typeof(Sqrt)] = (LoopOpcode.Sqrt, Division),
        [typeof(ReciprocalSqrt)] = (LoopOpcode.ReciprocalSqrt, Division),
        [typeof(Exp)] = (LoopOpcode.Exp, Transcendental),
        [typeof(Log)] = (LoopOpcode.Log, Transcendental),
        [typeof(Tanh)] = (LoopOpcode.Tanh, Transcendental),
        [typeof(Sigmoid)] = (LoopOpcode.Sigmoid, Transcendental),
        [typeof(Softplus)] = (LoopOpcode.Softplus, Transcendental),
        [typeof(Sine)] = (LoopOpcode.Sine, Transcendental),
        [typeof(Cosine)] = (LoopOpcode.Cosine, Transcendental),
        [typeof(Power)] = (LoopOpcode.Power, Transcendental),
        [typeof(MaxPoolSelect)] = (LoopOpcode.MaxPoolSelect, Cheap),
        [typeof(MaxUnpool)] = (LoopOpcode.MaxUnpool, Cheap),
        [typeof(AveragePool)] = (LoopOpcode.AveragePool, Cheap),
        [typeof(AverageUnpool)] = (LoopOpcode.AverageUnpool, Cheap),
    };

    /// <summary>Rough instructions an element, or null where the loops do not know the operation.</summary>
    public static int? Cost(Operation operation) =>
        s_table.TryGetValue(operation.GetType(), out (LoopOpcode, int Cost) entry) ? entry.Cost : null;

    public static LoopOpcode Of(Operation operation) => s_table[operation.GetType()].Opcode;
}
