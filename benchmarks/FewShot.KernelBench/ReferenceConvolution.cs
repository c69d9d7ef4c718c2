using FewShot.Compute.Kernels;

namespace FewShot.KernelBench;

/// <summary>The convolution and its gradients by definition, in double.</summary>
internal sealed unsafe class ReferenceConvolution
{
    public ReferenceConvolution(ConvolutionShape s, float* x, float* w, float* gy)
    {
        Result = new double[s.Images * s.OutputImageFloats];
        DataGradient = new double[s.Images * s.InputImageFloats];
        WeightGradient = new double[s.WeightRows * s.OutputChannels];
        for (int outputPixel = 0; outputPixel < s.Images * s.OutputHeight * s.OutputWidth; outputPixel++)
        {
            int image = outputPixel / (s.OutputHeight * s.OutputWidth);
            int row = outputPixel / s.OutputWidth % s.OutputHeight;
            int column = outputPixel % s.OutputWidth;
            for (int tap = 0; tap < s.KernelHeight * s.KernelWidth; tap++)
            {
                int inputRow = row * s.Stride - s.Padding + tap / s.KernelWidth;
                int inputColumn = column * s.Stride - s.Padding + tap % s.KernelWidth;
                if (inputRow < 0 || inputRow >= s.Height || inputColumn < 0 || inputColumn >= s.Width)
                {
                    continue;
                }

                int input = ((image * s.Height + inputRow) * s.Width + inputColumn) * s.InputChannels;
                for (int channel = 0; channel < s.InputChannels; channel++)
                {
                    int weights = (tap * s.InputChannels + channel) * s.OutputChannels;
                    double value = x[input + channel];
                    double gradient = 0;
                    for (int output = 0; output < s.OutputChannels; output++)
                    {
                        double cotangent = gy[outputPixel * s.OutputChannels + output];
                        Result[outputPixel * s.OutputChannels + output] += value * w[weights + output];
                        WeightGradient[weights + output] += value * cotangent;
                        gradient += w[weights + output] * cotangent;
                    }

                    DataGradient[input + channel] += gradient;
                }
            }
        }
    }

    public double[] Result { get; }

    public double[] DataGradient { get; }

    public double[] WeightGradient { get; }
}
