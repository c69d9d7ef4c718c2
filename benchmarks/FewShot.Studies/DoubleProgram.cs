using FewShot.Compute.Execution;
using FewShot.Compute.Execution.Reference;
using FewShot.Compute.Graphs;
using MathNet.Numerics.LinearAlgebra;

namespace FewShot.Studies;

/// <summary>A graph run in double, with vectors and matrices by name.</summary>
internal sealed class DoubleProgram : IDisposable
{
    private readonly ReferenceProgram _program;
    private readonly IWorker<double> _worker;

    public DoubleProgram(Graph graph)
    {
        _program = new ReferenceProgram(graph);
        _worker = _program.CreateWorker();
    }

    /// <summary>Writes a vector.</summary>
    public void Set(string name, Vector<double> values) => values.AsArray().CopyTo(_worker.Input(_program.InputIndex(name)));

    /// <summary>Writes a matrix.</summary>
    public void Set(string name, Matrix<double> values) => values.ToRowMajorArray().CopyTo(_worker.Input(_program.InputIndex(name)));

    public void Run() => _worker.Run();

    public Vector<double> Get(string name) => Vector<double>.Build.DenseOfArray(_worker.Output(_program.OutputIndex(name)).ToArray());

    public void Dispose() => _worker.Dispose();

    /// <summary>A symmetric matrix of random directions with eigenvalues spread evenly between two bounds.</summary>
    public static Matrix<double> Symmetric(int n, double least, double most, Random random)
    {
        Matrix<double> q = Normal(n, n, random).QR().Q;
        return q
            * Matrix<double>.Build.DenseOfDiagonalArray([.. Enumerable.Range(0, n).Select(i => least + ((most - least) * i / (n - 1)))])
            * q.Transpose();
    }

    /// <summary>Independent standard normal numbers.</summary>
    public static Matrix<double> Normal(int rows, int columns, Random random) =>
        Matrix<double>.Build.Dense(
            rows,
            columns,
            (_, _) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())
        );
}
