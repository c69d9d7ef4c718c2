using FewShot.Data.Downloads;
using FewShot.Data.Sources;

namespace FewShot.Data.Cifar;

/// <summary>The sources 'cifar-fs' and 'fc100', which differ in what is in which split.</summary>
internal sealed class CifarSource(CifarSplit split) : TaskSourceDescriptor
{
    public override string Name => split == CifarSplit.CifarFs ? "cifar-fs" : "fc100";

    public override string Summary =>
        split == CifarSplit.CifarFs ? "CIFAR-100 split by class, 64 / 16 / 20" : "CIFAR-100 split by superclass, 60 / 20 / 20";

    public override DownloadableDataset Download => DownloadableDataset.Cifar100;

    public override SourceData Open(string? root, SourceSettings settings) => new(CifarDataset.Open(root, split));
}
