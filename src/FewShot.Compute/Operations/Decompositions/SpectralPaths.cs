namespace FewShot.Compute.Operations;

/// <summary>
/// A Fréchet derivative in the basis of eigenvectors: entry (i₀, iₙ) sums over the paths i₀..iₙ the divided difference of their eigenvalues
/// times, over all orders of the directions, the product of their entries along the path. All matrices are row-major.
/// </summary>
internal sealed class SpectralPaths(MatrixFunction function, double[] eigenvalues, double[][] directions)
{
    /// <summary>
    /// How much nearer than where the series converges fast two points must be before it is used: the one subtraction at second order loses
    /// that factor of precision at most, and is far cheaper.
    /// </summary>
    private const double LossAllowed = 100;

    private readonly int _size = eigenvalues.Length;
    private readonly int _order = directions.Length;

    /// <summary>Divided differences of first order, from which nearly all of second order follow by one subtraction.</summary>
    private readonly double[,] _first = new double[eigenvalues.Length, eigenvalues.Length];

    public double[] Sum()
    {
        double[] result = new double[_size * _size];
        if (_order == 0)
        {
            for (int i = 0; i < _size; i++)
            {
                result[(i * _size) + i] = function.DividedDifference([eigenvalues[i]]);
            }

            return result;
        }

        for (int i = 0; i < _size; i++)
        {
            for (int j = i; j < _size; j++)
            {
                _first[i, j] = function.DividedDifference([eigenvalues[i], eigenvalues[j]]);
            }
        }

        int[] path = new int[_order + 1];
        for (int i = 0; i < _size; i++)
        {
            for (int j = i; j < _size; j++)
            {
                (path[0], path[_order]) = (i, j);
                double sum = Between(path, 1);
                result[(i * _size) + j] = sum;
                result[(j * _size) + i] = sum;
            }
        }

        return result;
    }

    /// <summary>The sum over all paths whose first <paramref name="known"/> places and last place are set.</summary>
    private double Between(int[] path, int known)
    {
        if (known == _order)
        {
            double products = Products(path, 0, 0);
            return products == 0 ? 0 : DividedDifference(path) * products;
        }

        double sum = 0;
        for (int i = 0; i < _size; i++)
        {
            path[known] = i;
            sum += Between(path, known + 1);
        }

        return sum;
    }

    /// <summary>
    /// Over all orders of the directions not yet used, the sum of the products of their entries along the rest of the path.
    /// </summary>
    private double Products(int[] path, int place, int used)
    {
        if (place == _order)
        {
            return 1;
        }

        double sum = 0;
        for (int direction = 0; direction < _order; direction++)
        {
            if ((used & (1 << direction)) == 0)
            {
                sum += directions[direction][(path[place] * _size) + path[place + 1]] * Products(path, place + 1, used | (1 << direction));
            }
        }

        return sum;
    }

    private double DividedDifference(int[] path)
    {
        Span<int> sorted = stackalloc int[path.Length];
        path.CopyTo(sorted);
        sorted.Sort();
        if (_order == 1)
        {
            return _first[sorted[0], sorted[1]];
        }

        (double low, double high) = (eigenvalues[sorted[0]], eigenvalues[sorted[^1]]);
        if (_order == 2 && !function.IsNear(low, low + (LossAllowed * (high - low))))
        {
            return (_first[sorted[1], sorted[2]] - _first[sorted[0], sorted[1]]) / (high - low);
        }

        Span<double> points = stackalloc double[path.Length];
        for (int i = 0; i < points.Length; i++)
        {
            points[i] = eigenvalues[sorted[i]];
        }

        return function.DividedDifference(points);
    }
}
