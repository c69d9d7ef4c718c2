using System.Collections.Generic;
using System.Linq;

namespace FewShot.Compute.Generators;

/// <summary>
/// A block of accumulators, rows × vectors, each one a named local: the compiler keeps named locals in registers where it would
/// spill elements of a span or of a struct.
/// </summary>
internal sealed class RegisterBlock
{
    private readonly VectorWidth _width;
    private readonly string? _lastVector;

    public RegisterBlock(VectorWidth width, int rows, int vectors, string? lastVector = null)
    {
        this._width = width;
        this._lastVector = lastVector;
        Rows = rows;
        Vectors = vectors;
    }

    public int Rows { get; }

    public int Vectors { get; }

    public string Declaration => $"{_width.Type}<float> " + string.Join(", ", Cells().Select(cell => Name(cell.Row, cell.Vector))) + ";";

    public string Zero => string.Concat(Cells().Select(cell => $"{Name(cell.Row, cell.Vector)} = {_width.Zero}; "));

    /// <summary>Adds what lies in memory; row r at the address <paramref name="address"/>(r).</summary>
    public string Add(System.Func<int, string> address) =>
        string.Concat(Cells().Select(cell => $"{Name(cell.Row, cell.Vector)} += {_width.Load(Cell(address, cell))}; "));

    public string Store(System.Func<int, string> address) =>
        string.Concat(Cells().Select(cell => $"{Name(cell.Row, cell.Vector)}.Store({Cell(address, cell)}); "));

    /// <summary>
    /// Adds the outer product of the scalars <paramref name="scalar"/>(row) and the vectors at <paramref name="vectors"/>. The fewer of
    /// the two stay in registers; the other side is read where it is used, so that 12 accumulators fit into 16 registers.
    /// </summary>
    public void OuterProduct(SourceText text, System.Func<int, string> scalar, string vectors)
    {
        string Left(int row) => _width.Broadcast(scalar(row));
        string Right(int vector) => _width.Load(vectors + Offset(vector));
        string Update(int row, int vector, string left, string right) =>
            $"{Name(row, vector)} = {_width.MultiplyAdd(left, right, Name(row, vector))};";

        text.Open("");
        if (Vectors <= Rows)
        {
            foreach (int vector in Enumerable.Range(0, Vectors))
            {
                text.Line($"var right{vector} = {Right(vector)};");
            }

            foreach (int row in Enumerable.Range(0, Rows))
            {
                IEnumerable<string> updates = Enumerable.Range(0, Vectors).Select(vector => Update(row, vector, "left", $"right{vector}"));
                text.Line($"{{ var left = {Left(row)}; {string.Join(" ", updates)} }}");
            }
        }
        else
        {
            foreach (int row in Enumerable.Range(0, Rows))
            {
                text.Line($"var left{row} = {Left(row)};");
            }

            foreach (int vector in Enumerable.Range(0, Vectors))
            {
                IEnumerable<string> updates = Enumerable.Range(0, Rows).Select(row => Update(row, vector, $"left{row}", "right"));
                text.Line($"{{ var right = {Right(vector)}; {string.Join(" ", updates)} }}");
            }
        }

        text.Close();
    }

    private string Cell(System.Func<int, string> address, (int Row, int Vector) cell) => address(cell.Row) + Offset(cell.Vector);

    // The last vector lies where its name says, if it has one, so that it can overlap the one before it.
    private string Offset(int vector) =>
        vector == 0 ? ""
        : vector == Vectors - 1 && _lastVector != null ? $" + {_lastVector}"
        : $" + {vector * _width.Floats}";

    private static string Name(int row, int vector) => $"sum{row}_{vector}";

    private IEnumerable<(int Row, int Vector)> Cells() =>
        from row in Enumerable.Range(0, Rows)
        from vector in Enumerable.Range(0, Vectors)
        select (row, vector);
}
