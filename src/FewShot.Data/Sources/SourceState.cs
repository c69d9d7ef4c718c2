namespace FewShot.Data.Sources;

/// <summary>Whether the data of a source are there.</summary>
/// <param name="Text">A few words that say that the data are there, or what to do to have them.</param>
/// <param name="IsReady">Whether tasks can be drawn without doing anything before.</param>
public sealed record SourceState(string Text, bool IsReady);
