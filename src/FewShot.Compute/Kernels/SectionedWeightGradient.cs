using System.Numerics.Tensors;

namespace FewShot.Compute.Kernels;

/// <summary>
/// A gradient to the weights of many pixels, summed in two sections of images that are added at the end. Two threads then stay each with its own images,
/// as in all other steps, and need nothing that the other has in its cache. Sections are part of the shape, so that the bits do not depend on the threads.
/// </summary>
internal sealed unsafe class SectionedWeightGradient : ConvolutionKernel
{
    // Below this the second sum costs more than a hundredth of the work.
    private const int PixelsForSections = 2000;
    private const int Sections = 2;

    private readonly ConvolutionKernel[] sections;
    private readonly nint[] firstInput;
    private readonly nint[] firstCotangent;
    private readonly int weights;

    public SectionedWeightGradient(ConvolutionShape shape, Func<ConvolutionShape, ConvolutionKernel> section)
    {
        int[] images = [.. GatherPlan.BalancedSizes(shape.Images, (shape.Images + Sections - 1) / Sections)];
        sections = [.. images.Select(count => section(shape with { Images = count }))];
        int[] first = [.. images.Select((_, i) => images[..i].Sum())];
        firstInput = [.. first.Select(image => (nint)image * shape.InputImageFloats)];
        firstCotangent = [.. first.Select(image => (nint)image * shape.OutputImageFloats)];
        weights = shape.WeightRows * shape.OutputChannels;
    }

    public override string Description => $"{sections[0].Description}, two sections";

    public override long Products => sections.Sum(section => section.Products);

    public override int SharedBytes => (sections.Length - 1) * SumBytes;

    public override int ScratchBytes => SharedBytes + sections.Max(section => section.ScratchBytes);

    // As many threads as there are sections have one each, more have pieces of one.
    public override int Pieces => sections.Length * sections.Min(section => section.Pieces);

    private int SumBytes => ((weights * sizeof(float)) + 63) & ~63;

    public static bool Pays(ConvolutionShape shape) => shape.Images >= Sections && shape.Images * shape.OutputHeight * shape.OutputWidth >= PixelsForSections;

    public override void Run(float* a, float* b, float* result, byte* shared, byte* scratch, Share share)
    {
        for (var i = 0; i < sections.Length; i++)
        {
            var part = share.Within(i, sections.Length);
            var (first, end) = part.Range(sections[i].Pieces);
            if (first < end)
            {
                sections[i].Run(a + firstInput[i], b + firstCotangent[i], Sum(i, result, shared), shared, scratch, part);
            }
        }
    }

    public override void End(float* result, byte* shared)
    {
        var total = new Span<float>(result, weights);
        for (var i = 1; i < sections.Length; i++)
        {
            TensorPrimitives.Add(total, new ReadOnlySpan<float>(Sum(i, result, shared), weights), total);
        }
    }

    // The first section's sum is where the result shall be.
    private float* Sum(int section, float* result, byte* shared) => section == 0 ? result : (float*)(shared + ((section - 1) * (nint)SumBytes));
}
