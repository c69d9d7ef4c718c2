using FewShot.Benchmarks;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Tests.Launching;

/// <summary>
/// The packages are made, and a project outside the repository that has nothing but a PackageReference trains parts of its own with them,
/// saves the learner, and loads it in another process.
/// </summary>
public sealed class PackagesTests
{
    [Fact]
    public void A_project_outside_the_repository_trains_and_uses_a_learner_from_packages_alone()
    {
        using var folder = new TemporaryFolder();
        foreach (string library in new[] { "FewShot.Compute", "FewShot" })
        {
            (int packed, string said) = Dotnet.Run(
                Repository.Root,
                ["pack", Path.Combine("src", library), "-c", "Release", "--no-build", "-o", folder["packages"], "-v", "quiet", "-nologo"]
            );
            Assert.True(packed == 0, said);
        }

        Directory.CreateDirectory(folder["project"]);
        foreach (string source in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "OwnParts"), "*.cs"))
        {
            File.Copy(source, Path.Combine(folder["project"], Path.GetFileName(source)));
        }

        // Packages restored into a folder of its own: one of an earlier build with the same version is never taken for this one.
        File.WriteAllText(
            folder["project/outside.csproj"],
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <RestoreAdditionalProjectSources>{folder["packages"]}</RestoreAdditionalProjectSources>
                <RestorePackagesPath>{folder["restored"]}</RestorePackagesPath>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="FewShot" Version="*-*" />
              </ItemGroup>
            </Project>
            """
        );
        (int status, string output) = Dotnet.Run(
            folder["project"],
            ["build", "-c", "Release", "-v", "quiet", "-nologo", "-nodeReuse:false"]
        );
        if (status != 0 && output.Contains("NU1301", StringComparison.Ordinal))
        {
            Assert.Skip("restoring a project outside the repository needs the package feed, which cannot be reached");
        }

        Assert.True(status == 0, output);
        string program = folder["project/bin/Release/net10.0/outside.dll"];
        (status, output) = Dotnet.Run(folder["project"], [program, "train", folder["learner"]]);
        Assert.True(status == 0, output);
        string[] trained = output.Split('\n');
        (status, output) = Dotnet.Run(folder["project"], [program, "use", folder["learner"]]);
        Assert.True(status == 0, output);
        Assert.Equal(trained[4..], output.Split('\n'));
        Assert.Equal(1, Dotnet.Run(folder["project"], [program, "forget", folder["learner"]]).Status);
    }
}
