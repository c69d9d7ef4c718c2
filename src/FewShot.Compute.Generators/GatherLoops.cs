using System.Linq;

namespace FewShot.Compute.Generators;

/// <summary>
/// The loops of the direct convolution: a few output pixels × a few vectors of output channels, summed over segments of contiguous
/// input channels. A pixel is a pointer; where the pixels lie and which taps they see is data (see GatherPlan).
/// </summary>
internal static class GatherLoops
{
    public static void WriteLoop(SourceText text, VectorWidth width, int pixels, int vectors)
    {
        var block = new RegisterBlock(width, pixels, vectors);
        int[] rows = Enumerable.Range(0, pixels).ToArray();
        string Result(int row) => $"result{row}";

        text.Line(LoopsClass.Method);
        text.Open($"private static void Gather{pixels}x{vectors}(GatherArguments* arguments)");
        text.Line("var group = arguments->Groups;");
        text.Line($"var groupEnd = group + arguments->GroupCount * {2 + 2 * pixels};");
        text.Line("var weightStep = arguments->WeightStep;");
        text.Open("do");
        text.Line("var input = arguments->Input;");
        foreach (int row in rows)
        {
            text.Line($"var input{row} = input + group[{2 + row}];");
        }

        text.Line(block.Declaration);
        text.Line(block.Zero);
        text.Line("var segment = arguments->Segments + group[0];");
        text.Line("var segmentEnd = arguments->Segments + group[1];");
        text.Open("do");
        text.Line("var channel = segment->Input;");
        text.Line("var channelEnd = channel + segment->Length;");
        text.Line("var weights = arguments->Weights + segment->WeightRow * weightStep;");
        text.Open("do");
        block.OuterProduct(text, row => $"input{row}[channel]", "weights");
        text.Line("channel++;");
        text.Line("weights += weightStep;");
        text.Close(" while (channel < channelEnd);");
        text.Line("segment++;");
        text.Close(" while (segment < segmentEnd);");

        WriteResultPointers();
        text.Open("if (arguments->Accumulate)");
        text.Line(block.Add(Result));
        text.Close();
        text.Line(block.Store(Result));
        text.Line($"group += {2 + 2 * pixels};");
        text.Close(" while (group < groupEnd);");
        text.Close();

        void WriteResultPointers()
        {
            text.Line("var result = arguments->Result;");
            text.Line("var resultStep = arguments->ResultStep;");
            foreach (int row in rows)
            {
                text.Line($"var result{row} = result + group[{2 + pixels + row}] * resultStep;");
            }
        }
    }
}
