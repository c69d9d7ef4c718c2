using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using FewShot.Benchmarks;
using FewShot.Methods;
using FewShot.Storage;
using Xunit;

namespace FewShot.Tests.Oracles;

/// <summary>All cases, given to one process of oracles.py; its results, and the table of what the product is off by.</summary>
public sealed class OracleBatch : IAsyncLifetime
{
    private readonly IReadOnlyList<LearnerCase> _learners = LearnerCases.All();
    private readonly Dictionary<string, (int Cases, LearnerErrors Largest)> _table = [];
    private readonly OracleCase[] _cases;
    private readonly Lazy<Task<(SafetensorsFile Tensors, JsonNode Report)>> _results;

    public OracleBatch()
    {
        _cases = [.. _learners, .. Updates, .. Weightings];
        _results = new(Compute);
    }

    internal IReadOnlyList<OuterUpdateCase> Updates { get; } = OuterUpdateCase.All();

    internal IReadOnlyList<WeightingCase> Weightings { get; } = WeightingCase.All();

    internal IEnumerable<LearnerCase> Of(string row) => _learners.Where(learner => learner.Row == row);

    /// <summary>The rows that have an oracle.</summary>
    internal async Task<IReadOnlyList<string>> Rows() =>
        [.. (await _results.Value).Report["rows"]!.AsArray().Select(row => row!.GetValue<string>())];

    /// <summary>What the oracle gave for a case, by name; fails the test where it could not.</summary>
    internal async Task<Func<string, double[]>> Oracle(OracleCase @case)
    {
        (SafetensorsFile tensors, JsonNode report) = await _results.Value;
        int index = Array.IndexOf(_cases, @case);
        JsonNode? error = report["errors"]![index.ToString(CultureInfo.InvariantCulture)];
        Assert.True(error is null, $"{@case.Name}: {error}");
        return name => tensors[$"{index}/{name}"].Float64;
    }

    internal void Enter(string row, IReadOnlyList<LearnerErrors> errors)
    {
        lock (_table)
        {
            _table[row] = (
                errors.Count,
                new LearnerErrors(errors.Max(each => each.Gradient), errors.Max(each => each.Training), errors.Max(each => each.Use))
            );
        }
    }

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Prints the table of the rows that were compared.</summary>
    public ValueTask DisposeAsync()
    {
        if (_table.Count > 0)
        {
            var text = new StringBuilder();
            text.AppendLine("largest differences from independent oracles in PyTorch");
            text.AppendLine($"{"row", -18}{"cases", 6}{"meta-gradient", 15}{"loss, answers", 15}{"adapt, predict", 16}");
            foreach (string row in Catalogue.Names.Where(_table.ContainsKey))
            {
                (int cases, LearnerErrors largest) = _table[row];
                text.AppendLine(
                    CultureInfo.InvariantCulture,
                    $"{row, -18}{cases, 6}{largest.Gradient, 15:0.0E+0}{largest.Training, 15:0.0E+0}{largest.Use, 16:0.0E+0}"
                );
            }

            Console.Out.Write(text);
        }

        return ValueTask.CompletedTask;
    }

    private async Task<(SafetensorsFile Tensors, JsonNode Report)> Compute()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("fewshot-oracles");
        try
        {
            var descriptions = new JsonArray([.. _cases.Select(each => each.ToJson())]);
            File.WriteAllText(Path.Combine(folder.FullName, "cases.json"), descriptions.ToJsonString());
            Safetensors.Write(
                Path.Combine(folder.FullName, "cases.safetensors"),
                _cases.SelectMany((each, index) => each.Given().Select(tensor => tensor.Renamed($"{index}/{tensor.Name}")))
            );
            string script = Path.Combine(Repository.Root, "tests", "FewShot.Tests", "Oracles", "oracles.py");
            (int exitCode, string errors) = await PyTorch.Start(script, folder.FullName);
            Assert.True(exitCode == 0, errors);
            return (
                Safetensors.Read(Path.Combine(folder.FullName, "results.safetensors")),
                JsonNode.Parse(File.ReadAllText(Path.Combine(folder.FullName, "results.json")))!
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
