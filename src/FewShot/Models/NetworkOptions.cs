namespace FewShot.Models;

/// <summary>What a network that is made by its name is told besides the shape of its inputs. Immutable.</summary>
public sealed record NetworkOptions
{
    /// <summary>Channels of each block of a network of convolutions.</summary>
    /// <value>The default is 64.</value>
    public int Channels { get; init; } = 64;

    /// <summary>Sizes of the hidden layers of a fully connected network, first to last.</summary>
    /// <value>The default is 40 and 40.</value>
    public IReadOnlyList<int> Hidden { get; init; } = [40, 40];
}
