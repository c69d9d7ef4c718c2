
namespace FewShot.Compute.Kernels;

/// <summary>Weights for the gradient to the data: taps flipped in both directions, input and output channels swapped.</summary>
internal static unsafe class WeightTranspose
{
    public static void Run(float* weights, float* result, int kernelHeight, int kernelWidth, int inputChannels, int outputChannels, SimdLevel level)
    {
        var taps = kernelHeight * kernelWidth;
        var size = (nint)inputChannels * outputChannels;
        for (var tap = 0; tap < taps; tap++)
        {
            MatrixTranspose.Run(weights + tap * size, outputChannels, result + (taps - 1 - tap) * size, inputChannels, inputChannels, outputChannels, level);
        }
    }
}
