using Microsoft.CodeAnalysis;

namespace FewShot.Compute.Generators;

/// <summary>Adds the generated inner loops to FewShot.Compute: one class per vector width, all from the same templates.</summary>
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
            }
        });
    }
}
