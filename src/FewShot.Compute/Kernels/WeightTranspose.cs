namespace FewShot.Compute.Kernels;

/// <summary>Weights for the gradient to the data: taps flipped in both directions, input and output channels swapped.</summary>
internal static unsafe class WeightTranspose
{
    public static void Run(
        float* weights,
        float* result,
        int kernelHeight,
        int kernelWidth,
        int inputChannels,
        int outputChannels,
        SimdLevel level
    ) => Run(weights, result, kernelHeight * kernelWidth, inputChannels, outputChannels, level, Share.Whole);

    /// <summary>Turns a share of the taps.</summary>
    public static void Run(float* weights, float* result, int taps, int inputChannels, int outputChannels, SimdLevel level, Share share)
    {
        (int first, int end) = share.Range(taps);
        nint size = (nint)inputChannels * outputChannels;
        for (int tap = first; tap < end; tap++)
        {
            MatrixTranspose.Run(
                weights + tap * size,
                outputChannels,
                result + (taps - 1 - tap) * size,
                inputChannels,
                inputChannels,
                outputChannels,
                level
            );
        }
    }
}
