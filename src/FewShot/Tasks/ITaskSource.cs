namespace FewShot.Tasks;

/// <summary>A distribution over tasks of one shape. Implementations are safe for concurrent use.</summary>
/// <example>
/// <code>
/// ITaskSource tasks = TaskSources.Open("omniglot", root: null, new TaskOptions { Ways = 20, Shots = 5 });
/// var episode = new Episode(tasks.Shape);
/// for (long index = 0; index &lt; 3; index++)
/// {
///     tasks.Sample(Split.Validation, seed: 1, index, episode); // the same three tasks on any machine
///     Console.WriteLine(string.Join(", ", episode.ClassNames!));
/// }
/// </code>
/// </example>
public interface ITaskSource
{
    /// <summary>The name by which <c>TaskSources</c> opens the source.</summary>
    string Name { get; }

    /// <summary>One line that says what the tasks are and where they come from.</summary>
    string Description { get; }

    /// <summary>The sizes of every task of this source.</summary>
    TaskShape Shape { get; }

    /// <summary>How a file of the user's becomes an example like those of this source, or null where there is no such file.</summary>
    InputPreparation? Preparation => null;

    /// <summary>Whether the source has tasks of a split.</summary>
    /// <param name="split">Which part of the tasks: training, validation or test.</param>
    bool HasSplit(Split split);

    /// <summary>
    /// Fills <paramref name="destination"/> with task number <paramref name="index"/> of a split. The result is a pure function of the
    /// seed, the split and the index: the same on any thread, in any order, after any restart. Allocates nothing.
    /// </summary>
    /// <param name="split">The split to draw from.</param>
    /// <param name="seed">The seed of the run.</param>
    /// <param name="index">The number of the task, from 0.</param>
    /// <param name="destination">The episode to overwrite; its shape must equal <see cref="Shape"/>.</param>
    /// <exception cref="DataException">The source has no such split.</exception>
    void Sample(Split split, ulong seed, long index, Episode destination);

    /// <summary>What a split holds, or null where the source cannot say.</summary>
    /// <param name="split">Which part of the tasks: training, validation or test.</param>
    SplitSummary? Summarize(Split split) => null;
}
