using FewShot.Tasks;

namespace FewShot.Data.Cifar;

/// <summary>Which classes of CIFAR-100 are in which split.</summary>
public enum CifarSplit
{
    /// <summary>CIFAR-FS (Bertinetto et al. 2019): 64 / 16 / 20 classes.</summary>
    CifarFs,

    /// <summary>FC100 (Oreshkin et al. 2018): 60 / 20 / 20 classes, no superclass in two splits.</summary>
    Fc100,
}

/// <summary>
/// CIFAR-100 (Krizhevsky 2009), 32×32 colour images, divided by class for few-shot learning; the images of the original's training and test
/// files are taken together. Channels are normalised by mean and standard deviation of the training split.
/// </summary>
public static class CifarDataset
{
    /// <summary>Opens the data set from cifar-100-binary.tar.gz or the train.bin and test.bin in it, plain or gzipped.</summary>
    /// <param name="root">The data folder; see <see cref="DataFolder.Resolve"/>.</param>
    /// <param name="split">Which classes are in which split.</param>
    /// <exception cref="DataException">Files are missing or damaged.</exception>
    public static ImageDataset Open(string? root, CifarSplit split)
    {
        (List<byte[]>[] images, int[] coarse) = CifarFile.ReadAll(DataFolder.Resolve(root));
        string counts = $"{images.Min(own => own.Count)} of the 600 images of each class";
        var classes = new List<ImageClass>[3];
        for (int i = 0; i < classes.Length; i++)
        {
            classes[i] = [];
        }

        for (int fine = 0; fine < images.Length; fine++)
        {
            string name = CifarSplits.FineNames[fine];
            byte[] pixels = new byte[images[fine].Count * CifarFile.ImageSize];
            for (int i = 0; i < images[fine].Count; i++)
            {
                images[fine][i].CopyTo(pixels, i * CifarFile.ImageSize);
            }

            images[fine].Clear();
            Split target = split == CifarSplit.CifarFs ? CifarSplits.CifarFs(name) : CifarSplits.Fc100(name);
            classes[(int)target].Add(new ImageClass(name, CifarSplits.CoarseNames[coarse[fine]], pixels));
        }

        ChannelNormalization normalization = ChannelNormalization.Of(classes[(int)Split.Train], 3);
        ImageClasses[] pools = [.. classes.Select(part => new ImageClasses(CifarFile.Side, CifarFile.Side, 3, part, normalization))];
        var preparation = new ImagePreparation(CifarFile.Side, CifarFile.Side, 3, Invert: false, normalization);
        return split == CifarSplit.CifarFs
            ? new ImageDataset(
                "cifar-fs",
                $"CIFAR-FS (Bertinetto et al. 2019): CIFAR-100 by class, 64 / 16 / 20, 32×32 colour, {counts}.",
                pools[0],
                pools[1],
                pools[2]
            )
            {
                Preparation = preparation,
            }
            : new ImageDataset(
                "fc100",
                $"FC100 (Oreshkin et al. 2018): CIFAR-100 by superclass, 60 / 20 / 20 classes, 32×32 colour, {counts}.",
                pools[0],
                pools[1],
                pools[2]
            )
            {
                Preparation = preparation,
            };
    }
}
