using Microsoft.CodeAnalysis;

namespace FewShot.Compute.Generators;

/// <summary>
/// Adds what is the same for every vector width to FewShot.Compute, from one template each: the inner loops, and the lanes of fused loops.
/// </summary>
[Generator]
public sealed class KernelGenerator : IIncrementalGenerator
{
    /// <summary>Registers the generated text, which depends on nothing in the compilation.</summary>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        context.RegisterPostInitializationOutput(static output =>
        {
            foreach (VectorWidth width in VectorWidth.All)
            {
                output.AddSource($"Loops{width.Bits}.g.cs", LoopsClass.Generate(width));
                output.AddSource($"Lanes{width.Bits}.g.cs", LanesStruct.Generate(width));
            }
        });
    }
}
