namespace FewShot.Tasks;

/// <summary>The errors that sources of tasks share, so that they read the same everywhere. Thread-safe.</summary>
public static class TaskErrors
{
    /// <summary>The name of a split in texts.</summary>
    /// <param name="split">Which part of the tasks: training, validation or test.</param>
    public static string NameOf(Split split) =>
        split switch
        {
            Split.Train => "train",
            Split.Validation => "validation",
            _ => "test",
        };

    /// <summary>The error of a source that has no such split.</summary>
    /// <param name="source">The name of the source.</param>
    /// <param name="split">Which part of the tasks: training, validation or test.</param>
    /// <param name="remedy">What more there is to say, without a full stop; null for nothing.</param>
    public static DataException NoSplit(string source, Split split, string? remedy = null) =>
        new($"The source '{source}' has no {NameOf(split)} split; choose another split or another source{Also(remedy)}.");

    /// <summary>The error of a split that has fewer classes than a task.</summary>
    /// <param name="source">The name of the source.</param>
    /// <param name="split">Which part of the tasks: training, validation or test.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="ways">How many classes a task has.</param>
    /// <param name="remedy">What more there is to say, without a full stop; null for nothing.</param>
    public static DataException TooManyWays(string source, Split split, int classes, int ways, string? remedy = null) =>
        new(
            $"The {NameOf(split)} split of '{source}' has {classes} {(classes == 1 ? "class" : "classes")}, but the tasks ask for "
                + $"{ways} ways; ask for fewer ways or add classes{Also(remedy)}."
        );

    /// <summary>The error of a class that has fewer examples than a task takes of it.</summary>
    /// <param name="source">The name of the source.</param>
    /// <param name="split">Which part of the tasks: training, validation or test.</param>
    /// <param name="className">The name of the class.</param>
    /// <param name="found">How many examples it has.</param>
    /// <param name="options">The size of a task.</param>
    public static DataException TooFewExamples(string source, Split split, string className, int found, TaskOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(
            $"The class '{className}' in the {NameOf(split)} split of '{source}' has {found} {(found == 1 ? "example" : "examples")}, "
                + $"but a task needs {options.ExamplesPerClass} ({options.Shots} shots + {options.QueriesPerClass} queries); "
                + "ask for fewer, or add examples."
        );
    }

    private static string Also(string? remedy) => remedy is null ? "" : $" ({remedy})";
}
