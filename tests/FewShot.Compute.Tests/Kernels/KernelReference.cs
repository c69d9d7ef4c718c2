using FewShot.Compute.Kernels;

namespace FewShot.Compute.Tests.Kernels;

/// <summary>The definitions the kernels are tested against, in double and as plain as possible.</summary>
internal static class KernelReference
{
    public static double[] Forward(ConvolutionShape s, float[] x, float[] w)
    {
        double[] y = new double[s.Images * s.OutputImageFloats];
        ForEachProduct(s, (input, weight, result) => y[result] += (double)x[input] * w[weight]);
        return y;
    }

    public static double[] DataGradient(ConvolutionShape s, float[] gy, float[] w)
    {
        double[] gx = new double[s.Images * s.InputImageFloats];
        ForEachProduct(s, (input, weight, result) => gx[input] += (double)gy[result] * w[weight]);
        return gx;
    }

    public static double[] WeightGradient(ConvolutionShape s, float[] x, float[] gy)
    {
        double[] gw = new double[s.WeightRows * s.OutputChannels];
        ForEachProduct(s, (input, weight, result) => gw[weight] += (double)x[input] * gy[result]);
        return gw;
    }

    public static double[] MatrixProduct(
        int m,
        int n,
        int k,
        bool transposeA,
        bool transposeB,
        ReadOnlySpan<float> a,
        ReadOnlySpan<float> b
    )
    {
        double[] c = new double[m * n];
        for (int row = 0; row < m; row++)
        {
            for (int column = 0; column < n; column++)
            {
                for (int depth = 0; depth < k; depth++)
                {
                    double left = transposeA ? a[depth * m + row] : a[row * k + depth];
                    double right = transposeB ? b[column * k + depth] : b[depth * n + column];
                    c[row * n + column] += left * right;
                }
            }
        }

        return c;
    }

    /// <summary>Every product of the convolution: indices into x, w and y.</summary>
    private static void ForEachProduct(ConvolutionShape s, Action<int, int, int> visit)
    {
        for (int image = 0; image < s.Images; image++)
        {
            for (int row = 0; row < s.OutputHeight; row++)
            {
                for (int column = 0; column < s.OutputWidth; column++)
                {
                    for (int kernelRow = 0; kernelRow < s.KernelHeight; kernelRow++)
                    {
                        for (int kernelColumn = 0; kernelColumn < s.KernelWidth; kernelColumn++)
                        {
                            int inputRow = row * s.Stride - s.Padding + kernelRow;
                            int inputColumn = column * s.Stride - s.Padding + kernelColumn;
                            if (inputRow < 0 || inputRow >= s.Height || inputColumn < 0 || inputColumn >= s.Width)
                            {
                                continue;
                            }

                            int input = ((image * s.Height + inputRow) * s.Width + inputColumn) * s.InputChannels;
                            int weight = (kernelRow * s.KernelWidth + kernelColumn) * s.InputChannels * s.OutputChannels;
                            int result = ((image * s.OutputHeight + row) * s.OutputWidth + column) * s.OutputChannels;
                            for (int i = 0; i < s.InputChannels; i++)
                            {
                                for (int o = 0; o < s.OutputChannels; o++)
                                {
                                    visit(input + i, weight + i * s.OutputChannels + o, result + o);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
