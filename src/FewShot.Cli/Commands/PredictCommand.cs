using System.CommandLine;
using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using FewShot.Cli.Printing;
using FewShot.Cli.Settings;
using FewShot.Data;
using FewShot.Tasks;
using Spectre.Console;

namespace FewShot.Cli.Commands;

/// <summary>Answers for a user's own files with an adapted model.</summary>
internal static class PredictCommand
{
    // More columns than this do not fit a terminal; the rest is in the JSON.
    private const int ShownClasses = 8;

    public static Command Create(CommonOptions common, Output output)
    {
        Option<string?> model = OptionFactory.Text("--model", "FILE", "The file that 'fewshot adapt' wrote.");
        var files = new Argument<string[]>("FILES")
        {
            Description = "Images, folders of images, or one table (CSV), as the model was adapted to.",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("predict", "Classify your own images or rows with an adapted model.") { model, common.Run, files };
        command.SetAction(parse =>
        {
            string file = CommonOptions.Required(parse, model);
            using AdaptedModel adapted = parse.GetValue(common.Run) is { } run
                ? AdaptedModel.Load(file, TrainedRun.Load(run))
                : AdaptedModel.Load(file);
            (string[] names, float[] inputs) = Read(adapted, parse.GetValue(files)!);
            float[] answers = Answer(adapted, names, inputs);
            JsonObject how = HowAnswered(adapted, names.Length, output);
            if (adapted.Definition.Kind == TaskKind.Classification)
            {
                PrintClasses(adapted, names, answers, how, output);
            }
            else
            {
                PrintValues(adapted, names, answers, how, output);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    private static (string[] Names, float[] Inputs) Read(AdaptedModel adapted, string[] paths)
    {
        switch (adapted.Definition.Preparation)
        {
            case ImagePreparation images:
                string[] files = [.. paths.SelectMany(path => Directory.Exists(path) ? ImagePreparation.FilesOf(path) : [path])];
                return (files, images.Read(files));
            case TablePreparation table:
                TableExamples rows =
                    paths.Length == 1
                        ? table.Read(paths[0], targets: null)
                        : throw new ArgumentException("this model predicts rows of a table: name one CSV file");
                return ([.. rows.Lines.Select(line => $"{paths[0]}:{line}")], rows.Inputs);
            default:
                throw new ArgumentException(
                    "this model does not say how files become its inputs; adapt it again with this version, or use the library with "
                        + "prepared numbers"
                );
        }
    }

    private static float[] Answer(AdaptedModel adapted, string[] names, float[] inputs)
    {
        try
        {
            return adapted.Predict(inputs);
        }
        catch (QueryException error)
        {
            throw new DataException($"{string.Join(", ", error.Rows.Select(row => $"'{names[row]}'"))}: {error.Fault}", error);
        }
    }

    /// <summary>Says by which statistics the queries were answered, and what is to be known of that.</summary>
    private static JsonObject HowAnswered(AdaptedModel adapted, int queries, Output output)
    {
        string? caution = adapted.WarningFor(queries) is { } text ? $"{text} (fewshot adapt --norm-statistics support)" : null;
        if (caution is not null)
        {
            output.Note($"note: {caution}");
        }

        if (Format.Normalization(adapted.Definition) is { } statistics)
        {
            output.Line($"{queries} {(queries == 1 ? "query" : "queries")}, {statistics}");
        }

        return new JsonObject { ["normStatistics"] = Format.Name(adapted.Definition.NormStatistics), ["caution"] = caution };
    }

    private static void PrintClasses(AdaptedModel adapted, string[] names, float[] probabilities, JsonObject json, Output output)
    {
        IReadOnlyList<string> classes =
            adapted.ClassNames ?? [.. Enumerable.Range(0, adapted.Ways).Select(label => label.ToString(CultureInfo.InvariantCulture))];
        Table table = Format.Table(["file", "label", .. classes.Take(ShownClasses)]);
        var predictions = new JsonArray();
        for (int i = 0; i < names.Length; i++)
        {
            float[] row = probabilities[(i * classes.Count)..((i + 1) * classes.Count)];
            int label = TensorPrimitives.IndexOfMax<float>(row);
            table.Row([names[i], classes[label], .. row.Take(ShownClasses).Select(p => Format.Percent(p))]);
            predictions.Add(
                new JsonObject
                {
                    ["file"] = names[i],
                    ["label"] = classes[label],
                    ["probability"] = row[label],
                    ["probabilities"] = new JsonObject(
                        classes.Select((name, c) => KeyValuePair.Create(name, (JsonNode?)JsonValue.Create(row[c])))
                    ),
                }
            );
        }

        output.Show(table);
        if (classes.Count > ShownClasses)
        {
            output.Line($"{classes.Count - ShownClasses} more classes are not shown; --json has all.");
        }

        json["predictions"] = predictions;
        output.Result(json);
    }

    private static void PrintValues(AdaptedModel adapted, string[] names, float[] values, JsonObject json, Output output)
    {
        var preparation = (TablePreparation)adapted.Definition.Preparation!;
        Table table = Format.Table("row", preparation.Target);
        var predictions = new JsonArray();
        for (int i = 0; i < names.Length; i++)
        {
            double value = preparation.Restore(values[i]);
            table.Row(names[i], Format.Number(value));
            predictions.Add(new JsonObject { ["row"] = names[i], ["value"] = Format.Json(value) });
        }

        output.Show(table);
        json["target"] = preparation.Target;
        json["predictions"] = predictions;
        output.Result(json);
    }
}
