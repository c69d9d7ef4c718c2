using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using FewShot.Adaptation;
using FewShot.Methods;
using Spectre.Console;

namespace FewShot.Cli.Commands;

/// <summary>Lists the catalogue.</summary>
internal static class MethodsCommand
{
    public static Command Create(Output output)
    {
        var command = new Command("methods", "List the methods: how each adapts, and how its meta-gradient is computed.");
        command.SetAction(_ =>
        {
            Table table = Texts.Table("method", "what it is", "adaptation", "meta-gradient", "paper");
            var json = new JsonArray();
            foreach (Method method in Catalogue.All)
            {
                table.Row(method.Name, method.Title, Adaptation(method), method.MetaGradient.Order, method.Paper);
                json.Add(new JsonObject
                {
                    ["method"] = method.Name,
                    ["title"] = method.Title,
                    ["adaptation"] = Adaptation(method),
                    ["innerSteps"] = method.Adaptation.Steps,
                    ["order"] = method.MetaGradient.Order,
                    ["weighting"] = method.Weighting.Name,
                    ["paper"] = method.Paper,
                });
            }

            output.Show(table);
            output.Line("Any row can be changed by --inner-steps, --inner-rate, --pattern and --exact-steps where it has inner steps.");
            output.Result(new JsonObject { ["methods"] = json });
            return ExitCode.Ok;
        });
        return command;
    }

    private static string Adaptation(Method method) => method.Adaptation switch
    {
        GradientDescent descent => string.Create(
            CultureInfo.InvariantCulture,
            $"{descent.InnerSteps} gradient {(descent.InnerSteps == 1 ? "step" : "steps")} on {Layers(descent.Pattern.ToString())}, rate {descent.Rate.Initial}{Scope(descent.Rate.Scope)}"),
        RidgeRegressionHead => "ridge regression head, closed form",
        Prototypes { Similarity: PrototypeSimilarity.Cosine } => "class means, cosine",
        Prototypes => "class means, squared distance",
        _ => method.Adaptation.GetType().Name,
    };

    private static string Layers(string pattern) => pattern switch { "all" => "all layers", "head" => "the head", "body" => "all but the head", _ => $"pattern {pattern}" };

    private static string Scope(LearningRateScope scope) => scope switch
    {
        LearningRateScope.Fixed => "",
        LearningRateScope.Scalar => ", learned",
        LearningRateScope.Layer => ", learned per layer",
        LearningRateScope.LayerAndStep => ", learned per layer and step",
        _ => ", learned per parameter",
    };
}
