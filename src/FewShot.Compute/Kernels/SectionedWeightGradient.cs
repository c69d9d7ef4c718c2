using System.Numerics.Tensors;

namespace FewShot.Compute.Kernels;

/// <summary>
/// A gradient to the weights of many pixels, summed in two sections of images that are added at the end. Two threads then stay each with
/// its own images, as in all other steps, and need nothing that the other has in its cache. Sections are part of the shape, so that the
/// bits do not depend on the threads.
/// </summary>
internal sealed unsafe class SectionedWeightGradient : ConvolutionKernel
{
    // Below this the second sum costs more than a hundredth of the work.
    private const int PixelsForSections = 2000;
    private const int Sections = 2;

    private readonly ConvolutionKernel[] _sections;
    private readonly nint[] _firstInput;
    private readonly nint[] _firstCotangent;
    private readonly int _weights;

    public SectionedWeightGradient(ConvolutionShape shape, Func<ConvolutionShape, ConvolutionKernel> section)
    {
        int[] images = [.. GatherPlan.BalancedSizes(shape.Images, (shape.Images + Sections - 1) / Sections)];
        _sections = [.. images.Select(count => section(shape with { Images = count }))];
        int[] first = [.. images.Select((_, i) => images[..i].Sum())];
        _firstInput = [.. first.Select(image => (nint)image * shape.InputImageFloats)];
        _firstCotangent = [.. first.Select(image => (nint)image * shape.OutputImageFloats)];
        _weights = shape.WeightRows * shape.OutputChannels;
    }

    public override string Description => $"{_sections[0].Description}, two sections";

    public override long Products => _sections.Sum(section => section.Products);

    public override int SharedBytes => (_sections.Length - 1) * SumBytes;

    public override int ScratchBytes => SharedBytes + _sections.Max(section => section.ScratchBytes);

    // As many threads as there are sections have one each, more have pieces of one.
    public override int Pieces => _sections.Length * _sections.Min(section => section.Pieces);

    private int SumBytes => ((_weights * sizeof(float)) + 63) & ~63;

    public static bool Pays(ConvolutionShape shape) =>
        shape.Images >= Sections && shape.Images * shape.OutputHeight * shape.OutputWidth >= PixelsForSections;

    public override void Run(float* a, float* b, float* result, byte* shared, byte* scratch, Share share)
    {
        for (int i = 0; i < _sections.Length; i++)
        {
            Share part = share.Within(i, _sections.Length);
            (int first, int end) = part.Range(_sections[i].Pieces);
            if (first < end)
            {
                _sections[i].Run(a + _firstInput[i], b + _firstCotangent[i], Sum(i, result, shared), shared, scratch, part);
            }
        }
    }

    public override void End(float* result, byte* shared)
    {
        var total = new Span<float>(result, _weights);
        for (int i = 1; i < _sections.Length; i++)
        {
            TensorPrimitives.Add(total, new ReadOnlySpan<float>(Sum(i, result, shared), _weights), total);
        }
    }

    // The first section's sum is where the result shall be.
    private float* Sum(int section, float* result, byte* shared) =>
        section == 0 ? result : (float*)(shared + ((section - 1) * (nint)SumBytes));
}
