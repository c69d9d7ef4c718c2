using FewShot.Compute.Graphs;

namespace FewShot.Compute.Planning;

/// <summary>
/// Proves that a plan is sound: every value is stored before it is read or waited for, inputs, constants and outputs keep theirs until the
/// end, and no two buffers that live at the same time overlap.
/// </summary>
internal static class PlanValidator
{
    /// <summary>The first fault found, or null.</summary>
    public static string? FindFault(ArenaPlan plan)
    {
        for (int i = 0; i < plan.Steps.Count; i++)
        {
            foreach (Tensor input in plan.Steps[i].Inputs)
            {
                if (!plan.Slots.TryGetValue(input, out ArenaPlan.Slot slot) || slot.From >= i || slot.Until < i)
                {
                    return $"step {i} reads {input}, which is not stored then";
                }
            }

            foreach (Tensor awaited in plan.Steps[i].Waits)
            {
                if (!plan.Slots.TryGetValue(awaited, out ArenaPlan.Slot slot) || slot.From >= i)
                {
                    return $"step {i} must wait for {awaited}, which is stored later";
                }
            }
        }

        foreach (Tensor given in plan.Given)
        {
            if (!plan.Slots.TryGetValue(given, out ArenaPlan.Slot slot) || slot.From >= 0 || slot.Until < plan.Steps.Count)
            {
                return $"{given} is given, and does not keep its value from before the first step until the end";
            }
        }

        foreach (Tensor result in plan.Results)
        {
            if (!plan.Slots.TryGetValue(result, out ArenaPlan.Slot slot) || slot.Until < plan.Steps.Count)
            {
                return $"{result} is an output, and does not keep its value until the end";
            }
        }

        KeyValuePair<Tensor, ArenaPlan.Slot>[] slots = [.. plan.Slots.OrderBy(pair => pair.Value.Offset)];
        for (int a = 0; a < slots.Length; a++)
        {
            ArenaPlan.Slot first = slots[a].Value;
            if (first.Offset % ArenaPlan.Alignment != 0 || first.Offset + first.Bytes > plan.PeakBytes)
            {
                return $"{slots[a].Key} is misaligned or outside the arena";
            }

            for (int b = a + 1; b < slots.Length && slots[b].Value.Offset < first.Offset + first.Bytes; b++)
            {
                ArenaPlan.Slot second = slots[b].Value;
                (ArenaPlan.Slot earlier, ArenaPlan.Slot later) = first.From <= second.From ? (first, second) : (second, first);

                // Equality is an output written over an input that dies in the same step; it must then be exactly the same buffer.
                bool inPlace =
                    later.From == earlier.Until
                    && later.Offset == earlier.Offset
                    && later.Bytes == earlier.Bytes
                    && later.From > earlier.From;
                if (later.From <= earlier.Until && !inPlace)
                {
                    return $"{slots[a].Key} and {slots[b].Key} are alive at the same time in the same memory";
                }
            }
        }

        for (int i = 0; i < plan.Steps.Count; i++)
        {
            (long offset, long bytes) = plan.Scratch[i];
            foreach ((Tensor tensor, ArenaPlan.Slot slot) in plan.Slots)
            {
                if (bytes > 0 && slot.From <= i && slot.Until >= i && offset < slot.Offset + slot.Bytes && slot.Offset < offset + bytes)
                {
                    return $"the scratch of step {i} overlaps {tensor}";
                }
            }
        }

        return null;
    }
}
