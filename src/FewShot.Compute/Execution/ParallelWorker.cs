using System.Diagnostics;
using System.Runtime.InteropServices;
using FewShot.Compute.Execution.Parallel;
using FewShot.Compute.Execution.Steps;
using FewShot.Compute.Kernels;
using FewShot.Compute.Planning;

namespace FewShot.Compute.Execution;

/// <summary>
/// Runs a program on the caller's thread, which leads, and shares the larger steps with helpers: it gives each a share, does one itself,
/// then those that no helper has begun, and waits for the rest. Small steps it runs alone. Shares are stretches of rows or images wherever
/// a step allows, so that a core finds in its cache what it wrote a step ago; for the same reason each thread has scratch memory of its own
/// rather than that in the arena, which other steps fill from both cores.
/// </summary>
internal unsafe class ParallelWorker : SimdWorker, IShareRunner
{
    private readonly StepThreadPool _team;
    private readonly StepThread[] _helpers;
    private readonly int[] _shares;
    private readonly byte* _privateScratch;
    private readonly long _scratchBytes;
    private readonly ParallelTuner? _choice;

    /// <summary>Prepares to run a program with helpers.</summary>
    /// <param name="program">The program that it runs.</param>
    /// <param name="team">The helpers it may borrow.</param>
    /// <param name="threads">The most threads of a run.</param>
    /// <param name="choice">What decides for each run; without it every run shares where helpers are free.</param>
    public ParallelWorker(SimdProgram program, StepThreadPool team, int threads, ParallelTuner? choice = null)
        : base(program)
    {
        _team = team;
        _choice = choice;
        _helpers = new StepThread[threads - 1];
        _shares = [.. program.Kernels.Select(kernel => kernel.Shares)];
        long most = program.Kernels.Where(kernel => kernel.Shares > 1).Max(kernel => kernel.ScratchBytes - kernel.SharedBytes);
        _scratchBytes = (most + ArenaPlan.Alignment - 1) / ArenaPlan.Alignment * ArenaPlan.Alignment;
        _privateScratch = (byte*)
            NativeMemory.AlignedAlloc((nuint)Math.Max(ArenaPlan.Alignment, _scratchBytes * threads), ArenaPlan.Alignment);
    }

    /// <summary>Steps of all runs that were shared.</summary>
    public long SharedSteps { get; private set; }

    /// <summary>Shares of all runs that the helper had not begun when the leader was done with its own.</summary>
    public long TakenBack { get; private set; }

    public override void Run()
    {
        ThrowIfDisposed();
        long start = Stopwatch.GetTimestamp();
        bool shares = _choice is null || _choice.Next();
        int borrowed = shares ? _team.Borrow(this, _helpers) : 0;
        if (borrowed == 0)
        {
            base.Run();
        }
        else
        {
            Run(borrowed);
        }

        _choice?.Took(shares, Stopwatch.GetTimestamp() - start);
    }

    private void Run(int borrowed)
    {
        try
        {
            int awake = 0;
            for (int step = 0; step < _shares.Length; step++)
            {
                while (awake < borrowed && _helpers[awake].IsAwake)
                {
                    awake++;
                }

                Run(step, Math.Min(_shares[step], awake + 1));
            }
        }
        finally
        {
            for (int i = 0; i < borrowed; i++)
            {
                _helpers[i].Release();
            }
        }
    }

    /// <summary>Runs a share on a helper's thread.</summary>
    public void RunShare(int step, int helper, Share share) =>
        Kernel(step).Run(Buffers(step), Scratch(step), _privateScratch + ((helper + 1) * _scratchBytes), share);

    /// <summary>Runs a step by so many threads.</summary>
    protected virtual void Run(int step, int shares)
    {
        if (shares == 1)
        {
            RunStep(step);
            return;
        }

        StepKernel kernel = Kernel(step);
        byte* shared = Scratch(step);
        kernel.Begin(Buffers(step), shared);
        for (int i = 1; i < shares; i++)
        {
            _helpers[i - 1].Post(step, new Share(i, i + 1, shares));
        }

        kernel.Run(Buffers(step), shared, _privateScratch, new Share(0, 1, shares));
        for (int i = 1; i < shares; i++)
        {
            if (_helpers[i - 1].TryTakeBack())
            {
                TakenBack++;
                kernel.Run(Buffers(step), shared, _privateScratch, new Share(i, i + 1, shares));
            }
        }

        for (int i = 1; i < shares; i++)
        {
            _helpers[i - 1].Join();
        }

        kernel.End(Buffers(step), shared);
        SharedSteps++;
    }

    protected override void Free()
    {
        base.Free();
        NativeMemory.AlignedFree(_privateScratch);
    }
}
