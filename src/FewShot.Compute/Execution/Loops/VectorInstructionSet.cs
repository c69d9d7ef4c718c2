using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.Intrinsics;

namespace FewShot.Compute.Execution.Loops;

/// <summary>
/// The methods that stand for vector instructions of one width; the JIT turns calls of them into the instructions themselves.
/// </summary>
[RequiresDynamicCode("Instantiates generic vector methods at run time.")]
internal sealed class VectorInstructionSet
{
    private const BindingFlags Everything = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    // The annotations keep the methods in trimmed programs, where code is generated as in whole ones.
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)]
    private readonly Type _basic;

    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods)]
    private readonly Type _functions;

    private VectorInstructionSet(int bits)
    {
        Bits = bits;
        Lanes = bits / 32;
        switch (bits)
        {
            case 128:
                Vector = typeof(Vector128<float>);
                DoubleVector = typeof(Vector128<double>);
                _basic = typeof(Vector128);
                _functions = typeof(VectorFunctions<Vector128<float>, Vector128<double>, Lanes128>);
                break;
            case 256:
                Vector = typeof(Vector256<float>);
                DoubleVector = typeof(Vector256<double>);
                _basic = typeof(Vector256);
                _functions = typeof(VectorFunctions<Vector256<float>, Vector256<double>, Lanes256>);
                break;
            case 512:
                Vector = typeof(Vector512<float>);
                DoubleVector = typeof(Vector512<double>);
                _basic = typeof(Vector512);
                _functions = typeof(VectorFunctions<Vector512<float>, Vector512<double>, Lanes512>);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(bits), bits, "The width of a vector is 128, 256 or 512 bits.");
        }

        Zero = Property("Zero");
        One = Property("One");
        Broadcast = _basic.GetMethod("Create", [typeof(float)])!;
        Load = Basic("Load", 1);
        Store = Basic("Store", 2);
        LoadFirst = Function(nameof(VectorFunctions<,,>.LoadFirst));
        StoreFirst = Function(nameof(VectorFunctions<,,>.StoreFirst));
        Add = Basic("Add", 2);
        Subtract = Basic("Subtract", 2);
        Multiply = Basic("Multiply", 2, [Vector, Vector]);
        Divide = Basic("Divide", 2, [Vector, Vector]);
        Negate = Basic("Negate", 1);
        Absolute = Basic("Abs", 1);
        Sqrt = Basic("Sqrt", 1);
        MaxNative = Basic("MaxNative", 2);
        MinNative = Basic("MinNative", 2);
        GreaterThan = Basic("GreaterThan", 2);
        EqualTo = Basic("Equals", 2);
        And = Basic("BitwiseAnd", 2);
        Or = Basic("BitwiseOr", 2);
        AndNot = Basic("AndNot", 2);
        Choose = Basic("ConditionalSelect", 3);
        Sum = Basic("Sum", 1);
        AddDouble = Basic("Add", 2, null, typeof(double));
        SumDouble = Basic("Sum", 1, null, typeof(double));
        DoubleZero = DoubleVector.GetProperty("Zero")!.GetMethod!;
        WidenLower = _basic.GetMethod("WidenLower", [Vector])!;
        WidenUpper = _basic.GetMethod("WidenUpper", [Vector])!;
        Sine = _basic.GetMethod("Sin", [Vector])!;
        Cosine = _basic.GetMethod("Cos", [Vector])!;
    }

    internal static VectorInstructionSet Bits128 { get; } = new(128);

    internal static VectorInstructionSet Bits256 { get; } = new(256);

    internal static VectorInstructionSet Bits512 { get; } = new(512);

    internal int Bits { get; }

    internal int Lanes { get; }

    internal int Bytes => Bits / 8;

    /// <summary>How many vectors the register file holds.</summary>
    internal int Registers => Bits == 512 || Vector512.IsHardwareAccelerated ? 32 : 16;

    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)]
    internal Type Vector { get; }

    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)]
    internal Type DoubleVector { get; }

    internal MethodInfo Zero { get; }

    internal MethodInfo One { get; }

    internal MethodInfo Broadcast { get; }

    internal MethodInfo Load { get; }

    internal MethodInfo Store { get; }

    internal MethodInfo LoadFirst { get; }

    internal MethodInfo StoreFirst { get; }

    internal MethodInfo Add { get; }

    internal MethodInfo Subtract { get; }

    internal MethodInfo Multiply { get; }

    internal MethodInfo Divide { get; }

    internal MethodInfo Negate { get; }

    internal MethodInfo Absolute { get; }

    internal MethodInfo Sqrt { get; }

    internal MethodInfo MaxNative { get; }

    internal MethodInfo MinNative { get; }

    internal MethodInfo GreaterThan { get; }

    internal MethodInfo EqualTo { get; }

    internal MethodInfo And { get; }

    internal MethodInfo Or { get; }

    internal MethodInfo AndNot { get; }

    internal MethodInfo Choose { get; }

    internal MethodInfo Sum { get; }

    internal MethodInfo AddDouble { get; }

    internal MethodInfo SumDouble { get; }

    internal MethodInfo DoubleZero { get; }

    internal MethodInfo WidenLower { get; }

    internal MethodInfo WidenUpper { get; }

    internal MethodInfo Sine { get; }

    internal MethodInfo Cosine { get; }

    internal static VectorInstructionSet For(int bits) =>
        bits switch
        {
            128 => Bits128,
            256 => Bits256,
            512 => Bits512,
            _ => throw new ArgumentOutOfRangeException(nameof(bits), bits, "The width of a vector is 128, 256 or 512 bits."),
        };

    /// <summary>A method of <see cref="VectorFunctions{TVector,TDouble,TLanes}"/>.</summary>
    internal MethodInfo Function(string name) =>
        _functions.GetMethod(name, Everything) ?? throw new MissingMethodException(_functions.FullName, name);

    private MethodInfo Property(string name) => Vector.GetProperty(name)!.GetMethod!;

    [UnconditionalSuppressMessage(
        "Trimming",
        "IL2060",
        Justification = "The vector methods ask nothing of their type argument, which is float or double."
    )]
    private MethodInfo Basic(string name, int parameters, Type[]? exact = null, Type? element = null)
    {
        foreach (MethodInfo method in _basic.GetMethods(BindingFlags.Public | BindingFlags.Static))
        {
            if (method.Name != name || !method.IsGenericMethodDefinition || method.GetParameters().Length != parameters)
            {
                continue;
            }

            MethodInfo made = method.MakeGenericMethod(element ?? typeof(float));
            if (exact is null || made.GetParameters().Select(parameter => parameter.ParameterType).SequenceEqual(exact))
            {
                return made;
            }
        }

        throw new MissingMethodException(_basic.FullName, name);
    }
}
