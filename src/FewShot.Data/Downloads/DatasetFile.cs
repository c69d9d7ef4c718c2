using FewShot.Naming;
using FewShot.Tasks;

namespace FewShot.Data.Downloads;

/// <summary>A file that can be downloaded and recognised.</summary>
/// <param name="FileName">The name that the file is kept under.</param>
/// <param name="Source">The address that the file comes from.</param>
/// <param name="Hash">The hash of its content in lower-case hexadecimal: 32 digits are MD5, 64 are SHA-256.</param>
public sealed record DatasetFile(string FileName, Uri Source, string Hash)
{
    /// <summary>The most bytes that it may have: a server that sends more is not listened to.</summary>
    /// <value>1 GiB by default.</value>
    public long MaximumBytes { get; init; } = 1L << 30;
}

/// <summary>A data set that can be downloaded.</summary>
/// <param name="Name">The name of the data set, and of its folder below the data folder.</param>
/// <param name="Terms">The terms under which the data set may be used, as its authors state them.</param>
/// <param name="Files">The files that the data set consists of.</param>
public sealed record DownloadableDataset(string Name, string Terms, IReadOnlyList<DatasetFile> Files)
{
    private static readonly DownloadableDataset[] s_own =
    [
        new(
            "omniglot",
            "Omniglot, Lake et al. 2015; MIT licence.",
            [
                new(
                    "images_background.zip",
                    new Uri("https://raw.githubusercontent.com/brendenlake/omniglot/master/python/images_background.zip"),
                    "68d2efa1b9178cc56df9314c21c6e718"
                )
                {
                    MaximumBytes = 1L << 26,
                },
                new(
                    "images_evaluation.zip",
                    new Uri("https://raw.githubusercontent.com/brendenlake/omniglot/master/python/images_evaluation.zip"),
                    "6b91aef0f799c5bb55b94e3f2daec811"
                )
                {
                    MaximumBytes = 1L << 26,
                },
            ]
        ),
        new(
            "cifar100",
            "CIFAR-100, Krizhevsky 2009; no licence stated, for research. Serves the sources cifar-fs and fc100.",
            [
                new(
                    "cifar-100-binary.tar.gz",
                    new Uri("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"),
                    "03b5dce01913d631647c71ecec9e9cb8"
                )
                {
                    MaximumBytes = 1L << 28,
                },
            ]
        ),
    ];

    /// <summary>The data sets that sources are made of and that can be downloaded.</summary>
    public static IReadOnlyList<DownloadableDataset> All =>
        [.. s_own.Union(TaskSources.All.Select(source => source.Download).OfType<DownloadableDataset>())];

    internal static DownloadableDataset Omniglot => s_own[0];

    internal static DownloadableDataset Cifar100 => s_own[1];

    /// <summary>Finds a data set by its name, or by the name of a source that is made of it.</summary>
    /// <param name="name">The name, for example "omniglot" or "cifar-fs".</param>
    /// <exception cref="DataException">Nothing of that name can be downloaded.</exception>
    public static DownloadableDataset Find(string name)
    {
        return TaskSources.All.FirstOrDefault(source => source.Name == name && source.Download is not null)?.Download
            ?? All.FirstOrDefault(known => known.Name == name)
            ?? throw new DataException(
                $"There is no data set '{name}' to get.{NameSuggestion.For(name, All.Select(known => known.Name))} "
                    + $"These can be downloaded: {string.Join(", ", All.Select(known => known.Name))}."
            );
    }
}

/// <summary>How far the download of one file is.</summary>
/// <param name="FileName">The name of the file.</param>
/// <param name="BytesDone">Bytes on disk so far.</param>
/// <param name="BytesTotal">Bytes of the whole file, or null where the server does not say.</param>
public readonly record struct DownloadProgress(string FileName, long BytesDone, long? BytesTotal);
