namespace FewShot.Tests;

/// <summary>The checkout the tests were built in.</summary>
internal static class RepositoryRoot
{
    /// <summary>The folder that holds the solution, above the tests' own.</summary>
    public static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "FewShot.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("the tests do not run inside the repository");
        }

        return folder.FullName;
    }
}
