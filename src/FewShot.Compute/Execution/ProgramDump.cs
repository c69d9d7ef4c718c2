using System.Text;
using FewShot.Compute.Graphs;
using FewShot.Compute.Planning;
using Step = FewShot.Compute.Planning.Step;

namespace FewShot.Compute.Execution;

/// <summary>The printed form of a compiled program.</summary>
internal static class ProgramDump
{
    public static string Print(SimdProgram program)
    {
        ArenaPlan plan = program.Plan;
        var text = new StringBuilder();
        text.AppendLine($"{plan.Steps.Count} steps, {plan.PeakBytes:N0} bytes, {program.MultiplyAdds:N0} multiply-adds");
        foreach ((Tensor tensor, ArenaPlan.Slot slot) in plan.Slots.Where(pair => pair.Value.From < 0).OrderBy(pair => pair.Value.Offset))
        {
            text.AppendLine($"      given {Stored(tensor, slot)} {(tensor.Operation as Input)?.Label ?? "constant"}");
        }

        for (int i = 0; i < plan.Steps.Count; i++)
        {
            Step step = plan.Steps[i];
            long work = step.Nodes.Sum(node => node.Operation.MultiplyAdds(node));
            text.Append($"{i, 5} {Operations(step)} from {string.Join(" ", step.Inputs.Select(input => $"%{input.Id}{input.Shape}"))}");
            text.Append($" by {program.Kernels[i].Description}");
            text.Append(work > 0 ? $", {work:N0} multiply-adds" : "");
            text.Append(plan.Scratch[i].Bytes > 0 ? $", scratch @{plan.Scratch[i].Offset}+{plan.Scratch[i].Bytes}" : "");
            text.AppendLine(step.Outputs[^1].Scope.Length > 0 ? $" in {step.Outputs[^1].Scope}" : "");
            foreach (Tensor output in step.Outputs)
            {
                text.AppendLine($"      stores {Stored(output, plan.Slots[output])}");
            }
        }

        foreach ((string name, Tensor tensor) in program.Graph.Outputs)
        {
            text.AppendLine($"output {name} is %{Storage.Of(tensor).Id}{tensor.Shape}");
        }

        return text.ToString();
    }

    /// <summary>The operations a step computes, each once, with how often.</summary>
    public static string Operations(Step step)
    {
        if (step.Loop is null)
        {
            return step.Nodes[0].Operation.Name;
        }

        IEnumerable<string> names = step
            .Nodes.GroupBy(node => node.Operation.Name)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => group.Count() > 1 ? $"{group.Count()} {group.Key}" : group.Key);
        return $"loop({string.Join(", ", names)})";
    }

    private static string Stored(Tensor tensor, ArenaPlan.Slot slot) =>
        $"%{tensor.Id}{tensor.Shape} @{slot.Offset}+{slot.Bytes} until {(slot.Until == int.MaxValue ? "the end" : slot.Until)}";
}
