using System.Numerics.Tensors;
using FewShot.Methods.Weighting;

namespace FewShot.Running;

/// <summary>
/// The weighted sum of the tasks' gradients, in task order whichever thread finishes first. Where weights are known before the tasks have
/// run, a few gradients are held at a time, so that memory does not grow with the batch; else all.
/// </summary>
internal sealed class GradientSum
{
    private readonly TaskWeighting _weighting;
    private readonly float[] _sum;
    private readonly float[] _weights;
    private readonly float[] _slots;
    private readonly int[] _filled;
    private readonly Lock _gate = new();
    private volatile int _added;
    private volatile bool _broken;

    public GradientSum(TaskWeighting weighting, float[] sum, float[] weights, int workers)
    {
        (_weighting, _sum, _weights) = (weighting, sum, weights);

        // Twice as many as workers, so that one that is held up does not hold up the others at once.
        int slots = weighting.IsKnownBefore ? Math.Min(weights.Length, 2 * workers) : weights.Length;
        _slots = new float[(long)slots * sum.Length];
        _filled = new int[slots];
    }

    /// <summary>Forgets the batch before.</summary>
    public void Begin()
    {
        (_added, _broken) = (0, false);
        Array.Clear(_sum);
        Array.Clear(_filled);
        if (_weighting.IsKnownBefore)
        {
            _weighting.Weigh([], [], _weights);
        }
    }

    /// <summary>Where a task's gradient goes; waits while all places are taken by earlier tasks.</summary>
    public Span<float> Place(int task)
    {
        var spin = new SpinWait();
        while (task - _added >= _filled.Length && !_broken)
        {
            spin.SpinOnce();
        }

        return _slots.AsSpan(task % _filled.Length * _sum.Length, _sum.Length);
    }

    /// <summary>Says that the task's gradient is in its place.</summary>
    public void Filled(int task)
    {
        lock (_gate)
        {
            _filled[task % _filled.Length] = task + 1;
            if (_weighting.IsKnownBefore)
            {
                AddReady();
            }
        }
    }

    /// <summary>Says that a task will give no gradient: no one is to wait for it.</summary>
    public void Break() => _broken = true;

    /// <summary>Adds the gradients that are not added yet.</summary>
    public void End(ReadOnlySpan<float> losses)
    {
        if (!_weighting.IsKnownBefore)
        {
            _weighting.Weigh(_slots, losses, _weights);
            AddReady();
        }
    }

    private void AddReady()
    {
        while (_added < _weights.Length && _filled[_added % _filled.Length] == _added + 1)
        {
            TensorPrimitives.MultiplyAdd(_slots.AsSpan(_added % _filled.Length * _sum.Length, _sum.Length), _weights[_added], _sum, _sum);
            _added++;
        }
    }
}
