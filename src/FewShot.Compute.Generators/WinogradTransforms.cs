using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace FewShot.Compute.Generators;

/// <summary>
/// The five transforms of Winograd's convolution F(4×4, 3×3), each a one-dimensional linear map applied to the columns and then to the
/// rows of a small square of vectors. With the interpolation points 0, ±p, ±q and infinity each pair of points shares an even part and
/// an odd part.
/// </summary>
internal static class WinogradTransforms
{
    public static void Write(SourceText text, VectorWidth width)
    {
        foreach (var map in Maps())
        {
            WriteTransform(text, width, map);
        }
    }

    // Measured against double, 3/4 and 3/2 lose four times less than the usual 1 and 2.
    private static IEnumerable<LinearMap> Maps()
    {
        const double p = 0.75, q = 1.5;
        const double p2 = p * p, q2 = q * q;
        const double zero = 1 / (p2 * q2), first = 1 / (2 * p2 * (p2 - q2)), second = 1 / (2 * q2 * (q2 - p2));
        yield return new(
            "WinogradInput", 6, Clip.Source,
            [
                ("evenP", Sum("in4", -q2, "in2")), ("oddP", Scaled(p, Sum("in3", -q2, "in1"))),
                ("evenQ", Sum("in4", -p2, "in2")), ("oddQ", Scaled(q, Sum("in3", -p2, "in1"))),
            ],
            Sum(Sum("in4", -(p2 + q2), "in2"), p2 * q2, "in0"),
            "evenP + oddP", "evenP - oddP", "evenQ + oddQ", "evenQ - oddQ",
            Sum(Sum("in5", -(p2 + q2), "in3"), p2 * q2, "in1"));
        yield return new(
            "WinogradOutput", 6, Clip.Result,
            [("evenP", "in1 + in2"), ("oddP", "in1 - in2"), ("evenQ", "in3 + in4"), ("oddQ", "in3 - in4")],
            "in0 + evenP + evenQ",
            Sum(Scaled(p, "oddP"), q, "oddQ"),
            Sum(Scaled(p2, "evenP"), q2, "evenQ"),
            Sum(Sum("in5", p2 * p, "oddP"), q2 * q, "oddQ"));
        yield return new(
            "WinogradCotangent", 4, Clip.Source,
            [
                ("evenP", Sum("in0", p2, "in2")), ("oddP", Scaled(p, Sum("in1", p2, "in3"))),
                ("evenQ", Sum("in0", q2, "in2")), ("oddQ", Scaled(q, Sum("in1", q2, "in3"))),
            ],
            "in0", "evenP + oddP", "evenP - oddP", "evenQ + oddQ", "evenQ - oddQ", "in3");
        yield return new(
            "WinogradWeights", 3, Clip.None,
            [
                ("evenP", Scaled(first, Sum("in0", p2, "in2"))), ("oddP", Scaled(first * p, "in1")),
                ("evenQ", Scaled(second, Sum("in0", q2, "in2"))), ("oddQ", Scaled(second * q, "in1")),
            ],
            Scaled(zero, "in0"), "evenP + oddP", "evenP - oddP", "evenQ + oddQ", "evenQ - oddQ", "in2");
        yield return new(
            "WinogradInverse", 6, Clip.None,
            [
                ("evenP", Scaled(first, "(in1 + in2)")), ("oddP", Scaled(first * p, "(in1 - in2)")),
                ("evenQ", Scaled(second, "(in3 + in4)")), ("oddQ", Scaled(second * q, "(in3 - in4)")),
            ],
            Sum("evenP + evenQ", zero, "in0"), "oddP + oddQ", Sum(Sum("in5", p2, "evenP"), q2, "evenQ"));
    }

    private static string Scaled(double factor, string value) =>
        factor == 1 ? value : $"({value}) * {{{factor.ToString("R", CultureInfo.InvariantCulture)}}}";

    private static string Sum(string addend, double factor, string value) => factor switch
    {
        1 => $"({addend} + {value})",
        -1 => $"({addend} - {value})",
        _ => $"Fused({{{factor.ToString("R", CultureInfo.InvariantCulture)}}}, {value}, {addend})",
    };

    // A clipped source is given by its rows, those outside the map pointing to zeros, and by the columns that exist; a clipped result by how many
    // rows and columns of it exist.
    private static string Parameters(Clip clip) =>
        (clip == Clip.Source ? "float** sourceRows, nint sourceColumn, int firstColumn, int endColumn" : "float* source, nint sourceRow, nint sourceColumn")
        + ", float* result, nint resultRow, nint resultColumn"
        + (clip == Clip.Result ? ", int rows, int columns" : "")
        + ", int channels, float* temporary";

    private static void WriteTransform(SourceText text, VectorWidth width, LinearMap map)
    {
        var constants = new List<string>();
        var definitions = map.Definitions.Select(definition => (definition.Name, Value: WithConstants(definition.Value, constants))).ToArray();
        var outputs = map.Outputs.Select(output => WithConstants(output, constants)).ToArray();

        text.Line("// Columns first, into temporary; channels is a multiple of the vector.");
        text.Line(LoopsClass.Method);
        text.Open($"public static void {map.Name}({Parameters(map.Clip)})");
        for (var i = 0; i < constants.Count; i++)
        {
            text.Line($"var constant{i} = {width.Broadcast($"{constants[i]}f")};");
        }

        if (map.Clip == Clip.Source)
        {
            for (var i = 0; i < map.Inputs; i++)
            {
                text.Line($"var row{i} = sourceRows[{i}];");
            }
        }

        text.Open($"for (var channel = 0; channel < channels; channel += {width.Floats})");
        text.Open($"for (var column = 0; column < {map.Inputs}; column++)");
        text.Line($"var to = temporary + column * {width.Floats};");
        if (map.Clip == Clip.Source)
        {
            text.Open("if (column < firstColumn || column >= endColumn)");
            for (var i = 0; i < outputs.Length; i++)
            {
                text.Line($"{width.Zero}.Store(to + {i * map.Inputs * width.Floats});");
            }

            text.Line("continue;");
            text.Close();
            text.Line("var offset = column * sourceColumn + channel;");
            WritePass(i => $"row{i} + offset", $"{map.Inputs * width.Floats}", clipped: false);
        }
        else
        {
            text.Line("var from = source + column * sourceColumn;");
            WritePass(i => $"from + {i} * sourceRow", $"{map.Inputs * width.Floats}", clipped: false);
        }

        text.Close();
        text.Open($"for (var row = 0; row < {(map.Clip == Clip.Result ? "rows" : $"{outputs.Length}")}; row++)");
        text.Line($"var from = temporary + row * {map.Inputs * width.Floats};");
        text.Line("var to = result + row * resultRow;");
        WritePass(i => $"from + {i * width.Floats}", "resultColumn", map.Clip == Clip.Result);
        text.Close();
        if (map.Clip != Clip.Source)
        {
            text.Line($"source += {width.Floats};");
        }

        text.Line($"result += {width.Floats};");
        text.Close();
        text.Close();

        void WritePass(System.Func<int, string> input, string step, bool clipped)
        {
            for (var i = 0; i < map.Inputs; i++)
            {
                text.Line($"var in{i} = {width.Load(input(i))};");
            }

            foreach (var (name, value) in definitions)
            {
                text.Line($"var {name} = {value};");
            }

            for (var i = 0; i < outputs.Length; i++)
            {
                text.Line($"{(clipped && i > 0 ? $"if (columns > {i}) " : "")}({outputs[i]}).Store(to + {i} * {step});");
            }
        }

        string WithConstants(string value, List<string> known)
        {
            while (value.Contains("{"))
            {
                var start = value.IndexOf('{');
                var end = value.IndexOf('}');
                var constant = value.Substring(start + 1, end - start - 1);
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
        public LinearMap(string name, int inputs, Clip clip, (string Name, string Value)[] definitions, params string[] outputs)
        {
            Name = name;
            Inputs = inputs;
            Clip = clip;
            Definitions = definitions;
            Outputs = outputs;
        }

        public string Name { get; }

        public int Inputs { get; }

        public Clip Clip { get; }

        public (string Name, string Value)[] Definitions { get; }

        public string[] Outputs { get; }
    }
}
