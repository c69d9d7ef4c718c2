using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using FewShot.Checking;
using FewShot.Cli.Printing;
using FewShot.Cli.Settings;
using FewShot.Methods;
using Spectre.Console;

namespace FewShot.Cli.Commands;

/// <summary>Proves meta-gradients by differences, and the fast executor by the slow one.</summary>
internal static class CheckCommand
{
    public static Command Create(CommonOptions common, Output output, CancellationToken cancellation)
    {
        Option<string?> name = OptionFactory.Text("--method", "M", "The method to check. [default: every one]");
        var command = new Command(
            "check",
            "Check a method's meta-gradient against central differences through the whole inner loop, in double, and the SIMD executor "
                + "against the reference executor."
        )
        {
            name,
            common.Seed,
            common.Workers,
        };
        command.SetAction(parse =>
        {
            IReadOnlyList<Method> methods = parse.GetValue(name) is { } given ? [Catalogue.Create(given)] : Catalogue.All;
            ulong seed = parse.GetValue(common.Seed) ?? 1;
            var results = new (MethodCheckResult Gradient, ExecutorComparison Executors)[methods.Count];
            int done = 0;
            Parallel.For(
                0,
                methods.Count,
                new ParallelOptions { MaxDegreeOfParallelism = CommonOptions.WorkersOf(parse, common), CancellationToken = cancellation },
                i =>
                {
                    results[i] = (MethodCheck.Run(methods[i], seed), MethodCheck.CompareExecutors(methods[i], seed));
                    lock (output)
                    {
                        done++;
                        output.Status.Update(() => $"checked {done} of {methods.Count} methods");
                    }
                }
            );
            Print(results, output);
            bool passed = results.All(Passed);
            JsonObject[] json = [.. results.Select(result => Json(result.Gradient, result.Executors))];
            output.Result(
                parse.GetValue(name) is not null ? json[0] : new JsonObject { ["passed"] = passed, ["methods"] = new JsonArray([.. json]) }
            );
            return passed ? ExitCode.Ok : ExitCode.CheckFailed;
        });
        return command;
    }

    private static bool Passed((MethodCheckResult Gradient, ExecutorComparison Executors) result) =>
        result.Gradient.Passed && result.Executors.Passed;

    private static void Print(IReadOnlyList<(MethodCheckResult Gradient, ExecutorComparison Executors)> results, Output output)
    {
        Table table = Format.Table(
            "method",
            "order",
            "compared with",
            "error",
            "tolerance",
            "coordinates",
            "left out",
            "SIMD error",
            "result"
        );
        foreach ((MethodCheckResult gradient, ExecutorComparison executors) in results)
        {
            table.Row(
                gradient.Method,
                gradient.Order,
                gradient.Definition,
                Scientific(gradient.MaxRelativeError),
                Scientific(gradient.Tolerance),
                Format.Count(gradient.Coordinates),
                Format.Count(gradient.LeftOut),
                Scientific(executors.MaxRelativeError),
                Passed((gradient, executors)) ? "passed" : "FAILED"
            );
        }

        output.Show(table);
        foreach ((MethodCheckResult gradient, ExecutorComparison executors) in results.Where(result => !Passed(result)))
        {
            if (!gradient.Passed)
            {
                MethodCheckCase worst = gradient
                    .Cases.OrderByDescending(entry => double.IsNaN(entry.MaxRelativeError) ? double.MaxValue : entry.MaxRelativeError)
                    .First();
                output.Line($"{gradient.Method}: {worst.Name}: {worst.Worst}");
            }

            if (!executors.Passed)
            {
                output.Line(
                    $"{executors.Method}: SIMD differs from reference by {Scientific(executors.MaxRelativeError)} in {executors.Worst}"
                );
            }
        }
    }

    private static JsonObject Json(MethodCheckResult gradient, ExecutorComparison executors) =>
        new()
        {
            ["method"] = gradient.Method,
            ["order"] = gradient.Order,
            ["definition"] = gradient.Definition,
            ["maxRelativeError"] = Format.Json(gradient.MaxRelativeError),
            ["tolerance"] = gradient.Tolerance,
            ["coordinates"] = gradient.Coordinates,
            ["leftOut"] = gradient.LeftOut,
            ["simdMaxRelativeError"] = Format.Json(executors.MaxRelativeError),
            ["simdTolerance"] = executors.Tolerance,
            ["passed"] = gradient.Passed && executors.Passed,
        };

    private static string Scientific(double value) => value.ToString("0.0e+0", CultureInfo.InvariantCulture);
}
