namespace FewShot.Benchmarks;

/// <summary>The checkout that a benchmark, a study or a test runs from.</summary>
internal static class Repository
{
    /// <summary>The folder that holds the solution, above the program's own.</summary>
    public static string Root
    {
        get
        {
            string? folder = AppContext.BaseDirectory;
            while (folder is not null && !File.Exists(Path.Combine(folder, "FewShot.slnx")))
            {
                folder = Path.GetDirectoryName(folder);
            }

            return folder
                ?? throw new InvalidOperationException(
                    $"'{AppContext.BaseDirectory}' is not inside a checkout of the repository; build and run in one"
                );
        }
    }
}
