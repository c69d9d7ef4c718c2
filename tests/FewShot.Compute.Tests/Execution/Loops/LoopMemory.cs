using System.Runtime.InteropServices;
using FewShot.Compute.Execution.Loops;
using Xunit;

namespace FewShot.Compute.Tests.Execution.Loops;

/// <summary>Runs a kernel on aligned memory with a guard on each side of every tensor, and checks the guards and the operands.</summary>
internal static unsafe class LoopMemory
{
    private const int Alignment = 64;
    private const uint Guard = 0x7fc5a5a5;

    internal static float[][] Run(LoopKernel kernel, float[][] operands, int inPlaceOperand = -1, int inPlaceOutput = -1)
    {
        LoopSpecification s = kernel.Specification;
        int count = operands.Length + s.Outputs.Count;
        nint[] blocks = new nint[count + 1];
        long[] lengths = new long[count];
        float** buffers = stackalloc float*[count];
        try
        {
            for (int i = 0; i < count; i++)
            {
                lengths[i] = i < operands.Length ? operands[i].Length : s.OutputLength(s.Outputs[i - operands.Length]);
                blocks[i] = Allocate(lengths[i] * sizeof(float));
                buffers[i] = (float*)(blocks[i] + Alignment);
                if (i < operands.Length)
                {
                    operands[i].CopyTo(new Span<float>(buffers[i], operands[i].Length));
                }
            }

            if (inPlaceOutput >= 0)
            {
                buffers[operands.Length + inPlaceOutput] = buffers[inPlaceOperand];
            }

            blocks[count] = Allocate(kernel.ScratchBytes);
            kernel.Run(buffers, (byte*)(blocks[count] + Alignment));
            CheckGuards(blocks[count], kernel.ScratchBytes, "scratch memory");
            for (int i = 0; i < count; i++)
            {
                CheckGuards(blocks[i], lengths[i] * sizeof(float), i < operands.Length ? $"operand {i}" : $"output {i - operands.Length}");
                if (i < operands.Length && i != inPlaceOperand)
                {
                    Assert.True(
                        MemoryMarshal
                            .AsBytes<float>(operands[i])
                            .SequenceEqual(new ReadOnlySpan<byte>(buffers[i], operands[i].Length * sizeof(float))),
                        $"operand {i} was written to"
                    );
                }
            }

            float[][] results = new float[s.Outputs.Count][];
            for (int i = 0; i < results.Length; i++)
            {
                results[i] = new ReadOnlySpan<float>(buffers[operands.Length + i], (int)lengths[operands.Length + i]).ToArray();
            }

            return results;
        }
        finally
        {
            foreach (nint block in blocks)
            {
                NativeMemory.AlignedFree((void*)block);
            }
        }
    }

    private static nint Allocate(long bytes)
    {
        nuint size = (nuint)(bytes + (2 * Alignment));
        nint block = (nint)NativeMemory.AlignedAlloc(size, Alignment);
        new Span<uint>((void*)block, (int)(size / sizeof(uint))).Fill(Guard);
        return block;
    }

    private static void CheckGuards(nint block, long bytes, string what)
    {
        ReadOnlySpan<uint> before = new((void*)block, Alignment / sizeof(uint));
        ReadOnlySpan<uint> after = new((void*)(block + Alignment + (nint)bytes), Alignment / sizeof(uint));
        Assert.True(!before.ContainsAnyExcept(Guard), $"something was written before {what}");
        Assert.True(!after.ContainsAnyExcept(Guard), $"something was written past {what}");
    }
}
