using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace FewShot.Compute.Generators;

/// <summary>
/// The transforms of Winograd's convolution with 3×3 weights and tiles of 4 or 3 rows and columns, each a one-dimensional linear map
/// applied to the columns and then one applied to the rows of a small square of vectors.
/// </summary>
/// <remarks>
/// Tiles of 4 use the interpolation points 0, p, -p, q, infinity and -q, in this order, tiles of 3 all but the last. Both share the
/// transformed weights and their sums: with one point z fewer the weights of point s should be divided by s - z, and the windows are
/// multiplied by it instead. Each pair of points shares an even part and an odd part.
/// </remarks>
internal static class WinogradTransforms
{
    // Measured against double, 3/4 and 3/2 lose four times less than the usual 1 and 2.
    private const double P = 0.75,
        Q = 1.5;
    private const double P2 = P * P,
        Q2 = Q * Q;
    private const double Zero = 1 / (P2 * Q2),
        First = 1 / (2 * P2 * (P2 - Q2)),
        Second = 1 / (2 * Q2 * (Q2 - P2));

    private static readonly LinearMap s_input4 = new(
        6,
        [
            ("evenP", Sum("in4", -Q2, "in2")),
            ("oddP", Scaled(P, Sum("in3", -Q2, "in1"))),
            ("evenQ", Sum("in4", -P2, "in2")),
            ("oddQ", Scaled(Q, Sum("in3", -P2, "in1"))),
        ],
        Sum(Sum("in4", -(P2 + Q2), "in2"), P2 * Q2, "in0"),
        "evenP + oddP",
        "evenP - oddP",
        "evenQ + oddQ",
        Sum(Sum("in5", -(P2 + Q2), "in3"), P2 * Q2, "in1"),
        "evenQ - oddQ"
    );

    private static readonly LinearMap s_input3 = new(
        5,
        [("outer", Sum("in3", -P2, "in1")), ("inner", Sum("in2", -P2, "in0"))],
        Scaled(Q, Sum("outer", -Q, "inner")),
        Scaled(Q + P, Sum(Sum("in3", P - Q, "in2"), -P * Q, "in1")),
        Scaled(Q - P, Sum(Sum("in3", -(P + Q), "in2"), P * Q, "in1")),
        Scaled(2 * Q, "outer"),
        Sum(Sum("in4", -P2, "in2"), -Q, "outer")
    );

    private static readonly LinearMap s_output4 = new(
        6,
        [("evenP", "in1 + in2"), ("oddP", "in1 - in2"), ("evenQ", "in3 + in5"), ("oddQ", "in3 - in5")],
        "in0 + evenP + evenQ",
        Sum(Scaled(P, "oddP"), Q, "oddQ"),
        Sum(Scaled(P2, "evenP"), Q2, "evenQ"),
        Sum(Sum("in4", P2 * P, "oddP"), Q2 * Q, "oddQ")
    );

    private static readonly LinearMap s_output3 = new(
        5,
        [("evenP", "in1 + in2"), ("oddP", "in1 - in2")],
        "in0 + evenP + in3",
        Sum(Scaled(P, "oddP"), Q, "in3"),
        Sum(Sum("in4", P2, "evenP"), Q2, "in3")
    );

    private static readonly LinearMap s_cotangent4 = new(
        4,
        [
            ("evenP", Sum("in0", P2, "in2")),
            ("oddP", Scaled(P, Sum("in1", P2, "in3"))),
            ("evenQ", Sum("in0", Q2, "in2")),
            ("oddQ", Scaled(Q, Sum("in1", Q2, "in3"))),
        ],
        "in0",
        "evenP + oddP",
        "evenP - oddP",
        "evenQ + oddQ",
        "in3",
        "evenQ - oddQ"
    );

    private static readonly LinearMap s_cotangent3 = new(
        3,
        [("evenP", Sum("in0", P2, "in2")), ("oddP", Scaled(P, "in1"))],
        "in0",
        "evenP + oddP",
        "evenP - oddP",
        Sum(Sum("in0", Q2, "in2"), Q, "in1"),
        "in2"
    );

    private static readonly LinearMap s_weights = new(
        3,
        [
            ("evenP", Scaled(First, Sum("in0", P2, "in2"))),
            ("oddP", Scaled(First * P, "in1")),
            ("evenQ", Scaled(Second, Sum("in0", Q2, "in2"))),
            ("oddQ", Scaled(Second * Q, "in1")),
        ],
        Scaled(Zero, "in0"),
        "evenP + oddP",
        "evenP - oddP",
        "evenQ + oddQ",
        "in2",
        "evenQ - oddQ"
    );

    private static readonly LinearMap s_inverse = new(
        6,
        [
            ("evenP", Scaled(First, "(in1 + in2)")),
            ("oddP", Scaled(First * P, "(in1 - in2)")),
            ("evenQ", Scaled(Second, "(in3 + in5)")),
            ("oddQ", Scaled(Second * Q, "(in3 - in5)")),
        ],
        Sum("evenP + evenQ", Zero, "in0"),
        "oddP + oddQ",
        Sum(Sum("in4", P2, "evenP"), Q2, "evenQ")
    );

    private static readonly (int Size, LinearMap Input, LinearMap Output, LinearMap Cotangent)[] s_tiles =
    [
        (4, s_input4, s_output4, s_cotangent4),
        (3, s_input3, s_output3, s_cotangent3),
    ];

    /// <summary>Writes all of them; the two digits in a name are the rows and the columns of a tile.</summary>
    public static void Write(SourceText text, VectorWidth width)
    {
        foreach ((int Size, LinearMap Input, LinearMap Output, LinearMap Cotangent) rows in s_tiles)
        {
            foreach ((int Size, LinearMap Input, LinearMap Output, LinearMap Cotangent) columns in s_tiles)
            {
                string tile = $"{rows.Size}{columns.Size}";
                WriteTransform(text, width, "WinogradInput" + tile, Clip.Source, rows.Input, columns.Input);
                WriteTransform(text, width, "WinogradOutput" + tile, Clip.Result, rows.Output, columns.Output);
                WriteTransform(text, width, "WinogradCotangent" + tile, Clip.Source, rows.Cotangent, columns.Cotangent);
            }
        }

        WriteTable(text, "WinogradInput", Clip.Source);
        WriteTable(text, "WinogradOutput", Clip.Result);
        WriteTable(text, "WinogradCotangent", Clip.Source);
        WriteTransform(text, width, "WinogradWeights", Clip.None, s_weights, s_weights);
        WriteTransform(text, width, "WinogradInverse", Clip.None, s_inverse, s_inverse);
    }

    private static string Scaled(double factor, string value) =>
        factor == 1 ? value : $"({value}) * {{{factor.ToString("R", CultureInfo.InvariantCulture)}}}";

    private static string Sum(string addend, double factor, string value) =>
        factor switch
        {
            1 => $"({addend} + {value})",
            -1 => $"({addend} - {value})",
            _ => $"Fused({{{factor.ToString("R", CultureInfo.InvariantCulture)}}}, {value}, {addend})",
        };

    // A clipped source is given by its rows, those outside the map pointing to zeros, and by the columns that exist; a clipped result by
    // how many rows and columns of it exist.
    private static string Parameters(Clip clip) =>
        (
            clip == Clip.Source
                ? "float** sourceRows, nint sourceColumn, int firstColumn, int endColumn"
                : "float* source, nint sourceRow, nint sourceColumn"
        )
        + ", float* result, nint resultRow, nint resultColumn"
        + (clip == Clip.Result ? ", int rows, int columns" : "")
        + ", int channels, float* temporary";

    /// <summary>Writes what gives the transforms of a kind for tiles 44, 43, 34 and 33, in this order.</summary>
    private static void WriteTable(SourceText text, string name, Clip clip)
    {
        string types = string.Join(", ", Parameters(clip).Split(',').Select(parameter => parameter.Trim().Split(' ')[0]));
        IEnumerable<string> transforms = from rows in s_tiles from columns in s_tiles select $"&{name}{rows.Size}{columns.Size}";
        text.Line($"public static delegate*<{types}, void>[] {name}s() => [{string.Join(", ", transforms)}];");
    }

    private static void WriteTransform(SourceText text, VectorWidth width, string name, Clip clip, LinearMap rowMap, LinearMap columnMap)
    {
        var constants = new List<string>();
        rowMap = rowMap.Select(value => WithConstants(value, constants));
        columnMap = columnMap.Select(value => WithConstants(value, constants));
        int inputColumns = columnMap.Inputs;
        int line = inputColumns * width.Floats;

        text.Line("// Columns first, into temporary; channels is a multiple of the vector.");
        text.Line(LoopsClass.Method);
        text.Open($"public static void {name}({Parameters(clip)})");
        for (int i = 0; i < constants.Count; i++)
        {
            text.Line($"var constant{i} = {width.Broadcast($"{constants[i]}f")};");
        }

        if (clip == Clip.Source)
        {
            for (int i = 0; i < rowMap.Inputs; i++)
            {
                text.Line($"var row{i} = sourceRows[{i}];");
            }
        }

        text.Open($"for (var channel = 0; channel < channels; channel += {width.Floats})");
        text.Open($"for (var column = 0; column < {inputColumns}; column++)");
        text.Line($"var to = temporary + column * {width.Floats};");
        if (clip == Clip.Source)
        {
            text.Open("if (column < firstColumn || column >= endColumn)");
            for (int i = 0; i < rowMap.Outputs.Length; i++)
            {
                text.Line($"{width.Zero}.Store(to + {i * line});");
            }

            text.Line("continue;");
            text.Close();
            text.Line("var offset = column * sourceColumn + channel;");
            WritePass(rowMap, i => $"row{i} + offset", $"{line}", clipped: false);
        }
        else
        {
            text.Line("var from = source + column * sourceColumn;");
            WritePass(rowMap, i => $"from + {i} * sourceRow", $"{line}", clipped: false);
        }

        text.Close();
        text.Open($"for (var row = 0; row < {(clip == Clip.Result ? "rows" : $"{rowMap.Outputs.Length}")}; row++)");
        text.Line($"var from = temporary + row * {line};");
        text.Line("var to = result + row * resultRow;");
        WritePass(columnMap, i => $"from + {i * width.Floats}", "resultColumn", clip == Clip.Result);
        text.Close();
        if (clip != Clip.Source)
        {
            text.Line($"source += {width.Floats};");
        }

        text.Line($"result += {width.Floats};");
        text.Close();
        text.Close();

        void WritePass(LinearMap map, System.Func<int, string> input, string step, bool clipped)
        {
            for (int i = 0; i < map.Inputs; i++)
            {
                text.Line($"var in{i} = {width.Load(input(i))};");
            }

            foreach ((string? part, string? value) in map.Definitions)
            {
                text.Line($"var {part} = {value};");
            }

            for (int i = 0; i < map.Outputs.Length; i++)
            {
                text.Line($"{(clipped && i > 0 ? $"if (columns > {i}) " : "")}({map.Outputs[i]}).Store(to + {i} * {step});");
            }
        }

        string WithConstants(string value, List<string> known)
        {
            while (value.Contains("{"))
            {
                int start = value.IndexOf('{');
                int end = value.IndexOf('}');
                string constant = value.Substring(start + 1, end - start - 1);
                if (!known.Contains(constant))
                {
                    known.Add(constant);
                }

                value = value.Substring(0, start) + "constant" + known.IndexOf(constant) + value.Substring(end + 1);
            }

            return value.Replace("Fused(", width.MultiplyAddName + "(");
        }
    }

    /// <summary>Which side of a map may reach past the edge of an image.</summary>
    private enum Clip
    {
        None,
        Source,
        Result,
    }

    /// <summary>A map of vectors in0, in1, ... to its outputs, by way of named parts; constants stand in braces.</summary>
    private sealed class LinearMap
    {
        public LinearMap(int inputs, (string Name, string Value)[] definitions, params string[] outputs)
        {
            Inputs = inputs;
            Definitions = definitions;
            Outputs = outputs;
        }

        public int Inputs { get; }

        public (string Name, string Value)[] Definitions { get; }

        public string[] Outputs { get; }

        /// <summary>The map with other texts for its values.</summary>
        public LinearMap Select(System.Func<string, string> value) =>
            new(Inputs, [.. Definitions.Select(definition => (definition.Name, value(definition.Value)))], [.. Outputs.Select(value)]);
    }
}
