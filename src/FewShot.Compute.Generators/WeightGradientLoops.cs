using System.Linq;

namespace FewShot.Compute.Generators;

/// <summary>
/// The loops of the weight gradient: a few weight rows (input channels of one tap, or taps) × a few vectors of output channels,
/// summed over a list of pixels, for consecutive groups of rows.
/// </summary>
internal static class WeightGradientLoops
{
    public static void WriteLoop(SourceText text, VectorWidth width, int rows, int vectors)
    {
        var block = new RegisterBlock(width, rows, vectors);
        string Result(int row) => row == 0 ? "result" : $"result + {row} * resultStep";

        text.Line(LoopsClass.Method);
        text.Open($"private static void WeightGradient{rows}x{vectors}(WeightGradientArguments* arguments)");
        text.Line("var rowOffsets = arguments->RowOffsets;");
        text.Line("var result = arguments->Result;");
        text.Line("var resultStep = arguments->ResultStep;");
        text.Line("var pixelEnd = arguments->Pixels + arguments->PixelCount;");
        text.Line("var cotangent = arguments->Cotangent;");
        text.Line($"var rowEnd = rowOffsets + arguments->GroupCount * {rows};");
        text.Open("do");
        foreach (int row in Enumerable.Range(0, rows))
        {
            text.Line($"var input{row} = arguments->Input + rowOffsets[{row}];");
        }

        text.Line(block.Declaration);
        text.Line(block.Zero);
        text.Line("var pixel = arguments->Pixels;");
        text.Open("do");
        text.Line("nint offset = pixel->Input;");
        text.Line($"var vectors = cotangent + (nint)pixel->CotangentPixel * {vectors * width.Floats};");
        block.OuterProduct(text, row => $"input{row}[offset]", "vectors");
        text.Line("pixel++;");
        text.Close(" while (pixel < pixelEnd);");
        text.Line("// Adding a chunk's sum to the total rounds less than adding to the total throughout.");
        text.Open("if (arguments->Accumulate)");
        text.Line(block.Add(Result));
        text.Close();
        text.Line(block.Store(Result));
        text.Line($"result += {rows} * resultStep;");
        text.Line($"rowOffsets += {rows};");
        text.Close(" while (rowOffsets < rowEnd);");
        text.Close();
    }
}
