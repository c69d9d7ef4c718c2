using System.Globalization;
using System.Text.Json.Nodes;
using FewShot.Compute.Execution;
using FewShot.Running;
using Spectre.Console;

namespace FewShot.Cli.Printing;

/// <summary>
/// Where the time of one task goes: by kind of operation, and the steps that cost most. Steps of the same kind, kernel and size count as
/// one.
/// </summary>
internal sealed class ProfileTable
{
    private const int DearestSteps = 15;
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(1);

    private readonly Row[] _kinds;
    private readonly Row[] _steps;
    private readonly double _seconds;

    public ProfileTable(MethodPlan plan, SimdProgram program)
    {
        IReadOnlyList<StepTime> steps = plan.Profile(program, s_duration);
        _seconds = steps.Sum(step => step.Seconds);
        _kinds = Group(steps, step => step.Kind);
        _steps = Group(steps, step => $"{step.Operation} by {step.Kernel}, {Format.Bytes(step.Bytes)}");
    }

    public JsonObject Json =>
        new()
        {
            ["seconds"] = _seconds,
            ["kinds"] = Array(_kinds),
            ["steps"] = Array(_steps[..Math.Min(DearestSteps, _steps.Length)]),
        };

    public void Show(string name, Output output)
    {
        output.Line(
            $"one task of {name} takes {Microseconds(_seconds)} us on one core, each step at its fastest of "
                + $"{s_duration.TotalSeconds:0} s of runs ({SimdProgram.VectorLevel}):"
        );
        Show("kind of operation", _kinds, output);
        Show("dearest steps", _steps[..Math.Min(DearestSteps, _steps.Length)], output);
    }

    private static Row[] Group(IReadOnlyList<StepTime> steps, Func<StepTime, string> key) =>
        [
            .. steps
                .GroupBy(key)
                .Select(group => new Row(
                    group.Key,
                    group.Count(),
                    group.Sum(step => step.Seconds),
                    group.Sum(step => step.MultiplyAdds),
                    group.Sum(step => step.Bytes)
                ))
                .OrderByDescending(row => row.Seconds),
        ];

    private static string Microseconds(double seconds) => (seconds * 1e6).ToString("#,0.0", CultureInfo.InvariantCulture);

    private void Show(string title, Row[] rows, Output output)
    {
        Table table = Format.Table([title, "steps", "us", "share", "GFLOP/s", "read and written", "GB/s"]);
        foreach (Row row in rows)
        {
            table.Row([
                row.Name,
                Format.Count(row.Steps),
                Microseconds(row.Seconds),
                Format.Percent(row.Seconds / Math.Max(_seconds, double.Epsilon)),
                row.MultiplyAdds > 0 ? row.Gflops.ToString("0.0", CultureInfo.InvariantCulture) : "",
                Format.Bytes(row.Bytes),
                (row.Bytes * 1e-9 / Math.Max(row.Seconds, double.Epsilon)).ToString("0.0", CultureInfo.InvariantCulture),
            ]);
        }

        output.Show(table);
    }

    private JsonArray Array(Row[] rows) =>
        [
            .. rows.Select(row => new JsonObject
            {
                ["name"] = row.Name,
                ["steps"] = row.Steps,
                ["seconds"] = row.Seconds,
                ["share"] = Format.Json(row.Seconds / _seconds),
                ["gflops"] = row.MultiplyAdds > 0 ? Format.Json(row.Gflops) : null,
                ["bytes"] = row.Bytes,
            }),
        ];

    private sealed record Row(string Name, int Steps, double Seconds, long MultiplyAdds, long Bytes)
    {
        public double Gflops => 2e-9 * MultiplyAdds / Seconds;
    }
}
