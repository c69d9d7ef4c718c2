using System.Linq;

namespace FewShot.Compute.Generators;

/// <summary>The loops of small matrix products: a few rows of A × a few vectors of columns of B, for consecutive groups of rows.</summary>
internal static class MatrixLoops
{
    public static void WriteLoop(SourceText text, VectorWidth width, int rows, int vectors)
    {
        var block = new RegisterBlock(width, rows, vectors, "last");
        text.Line(LoopsClass.Method);
        text.Open($"private static void Matrix{rows}x{vectors}(MatrixArguments* arguments)");
        text.Line("var a = arguments->A;");
        text.Line("var c = arguments->C;");
        text.Line("var bRow = arguments->BRow;");
        text.Line("var aColumn = arguments->AColumn;");
        if (vectors > 1)
        {
            text.Line("var last = arguments->LastVector;");
        }

        text.Line("var group = arguments->GroupCount;");
        text.Open("do");
        foreach (int row in Enumerable.Range(0, rows))
        {
            text.Line($"var a{row} = a + {row} * arguments->ARow;");
        }

        text.Line(block.Declaration);
        text.Line(block.Zero);
        text.Line("nint offset = 0;");
        text.Line("var b = arguments->B;");
        text.Line("var depth = arguments->Depth;");
        text.Open("do");
        block.OuterProduct(text, row => $"a{row}[offset]", "b");
        text.Line("offset += aColumn;");
        text.Line("b += bRow;");
        text.Close(" while (--depth > 0);");
        foreach (int row in Enumerable.Range(0, rows))
        {
            text.Line($"var c{row} = c + {row} * arguments->CRow;");
        }

        text.Line(block.Store(row => $"c{row}"));
        text.Line($"a += {rows} * arguments->ARow;");
        text.Line($"c += {rows} * arguments->CRow;");
        text.Close(" while (--group > 0);");
        text.Close();
    }
}
