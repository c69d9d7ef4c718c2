namespace FewShot.Compute.Execution;

/// <summary>A compiled graph. Immutable and thread-safe: each thread runs it through a worker of its own.</summary>
/// <typeparam name="T">The element type its values have.</typeparam>
public interface IProgram<T>
    where T : unmanaged
{
    /// <summary>The names of the inputs, in the graph's order.</summary>
    IReadOnlyList<string> InputNames { get; }

    /// <summary>The names of the outputs, in the graph's order.</summary>
    IReadOnlyList<string> OutputNames { get; }

    /// <summary>Bytes of one worker's arena: the peak memory of a run, known before it.</summary>
    long PeakBytes { get; }

    /// <summary>Multiply-adds of one run (matrix products, convolutions and solves; element-wise work is not counted).</summary>
    long MultiplyAdds { get; }

    /// <summary>Makes memory and state to run the program on one thread.</summary>
    IWorker<T> CreateWorker();
}

/// <summary>Runs a program with memory of its own. Not thread-safe. Inputs keep their values between runs.</summary>
/// <typeparam name="T">The element type of the values.</typeparam>
public interface IWorker<T> : IDisposable
    where T : unmanaged
{
    /// <summary>The values of an input, row-major, to be written before <see cref="Run"/>.</summary>
    /// <param name="index">The place of the input among <see cref="IProgram{T}.InputNames"/>.</param>
    Span<T> Input(int index);

    /// <summary>The values of an output, row-major, valid until the next run.</summary>
    /// <param name="index">The place of the output among <see cref="IProgram{T}.OutputNames"/>.</param>
    ReadOnlySpan<T> Output(int index);

    /// <summary>Computes the outputs from the inputs. Allocates nothing.</summary>
    void Run();
}

/// <summary>Access by name, for code where a look-up per call does not matter.</summary>
public static class ProgramNames
{
    /// <summary>The index of the input of a name.</summary>
    /// <param name="program">The program that has the input.</param>
    /// <param name="name">The name of the input.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static int InputIndex<T>(this IProgram<T> program, string name)
        where T : unmanaged => IndexOf(program.InputNames, name, "input");

    /// <summary>The index of the output of a name.</summary>
    /// <param name="program">The program that has the output.</param>
    /// <param name="name">The name of the output.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static int OutputIndex<T>(this IProgram<T> program, string name)
        where T : unmanaged => IndexOf(program.OutputNames, name, "output");

    private static int IndexOf(IReadOnlyList<string> names, string name, string kind)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i] == name)
            {
                return i;
            }
        }

        throw new ArgumentException($"the program has no {kind} '{name}'; it has: {string.Join(", ", names)}", nameof(name));
    }
}
