namespace FewShot.Compute.Execution.Loops;

/// <summary>The pooling instructions over one row of windows, or over positions outside every window where there are none.</summary>
internal static class LoopInterpreterPooling
{
    internal readonly record struct Shape(int Window, int Width, int Windows, int Columns);

    internal static void Evaluate(LoopOpcode opcode, Shape shape, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> result)
    {
        int size = shape.Window * shape.Window;
        if (opcode is LoopOpcode.MaxUnpool or LoopOpcode.AverageUnpool)
        {
            result.Clear();
        }

        for (int w = 0; w < shape.Windows; w++)
        {
            for (int column = 0; column < shape.Columns; column++)
            {
                int pooled = (w * shape.Columns) + column;
                switch (opcode)
                {
                    case LoopOpcode.MaxPoolSelect:
                        int chosen = First(shape, w, column, b, out bool holdsNaN);
                        result[pooled] = holdsNaN ? float.NaN : a[chosen];
                        break;
                    case LoopOpcode.MaxUnpool:
                        result[First(shape, w, column, b, out _)] = a[pooled];
                        break;
                    case LoopOpcode.AveragePool:
                        float sum = 0;
                        for (int p = 0; p < size; p++)
                        {
                            sum += a[Index(shape, w, column, p)];
                        }

                        result[pooled] = sum / size;
                        break;
                    default:
                        for (int p = 0; p < size; p++)
                        {
                            result[Index(shape, w, column, p)] = a[pooled] / size;
                        }

                        break;
                }
            }
        }
    }

    private static int Index(Shape shape, int window, int column, int position)
    {
        int row = (position / shape.Window * shape.Width) + (window * shape.Window) + (position % shape.Window);
        return (row * shape.Columns) + column;
    }

    private static int First(Shape shape, int window, int column, ReadOnlySpan<float> x, out bool holdsNaN)
    {
        int best = Index(shape, window, column, 0);
        holdsNaN = float.IsNaN(x[best]);
        for (int p = 1; p < shape.Window * shape.Window; p++)
        {
            int index = Index(shape, window, column, p);
            holdsNaN |= float.IsNaN(x[index]);
            best = x[index] > x[best] ? index : best;
        }

        return best;
    }
}
