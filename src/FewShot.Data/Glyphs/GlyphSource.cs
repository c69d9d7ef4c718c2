using FewShot.Data.Sources;

namespace FewShot.Data.Glyphs;

/// <summary>The source 'glyphs'.</summary>
internal sealed class GlyphSource : TaskSourceDescriptor
{
    public override string Name => "glyphs";

    public override string Summary => "invented handwriting, built in (the default)";

    public override SourceData Open(string? root, SourceSettings settings) => new(GlyphClasses.Dataset());
}
