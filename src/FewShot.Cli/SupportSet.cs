using FewShot.Data;
using FewShot.Methods;
using FewShot.Tasks;

namespace FewShot.Cli;

/// <summary>A user's own examples, prepared as the learner's training data were.</summary>
/// <param name="Inputs">The prepared examples, row-major, one after another.</param>
/// <param name="Labels">The classes of the examples; empty for regression.</param>
/// <param name="Values">The targets of the examples; empty for classification.</param>
/// <param name="ClassNames">The names of the classes by label; null for regression.</param>
internal sealed record SupportSet(float[] Inputs, int[] Labels, float[] Values, IReadOnlyList<string>? ClassNames)
{
    public int Count => ClassNames is null ? Values.Length : Labels.Length;

    /// <summary>Reads a folder of class folders of images, or a table, whichever the learner was trained on.</summary>
    public static SupportSet Read(LearnerDefinition definition, string path) =>
        definition.Preparation switch
        {
            ImagePreparation images => ReadImages(images, path),
            TablePreparation table => ReadTable(table, definition.Kind, path),
            _ => throw new ArgumentException(
                "this learner does not say how files become its inputs; train it again with this version, or use the library with "
                    + "prepared numbers"
            ),
        };

    public AdaptedModel Adapt(Learner learner) =>
        ClassNames is null ? learner.Adapt(Inputs, Values) : learner.Adapt(Inputs, Labels, ClassNames);

    private static SupportSet ReadImages(ImagePreparation preparation, string folder)
    {
        IReadOnlyList<ImageClassFiles> classes = ImageFolder.ClassesIn(folder);
        if (classes.Count < 2)
        {
            throw new DataException(
                $"The support folder '{folder}' has {(classes.Count == 0 ? "no class folders" : "one class folder")}; give it one "
                    + "folder of images for each class, at least 2."
            );
        }

        (string File, int Label)[] files = [.. classes.SelectMany((item, label) => item.Files.Select(file => (file, label)))];
        float[] inputs = preparation.Read([.. files.Select(file => file.File)]);
        return new SupportSet(inputs, [.. files.Select(file => file.Label)], [], [.. classes.Select(item => item.Name)]);
    }

    private static SupportSet ReadTable(TablePreparation preparation, TaskKind kind, string path)
    {
        TableExamples rows = preparation.Read(path, kind);
        string[] classes = [.. rows.Labels.Distinct().Order(StringComparer.Ordinal)];
        return kind == TaskKind.Regression
            ? new SupportSet(rows.Inputs, [], rows.Values, null)
            : new SupportSet(rows.Inputs, [.. rows.Labels.Select(label => Array.IndexOf(classes, label))], [], classes);
    }
}
