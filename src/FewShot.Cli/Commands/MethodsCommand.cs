using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FewShot.Cli.Printing;
using FewShot.Methods;
using FewShot.Methods.Adaptation;
using Spectre.Console;

namespace FewShot.Cli.Commands;

/// <summary>Lists the catalogue.</summary>
internal static partial class MethodsCommand
{
    public static Command Create(Output output)
    {
        var command = new Command("methods", "List the methods: how each adapts, and how its meta-gradient is computed.");
        command.SetAction(_ =>
        {
            Table table = Format.Table("method", "what it is", "adaptation", "meta-gradient", "task weighting", "paper");
            var json = new JsonArray();
            foreach (Method method in Catalogue.All)
            {
                table.Row(method.Name, method.Title, Adaptation(method), method.MetaGradient.Order, method.Weighting.Name, method.Paper);
                json.Add(
                    new JsonObject
                    {
                        ["method"] = method.Name,
                        ["title"] = method.Title,
                        ["adaptation"] = Adaptation(method),
                        ["innerSteps"] = method.Adaptation.Steps,
                        ["order"] = method.MetaGradient.Order,
                        ["weighting"] = method.Weighting.Name,
                        ["paper"] = method.Paper,
                    }
                );
            }

            output.Show(table);
            output.Line(
                "--inner-steps, --inner-rate, --rates, --pattern and --exact-steps change a row where it has inner steps, --solver, "
                    + "--damping and --warm-start an implicit meta-gradient; --weighting changes any."
            );
            output.Result(new JsonObject { ["methods"] = json });
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Adaptation(Method method) =>
        method.Adaptation is GradientDescent descent
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{descent.InnerSteps} gradient {(descent.InnerSteps == 1 ? "step" : "steps")} on "
                    + $"{Layers(descent.Pattern.ToString())}, rate {descent.Rate.Initial}{Scope(descent.Rate.Scope)}"
            )
            : Words().Replace(method.Adaptation.GetType().Name, " $0").TrimStart().ToLowerInvariant();

    private static string Layers(string pattern) =>
        pattern switch
        {
            "all" => "all layers",
            "head" => "the head",
            "body" => "all but the head",
            _ => $"pattern {pattern}",
        };

    private static string Scope(LearningRateScope scope) =>
        scope switch
        {
            LearningRateScope.Fixed => "",
            LearningRateScope.Scalar => ", learned",
            LearningRateScope.Layer => ", learned per layer",
            LearningRateScope.LayerAndStep => ", learned per layer and step",
            _ => ", learned per parameter",
        };

    // RidgeRegressionHead is a ridge regression head: the parts have speaking names.
    [GeneratedRegex("[A-Z][a-z]+")]
    private static partial Regex Words();
}
