using System.Diagnostics;
using System.Runtime.InteropServices;
using FewShot.Compute.Kernels;

namespace FewShot.Compute.Execution.Parallel;

/// <summary>
/// One thread of a <see cref="StepThreadPool"/>. Between the steps of a run it waits by reading a word again and again, since the next step
/// is microseconds away; after a while it lets other threads have its core between two looks, and when no run has it, it sleeps. A share it
/// has not begun can be taken back: where its core is busy with something else, a run does not wait for it.
/// </summary>
internal sealed unsafe class StepThread
{
    private const int Looks = 2000;
    private static readonly TimeSpan s_patience = TimeSpan.FromMicroseconds(100);

    private readonly SemaphoreSlim _wake = new(0);
    private IShareRunner? _worker;
    private Exception? _failure;
    private Mail _mail;
    private int _place;
    private int _borrowed;
    private volatile bool _isAwake;

    public StepThread(int number) => new Thread(Live) { IsBackground = true, Name = $"step helper {number}" }.Start();

    /// <summary>Whether it looks for work, so that a share given to it begins at once.</summary>
    public bool IsAwake => _isAwake;

    /// <summary>Takes the helper for a run, if no other run has it, and wakes it.</summary>
    public bool TryBorrow(IShareRunner worker, int place)
    {
        if (Volatile.Read(ref _borrowed) != 0 || Interlocked.CompareExchange(ref _borrowed, 1, 0) != 0)
        {
            return false;
        }

        (_worker, _place, _failure) = (worker, place, null);

        // Either this sees that it sleeps, or it sees that it is borrowed before it sleeps: both write first and read then.
        Interlocked.MemoryBarrier();
        if (!_isAwake)
        {
            _wake.Release();
        }

        return true;
    }

    /// <summary>Gives it a share of a step of the run.</summary>
    public void Post(int step, Share share)
    {
        (_mail.Step, _mail.Share) = (step, share);
        Volatile.Write(ref _mail.Posted, _mail.Posted + 1);
    }

    /// <summary>Takes the share back if it has not begun it.</summary>
    public bool TryTakeBack()
    {
        if (!TryClaim(_mail.Posted))
        {
            return false;
        }

        Volatile.Write(ref _mail.Done, _mail.Posted);
        return true;
    }

    /// <summary>Waits until it has done what it was given; what failed there is thrown here.</summary>
    public void Join()
    {
        WaitUntilDone();
        if (_failure is { } failure)
        {
            _failure = null;
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Ends the borrowing.</summary>
    public void Release()
    {
        _ = TryTakeBack();
        WaitUntilDone();
        _worker = null;
        Volatile.Write(ref _borrowed, 0);
    }

    private static void Pause(ref int looks)
    {
        if (++looks < Looks)
        {
            Thread.SpinWait(1);
        }
        else
        {
            Thread.Yield();
        }
    }

    private void WaitUntilDone()
    {
        int looks = 0;
        while (Volatile.Read(ref _mail.Done) != _mail.Posted)
        {
            Pause(ref looks);
        }
    }

    private void Live()
    {
        int done = 0;
        _isAwake = true;
        while (true)
        {
            done = WaitForPost(done);
            if (!TryClaim(done))
            {
                continue;
            }

            try
            {
                _worker!.RunShare(_mail.Step, _place, _mail.Share);
            }
            catch (Exception exception)
            {
                _failure = exception;
            }

            Volatile.Write(ref _mail.Done, done);
        }
    }

    /// <summary>Makes a posted share the caller's, once: the helper's or, taken back, the leader's.</summary>
    private bool TryClaim(int posted) =>
        Volatile.Read(ref _mail.Claimed) == posted - 1 && Interlocked.CompareExchange(ref _mail.Claimed, posted, posted - 1) == posted - 1;

    private int WaitForPost(int done)
    {
        int looks = 0;
        long since = Stopwatch.GetTimestamp();
        int posted;
        while ((posted = Volatile.Read(ref _mail.Posted)) == done)
        {
            Pause(ref looks);
            if (Volatile.Read(ref _borrowed) != 0)
            {
                since = 0;
            }
            else if (since == 0)
            {
                since = Stopwatch.GetTimestamp();
            }
            else if (Stopwatch.GetElapsedTime(since) > s_patience)
            {
                Sleep();
                (looks, since) = (0, 0);
            }
        }

        return posted;
    }

    private void Sleep()
    {
        _isAwake = false;
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _borrowed) == 0)
        {
            _wake.Wait();
        }

        _isAwake = true;
    }

    /// <summary>What passes between two cores, each side's on lines of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 384)]
    private struct Mail
    {
        [FieldOffset(128)]
        public int Posted;

        [FieldOffset(132)]
        public int Step;

        [FieldOffset(136)]
        public Share Share;

        [FieldOffset(256)]
        public int Claimed;

        [FieldOffset(260)]
        public int Done;
    }
}
