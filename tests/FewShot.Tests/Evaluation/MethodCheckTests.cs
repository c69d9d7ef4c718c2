using FewShot.Adaptation;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Evaluation;
using FewShot.MetaGradients;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Tasks;
using Xunit;

namespace FewShot.Tests.Evaluation;

public class MethodCheckTests(ITestOutputHelper output)
{
    public static TheoryData<string> Rows => [.. Catalogue.Names];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Every_row_of_the_catalogue_passes(string name)
    {
        MethodCheckResult result = MethodCheck.Run(Catalogue.Create(name));
        foreach (MethodCheckCase entry in result.Cases)
        {
            output.WriteLine($"{entry.Name}: {entry.MaxRelativeError:E1} ({entry.Coordinates} compared, {entry.LeftOut} left out) {entry.Worst}");
        }

        Assert.True(result.Passed);
        Assert.True(result.MaxRelativeError <= 1e-6);
        Assert.True(result.Coordinates >= 100);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Executors_agree_on_every_row(string name)
    {
        ExecutorComparison result = MethodCheck.CompareExecutors(Catalogue.Create(name));
        output.WriteLine(result.ToString());
        Assert.True(result.Passed, result.ToString());
    }
}
