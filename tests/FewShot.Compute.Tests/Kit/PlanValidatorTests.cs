using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Compute.Planning;
using Xunit;
using PlanStep = FewShot.Compute.Planning.Step;

namespace FewShot.Compute.Tests.Kit;

/// <summary>The validator accepts what the planner makes and finds what is then broken in it.</summary>
public class PlanValidatorTests
{
    [Fact]
    public void A_sound_plan_has_no_fault()
    {
        Assert.Null(PlanValidator.FindFault(Chain(inPlace: false).Plan));
        (ArenaPlan plan, Tensor[] nodes) = Chain(inPlace: true);
        Assert.Null(PlanValidator.FindFault(plan));
        Assert.Equal(plan.Slots[nodes[1]].Offset, plan.Slots[nodes[2]].Offset);
    }

    [Fact]
    public void Buffers_alive_together_must_not_overlap() =>
        Broken((slots, nodes) => slots[nodes[2]] = slots[nodes[2]] with { Offset = slots[nodes[0]].Offset }, "alive at the same time");

    [Fact]
    public void A_part_of_a_buffer_is_not_in_place() =>
        Broken(
            (slots, nodes) => slots[nodes[2]] = slots[nodes[1]] with { Offset = slots[nodes[1]].Offset + 64, From = 1, Until = 2 },
            "alive at the same time"
        );

    [Fact]
    public void A_value_must_be_stored_when_it_is_read() =>
        Broken((slots, nodes) => slots[nodes[1]] = slots[nodes[1]] with { Until = 0 }, "which is not stored then");

    [Fact]
    public void A_value_must_be_stored_before_it_is_read() =>
        Broken((slots, nodes) => slots[nodes[1]] = slots[nodes[1]] with { From = 1 }, "which is not stored then");

    [Fact]
    public void A_value_that_is_read_must_have_a_place() => Broken((slots, nodes) => slots.Remove(nodes[1]), "which is not stored then");

    [Fact]
    public void An_output_keeps_its_value_until_the_end() =>
        Broken((slots, nodes) => slots[nodes[3]] = slots[nodes[3]] with { Until = 2 }, "is an output, and does not keep its value");

    [Fact]
    public void An_input_keeps_its_value_until_the_end() =>
        Broken((slots, nodes) => slots[nodes[0]] = slots[nodes[0]] with { Until = 2 }, "is given, and does not keep its value");

    [Fact]
    public void A_buffer_lies_within_the_arena() =>
        Broken((slots, nodes) => slots[nodes[2]] = slots[nodes[2]] with { Offset = 1 << 20 }, "outside the arena");

    [Fact]
    public void A_buffer_is_aligned() => Broken((slots, nodes) => slots[nodes[0]] = slots[nodes[0]] with { Offset = 4 }, "misaligned");

    [Fact]
    public void Scratch_must_not_overlap_a_living_buffer()
    {
        (ArenaPlan plan, Tensor[] nodes) = Chain(inPlace: false);
        plan.Scratch[1] = (plan.Slots[nodes[1]].Offset, 64);
        Assert.Contains("the scratch of step 1", PlanValidator.FindFault(plan));
    }

    private static void Broken(Action<Dictionary<Tensor, ArenaPlan.Slot>, Tensor[]> damage, string fault)
    {
        (ArenaPlan plan, Tensor[] nodes) = Chain(inPlace: false);
        damage((Dictionary<Tensor, ArenaPlan.Slot>)plan.Slots, nodes);
        Assert.Contains(fault, PlanValidator.FindFault(plan));
    }

    /// <summary>x → eˣ → sin eˣ → its square, of 128 bytes each, a step each; the last is an output.</summary>
    private static (ArenaPlan Plan, Tensor[] Nodes) Chain(bool inPlace)
    {
        var graph = new Graph();
        Tensor x = graph.Input("x", new Shape(32));
        Tensor[] nodes = [x, x.Exp(), x.Exp().Sine(), x.Exp().Sine().Square()];
        graph.Output("y", nodes[3]);
        ArenaPlan plan = ArenaPlan.Create(graph, [.. nodes[1..].Select(PlanStep.Of)], sizeof(float), _ => 64, (_, _, _) => inPlace);
        return (plan, nodes);
    }
}
