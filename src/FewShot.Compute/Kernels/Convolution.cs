namespace FewShot.Compute.Kernels;

/// <summary>Chooses and prepares the kernels of a convolution and of its two gradients.</summary>
internal static unsafe class Convolution
{
    /// <summary>a = x [n, h, w, c], b = w HWIO, result = y [n, oh, ow, o].</summary>
    public static ConvolutionKernel Forward(ConvolutionShape shape, SimdLevel level)
    {
        shape.Validate();
        return WinogradTiles.Pays(shape, level) ? WinogradConvolution.Forward(shape, level) : DirectConvolution.Forward(shape, level);
    }

    /// <summary>a = x, b = cotangent of y, result = gradient to the weights, HWIO.</summary>
    public static ConvolutionKernel WeightGradient(ConvolutionShape shape, SimdLevel level)
    {
        shape.Validate();
        return SectionedWeightGradient.Pays(shape) ? new SectionedWeightGradient(shape, Section) : Section(shape);

        ConvolutionKernel Section(ConvolutionShape images) =>
            FewChannelsWeightGradient.Fits(images) ? new FewChannelsWeightGradient(images, level)
            : WinogradTiles.Pays(images, level) ? new WinogradWeightGradient(images, level)
            : new WeightGradientConvolution(images, level);
    }

    /// <summary>a = cotangent of y, b = w HWIO, result = gradient to x; any stride.</summary>
    public static ConvolutionKernel DataGradient(ConvolutionShape shape, SimdLevel level)
    {
        shape.Validate();
        return WinogradTiles.Pays(shape, level)
            ? WinogradConvolution.DataGradient(shape, level)
            : DirectConvolution.DataGradient(shape, level);
    }
}
