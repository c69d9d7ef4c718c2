namespace FewShot.Compute.Kernels;

/// <summary>Chooses and prepares the kernels of a convolution and of its two gradients.</summary>
internal static unsafe class Convolution
{
    /// <summary>Prepares the convolution: a is the images x [n, h, w, c], b the weights HWIO, the result y [n, oh, ow, o].</summary>
    public static ConvolutionKernel Forward(ConvolutionShape shape, SimdLevel level)
    {
        shape.Validate();
        return WinogradTiles.Pays(shape, level) ? WinogradConvolution.Forward(shape, level) : DirectConvolution.Forward(shape, level);
    }

    /// <summary>Prepares the gradient to the weights: a is the images x, b the cotangent of y, the result HWIO.</summary>
    public static ConvolutionKernel WeightGradient(ConvolutionShape shape, SimdLevel level)
    {
        shape.Validate();
        return SectionedWeightGradient.Pays(shape) ? new SectionedWeightGradient(shape, Section) : Section(shape);

        ConvolutionKernel Section(ConvolutionShape images) =>
            FewChannelsWeightGradient.Fits(images) ? new FewChannelsWeightGradient(images, level)
            : WinogradTiles.Pays(images, level) ? new WinogradWeightGradient(images, level)
            : new WeightGradientConvolution(images, level);
    }

    /// <summary>
    /// Prepares the gradient to the images for any stride: a is the cotangent of y, b the weights HWIO, the result that of x.
    /// </summary>
    public static ConvolutionKernel DataGradient(ConvolutionShape shape, SimdLevel level)
    {
        shape.Validate();
        return WinogradTiles.Pays(shape, level)
            ? WinogradConvolution.DataGradient(shape, level)
            : DirectConvolution.DataGradient(shape, level);
    }
}
