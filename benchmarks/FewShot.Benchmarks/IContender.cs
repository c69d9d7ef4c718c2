namespace FewShot.Benchmarks;

/// <summary>One side of a row, prepared once and then run again and again.</summary>
internal interface IContender : IDisposable
{
    string Name { get; }

    /// <summary>What is known of it after it has run.</summary>
    Facts Facts { get; }

    /// <summary>Runs the work so often and gives the seconds of each time.</summary>
    double[] Run(int count);
}

/// <summary>What is known of a contender besides its time; 0 or null for what is not.</summary>
/// <param name="Cores">Threads that work.</param>
/// <param name="MultiplyAdds">Of a repetition, by the definitions of its operations.</param>
/// <param name="ArenaPeakBytes">Of one worker.</param>
/// <param name="ProcessPeakBytes">Of its whole process, if it has one of its own.</param>
/// <param name="BusyShare">The part of the time of all calls in which the threads were busy with tasks.</param>
internal sealed record Facts(
    int Cores = 1,
    long MultiplyAdds = 0,
    long ArenaPeakBytes = 0,
    long ProcessPeakBytes = 0,
    double? BusyShare = null
);
