namespace FewShot.Data;

/// <summary>How the classes of images, or the groups of a table, are divided into splits where the user did not.</summary>
public enum ClassDivision
{
    /// <summary>
    /// Each class or group is divided by itself: the first 8 bytes of the SHA-256 of its name in UTF-8 (canonically decomposed), as a
    /// fraction of 2⁶⁴, give test below 0.20, validation below 0.36, and training above. A name keeps its split for ever, whatever is added
    /// or removed; splits have those shares on average only.
    /// </summary>
    ByHash,

    /// <summary>
    /// Classes or groups are divided by rank among all names, exactly 64 / 16 / 20: adding one can move others. Kept for runs that were
    /// trained under it.
    /// </summary>
    ByRank,
}
