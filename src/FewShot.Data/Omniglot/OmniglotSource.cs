using FewShot.Data.Downloads;
using FewShot.Data.Sources;

namespace FewShot.Data.Omniglot;

/// <summary>The sources 'omniglot' and 'omniglot-official', which differ in what is in which split.</summary>
internal sealed class OmniglotSource(OmniglotSplit split) : TaskSourceDescriptor
{
    public override string Name => split == OmniglotSplit.Vinyals ? "omniglot" : "omniglot-official";

    public override string Summary =>
        split == OmniglotSplit.Vinyals
            ? "Omniglot, split of Vinyals et al. 2016 with rotations"
            : "Omniglot, background and evaluation parts";

    public override DownloadableDataset Download => DownloadableDataset.Omniglot;

    public override SourceData Open(string? root, SourceSettings settings) => new(OmniglotDataset.Open(root, split, settings.CacheFolder));
}
