using FewShot.Tasks;

namespace FewShot.Data.Omniglot;

/// <summary>Which characters of Omniglot are in which split.</summary>
public enum OmniglotSplit
{
    /// <summary>The lists of Vinyals et al. 2016 in common use: 1,028 / 172 / 423 characters, each in four rotations.</summary>
    Vinyals,

    /// <summary>
    /// The parts of Lake et al. 2015: background (964 characters) for training, evaluation (659) for test, no validation, no rotations.
    /// </summary>
    Official,
}

/// <summary>
/// Omniglot (Lake et al. 2015): 1,623 characters of 50 alphabets, each drawn by 20 people; 105×105 drawings averaged to 28×28, ink 1 on 0.
/// The first opening decodes 32,460 images; later ones read a copy from the user's cache.
/// </summary>
public static class OmniglotDataset
{
    private static readonly ImagePreparation s_preparation = new(OmniglotArchive.Side, OmniglotArchive.Side, 1, Invert: true, null);

    private static readonly string[] s_parts = ["images_background", "images_evaluation"];

    /// <summary>Opens the data set from the official zip files or the folders extracted from them.</summary>
    /// <param name="root">The data folder; see <see cref="DataFolder.Resolve"/>.</param>
    /// <param name="split">Which characters are in which split.</param>
    /// <param name="cacheFolder">Where to keep the decoded copy; null is the user's cache folder.</param>
    /// <exception cref="DataException">Files are missing or damaged.</exception>
    public static ImageDataset Open(string? root, OmniglotSplit split = OmniglotSplit.Vinyals, string? cacheFolder = null)
    {
        string folder = DataFolder.Resolve(root);
        cacheFolder ??= DataFolder.Cache();
        IReadOnlyList<ImageClass>[] parts = [.. s_parts.Select(part => OpenPart(folder, part, cacheFolder))];
        if (split == OmniglotSplit.Official)
        {
            return new ImageDataset(
                "omniglot-official",
                "Omniglot (Lake et al. 2015), 28×28, official parts: background for training, evaluation for test.",
                Pool(parts[0], rotations: false),
                null,
                Pool(parts[1], rotations: false)
            )
            {
                Preparation = s_preparation,
            };
        }

        Dictionary<string, ImageClass> byName = parts.SelectMany(part => part).ToDictionary(item => item.Name);
        return new ImageDataset(
            "omniglot",
            "Omniglot (Lake et al. 2015), 28×28, split of Vinyals et al. 2016 with four rotations.",
            Select(Split.Train),
            Select(Split.Validation),
            Select(Split.Test)
        )
        {
            Preparation = s_preparation,
        };

        ImageClasses Select(Split part) =>
            Pool(
                [
                    .. OmniglotSplits
                        .Vinyals(part)
                        .Select(name =>
                            byName.GetValueOrDefault(name)
                            ?? throw new DataException(
                                $"Omniglot in '{folder}' lacks the character '{name}'; get the whole data set with 'fewshot data get "
                                    + "omniglot'."
                            )
                        ),
                ],
                rotations: true
            );
    }

    private static ImageClasses Pool(IReadOnlyList<ImageClass> classes, bool rotations) =>
        new(OmniglotArchive.Side, OmniglotArchive.Side, 1, classes, rotations: rotations);

    private static IReadOnlyList<ImageClass> OpenPart(string folder, string part, string cacheFolder)
    {
        string path =
            DataFolder.Find(
                folder,
                "omniglot",
                $"{part}.zip",
                part,
                Path.Combine("omniglot-py", part),
                Path.Combine("omniglot-py", $"{part}.zip")
            ) ?? throw DataFolder.Missing(folder, "omniglot", $"{part}.zip (or folder {part})");
        return OmniglotCache.GetOrAdd(cacheFolder, path, () => OmniglotArchive.Read(path));
    }
}
