using System.Globalization;

namespace FewShot.Benchmarks;

/// <summary>What the command line asks for.</summary>
internal sealed record Options
{
    public const string Help = """
        usage: ./benchmark [OPTION...] [WORKLOAD|GROUP...]

        Times FewShot and PyTorch side by side. The two take turns within one run, with a probe of the processor's
        multiply-add peak before and after each turn, and medians over the turns are shown. A ratio above 1 means that
        FewShot is faster; it is shown with an interval, and not at all where that interval is too wide to mean anything.
        Peers are the scripts in benchmarks/peers; Debian's python3-torch is installed for them where that is possible.

        Without names everything is measured, which takes about an hour; with --quick only the four core workloads.

          --quick            each row for some seconds only, and beside it only the fastest peer known
          --no-peers         FewShot alone
          --repetitions N    N turns for each side of a row, whatever time they take
          --workers N        threads of FewShot [default: one a core]
          --pattern PATTERN  the pattern of the rows adapt-...-pattern: what `fewshot patterns` chose [default: head]
          --json             one JSON object on standard output: {machine, rows: [{workload, fewshotSeconds,
                             peers: {name: seconds}, ratioToBestPeer, gflops, fractionOfPeak, arenaPeakBytes, ...}]}
          --save             also write benchmarks/results/DATE-MACHINE.json and .md; rows of a workload that are there
                             already are replaced, others stay
          --shares           what two threads gain in one adaptation, at best and by the clock, by kind of step
          --list             the workloads by group, with their peers
          --help             this text

        Leave the machine alone meanwhile: where another program takes a core, the probe falls and the intervals widen.
        """;

    public bool Quick { get; private init; }

    public bool Json { get; private init; }

    public bool Save { get; private init; }

    public bool List { get; private init; }

    public bool Shares { get; private init; }

    public bool ShowHelp { get; private init; }

    public bool WithPeers { get; private init; } = true;

    public int? Repetitions { get; private init; }

    public int Workers { get; private init; } = Environment.ProcessorCount;

    public string Pattern { get; private init; } = "head";

    /// <summary>Names of workloads and groups; empty for the default choice.</summary>
    public IReadOnlyList<string> Names { get; private init; } = [];

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">An option is unknown or its value is no value.</exception>
    public static Options Parse(IReadOnlyList<string> arguments)
    {
        var options = new Options();
        for (int i = 0; i < arguments.Count; i++)
        {
            string Value() => ++i < arguments.Count ? arguments[i] : throw new ArgumentException($"{arguments[i - 1]} needs a value");
            int Whole()
            {
                string name = arguments[i];
                string text = Value();
                return int.TryParse(text, CultureInfo.InvariantCulture, out int value) && value > 0
                    ? value
                    : throw new ArgumentException($"{name} needs a whole number of at least 1, not '{text}'");
            }

            options = arguments[i] switch
            {
                "--quick" => options with { Quick = true },
                "--json" => options with { Json = true },
                "--save" => options with { Save = true },
                "--list" => options with { List = true },
                "--shares" => options with { Shares = true },
                "--help" or "-h" => options with { ShowHelp = true },
                "--no-peers" => options with { WithPeers = false },
                "--repetitions" => options with { Repetitions = Whole() },
                "--workers" => options with { Workers = Whole() },
                "--pattern" => options with { Pattern = Value() },
                ['-', ..] => throw new ArgumentException($"unknown option '{arguments[i]}'; see ./benchmark --help"),
                _ => options with { Names = [.. options.Names, arguments[i]] },
            };
        }

        return options;
    }
}
