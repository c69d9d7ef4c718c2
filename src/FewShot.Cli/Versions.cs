using System.Reflection;

namespace FewShot.Cli;

/// <summary>Says which build this is.</summary>
internal static class Versions
{
    /// <summary>The version, with the commit where the build knows it.</summary>
    public static string FewShot { get; } =
        typeof(Learner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
