using FewShot.Data.Images;
using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>What a learner that was trained on image files does with image files. Thread-safe.</summary>
/// <example>
/// <code>
/// float[] images = learner.ReadImages(["cat1.png", "cat2.png", "dog1.png"]);
/// using AdaptedModel model = learner.Adapt(images, [0, 0, 1], ["cat", "dog"]);
/// </code>
/// </example>
public static class LearnerImages
{
    static LearnerImages() => DataParts.Register();

    /// <summary>
    /// Reads image files and prepares them as the learner's training images were: the inputs of <c>Adapt</c> and of
    /// <see cref="AdaptedModel"/>.
    /// </summary>
    /// <param name="learner">A learner that was trained on image files.</param>
    /// <param name="paths">The paths of the files, of any size and any format that <see cref="ImageDecoder"/> reads.</param>
    /// <returns>Height × width × channels numbers of each, one after another.</returns>
    /// <exception cref="ArgumentException">The learner was not trained on image files.</exception>
    /// <exception cref="DataException">A file is missing, empty, damaged or of another format.</exception>
    public static float[] ReadImages(this Learner learner, IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(learner);
        ArgumentNullException.ThrowIfNull(paths);
        return learner.Definition.Preparation is ImagePreparation preparation
            ? preparation.Read(paths)
            : throw new ArgumentException(
                "this learner was not trained on image files: prepare its inputs as its training data were",
                nameof(learner)
            );
    }
}
