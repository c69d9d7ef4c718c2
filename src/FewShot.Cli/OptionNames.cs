namespace FewShot.Cli;

/// <summary>The library names properties in its messages; who typed a command line reads the options that set them.</summary>
internal static class OptionNames
{
    private static readonly (string Property, string Option)[] s_names =
    [
        ("TableOptions.Kind is Classification", "--kind classification"),
        ("TableOptions.Features", "--features"),
        ("TableOptions.SkipSmallGroups", "--skip-small-groups"),
        ("TableFormat.DecimalMark is ','", "--decimal comma"),
        ("TableFormat.DecimalMark is '.'", "--decimal point"),
        ("TableFormat.Encoding", "--encoding"),
    ];

    /// <summary>A message of the library with the options in place of the properties.</summary>
    public static string Translate(string message) =>
        s_names.Aggregate(message, (text, name) => text.Replace(name.Property, name.Option, StringComparison.Ordinal));
}
