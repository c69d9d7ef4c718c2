using FewShot.Tasks;

namespace FewShot.Data;

/// <summary>Where data sets lie: the folder the user names, else the variable FEWSHOT_DATA, else the user's own data folder.</summary>
public static class DataFolder
{
    /// <summary>The environment variable that names the data folder.</summary>
    public const string Variable = "FEWSHOT_DATA";

    /// <summary>The folder in which data sets are looked for, whether it exists or not.</summary>
    /// <param name="root">The folder the user named, or null.</param>
    public static string Resolve(string? root)
    {
        if (!string.IsNullOrEmpty(root))
        {
            return Path.GetFullPath(root);
        }

        string? variable = Environment.GetEnvironmentVariable(Variable);
        return !string.IsNullOrEmpty(variable)
            ? Path.GetFullPath(variable)
            : Path.Combine(
                Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
                "fewshot"
            );
    }

    /// <summary>Where decoded copies are kept; anything in it may be deleted at any time.</summary>
    internal static string Cache()
    {
        string? variable = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (!string.IsNullOrEmpty(variable))
        {
            return Path.Combine(variable, "fewshot");
        }

        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        return OperatingSystem.IsWindows()
                ? Path.Combine(
                    Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
                    "fewshot",
                    "cache"
                )
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches", "fewshot")
            : Path.Combine(home, ".cache", "fewshot");
    }

    /// <summary>
    /// The first of some files or folders that exists, in the data set's own folder below the root or in the root itself.
    /// </summary>
    /// <returns>The path, or null.</returns>
    internal static string? Find(string root, string dataset, params ReadOnlySpan<string> candidates)
    {
        foreach (string folder in new[] { Path.Combine(root, dataset), root })
        {
            foreach (string candidate in candidates)
            {
                string path = Path.Combine(folder, candidate);
                if (Path.Exists(path))
                {
                    return path;
                }
            }
        }

        return null;
    }

    internal static DataException Missing(string root, string dataset, string what) =>
        new(
            $"No {what} in '{Path.Combine(root, dataset)}' or '{root}'; get it with 'fewshot data get {dataset}', or give the folder "
                + $"that has it as the root of the data or by {Variable}."
        );
}
