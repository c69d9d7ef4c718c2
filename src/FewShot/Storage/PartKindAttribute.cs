namespace FewShot.Storage;

/// <summary>Marks a class whose derived classes are parts that files name, see <see cref="PartRegistry"/>.</summary>
/// <param name="discriminator">The property that holds the name in a file.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
internal sealed class PartKindAttribute(string discriminator = "$part") : Attribute
{
    /// <summary>The property that holds the name in a file.</summary>
    public string Discriminator => discriminator;
}
