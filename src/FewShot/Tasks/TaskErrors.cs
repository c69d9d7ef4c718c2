namespace FewShot.Tasks;

// The errors that several sources share, so that they read the same everywhere.
internal static class TaskErrors
{
    public static string NameOf(Split split) =>
        split switch
        {
            Split.Train => "train",
            Split.Validation => "validation",
            _ => "test",
        };

    public static DataException NoSplit(string source, Split split, string? remedy = null) =>
        new($"The source '{source}' has no {NameOf(split)} split; choose another split or another source{Also(remedy)}.");

    public static DataException TooManyWays(string source, Split split, int classes, int ways, string? remedy = null) =>
        new(
            $"The {NameOf(split)} split of '{source}' has {classes} {(classes == 1 ? "class" : "classes")}, but the tasks ask for "
                + $"{ways} ways; ask for fewer ways or add classes{Also(remedy)}."
        );

    private static string Also(string? remedy) => remedy is null ? "" : $" ({remedy})";

    public static DataException TooFewExamples(string source, Split split, string className, int found, TaskOptions options) =>
        new(
            $"The class '{className}' in the {NameOf(split)} split of '{source}' has {found} {(found == 1 ? "example" : "examples")}, "
                + "but a task needs "
                + $"{options.ExamplesPerClass} ({options.Shots} shots + {options.QueriesPerClass} queries); ask for fewer, or add examples."
        );
}
