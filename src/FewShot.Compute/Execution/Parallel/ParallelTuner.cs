namespace FewShot.Compute.Execution.Parallel;

/// <summary>
/// Whether a worker's next run shares its steps, learnt from how long its earlier runs took. What a second core gains depends on how far
/// apart two cores' caches are and on what else they do, which only trying tells: the first runs take turns, then the faster way is taken
/// and the other tried again now and then. Both ways compute the same bits. Not thread-safe: one for each worker.
/// </summary>
internal sealed class ParallelTuner
{
    private const int FirstTurns = 6;

    // Every so many runs, two go the other way: the first wakes the helpers.
    private const int Period = 100;
    private const int Trial = 2;

    private const double Inertia = 0.8;
    private const double WorthChanging = 0.95;

    private double _shared = double.PositiveInfinity;
    private double _alone = double.PositiveInfinity;
    private long _runs;
    private bool _shares;

    /// <summary>Whether the run that begins now shall share.</summary>
    public bool Next() =>
        _runs < FirstTurns ? _runs % 2 == 0
        : _runs % Period < Trial ? !_shares
        : _shares;

    /// <summary>Learns what a run took, in any unit.</summary>
    public void Took(bool shared, double time)
    {
        ref double known = ref (shared ? ref _shared : ref _alone);
        known =
            _runs < FirstTurns ? Math.Min(known, time)
            : shared == _shares ? (Inertia * known) + ((1 - Inertia) * time)
            : time;
        if (++_runs == FirstTurns)
        {
            _shares = _shared < _alone;
        }
        else if (_runs > FirstTurns && (_shares ? _alone < WorthChanging * _shared : _shared < WorthChanging * _alone))
        {
            _shares = !_shares;
        }
    }
}
