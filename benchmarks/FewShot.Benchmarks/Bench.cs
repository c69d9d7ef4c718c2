using System.Text.Json.Nodes;
using FewShot.Tasks;

namespace FewShot.Benchmarks;

/// <summary>Measures one row after another.</summary>
internal sealed class Bench(Options options, bool withPeers)
{
    private readonly Dictionary<string, double> _seconds = [];

    private Effort Effort =>
        options.Repetitions is { } rounds ? new Effort(0, rounds, rounds)
        : options.Quick ? new Effort(Seconds: 10, LeastRounds: 3, MostRounds: 25)
        : new Effort(Seconds: 40, LeastRounds: 5, MostRounds: 61);

    /// <summary>
    /// Prepares all sides, lets them take turns, and gives the row; null with a message where FewShot's side cannot run here.
    /// </summary>
    public JsonObject? Measure(Workload workload)
    {
        var contenders = new List<IContender>();
        try
        {
            contenders.Add(workload.Ours(options));
            contenders.AddRange(Others(workload));
            (IReadOnlyList<Timings> timings, IReadOnlyList<double> probes) = Interleaved.Run(contenders, Effort);
            var row = new Row(
                workload,
                timings[0],
                contenders[0].Facts,
                [.. timings.Zip(contenders, (times, contender) => (times, contender.Facts)).Skip(1)],
                probes
            );
            _seconds[workload.Name] = row.Seconds;
            JsonObject json = row.ToJson();
            if (workload.InnerSteps > 1 && _seconds.TryGetValue(workload.OneStep, out double one))
            {
                json["secondsPerStep"] = (row.Seconds - one) / (workload.InnerSteps - 1);
            }

            return json;
        }
        catch (DataException error)
        {
            Console.Error.WriteLine($"{workload.Name} is left out: {error.Message}");
            return null;
        }
        finally
        {
            contenders.ForEach(contender => contender.Dispose());
        }
    }

    private IEnumerable<IContender> Others(Workload workload)
    {
        if (workload.Reference is { } reference && (withPeers || !workload.ReferenceIsPeer))
        {
            yield return reference();
        }

        foreach (Peer peer in workload.Peers.Where(peer => withPeers && (peer.Quick || !options.Quick)))
        {
            IContender contender;
            try
            {
                contender = ProcessContender.OfPeer(peer, workload.PeerName);
            }
            catch (InvalidOperationException error)
            {
                Console.Error.WriteLine($"a peer is left out: {error.Message}");
                continue;
            }

            yield return contender;
        }
    }
}
