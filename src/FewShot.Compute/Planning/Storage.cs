using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Compute.Planning;

/// <summary>Which nodes have memory of their own: a reshaped tensor, and one that only had to wait, is the memory of its source.</summary>
internal static class Storage
{
    public static bool IsView(Tensor tensor) =>
        tensor.Operation is Reshape or After || (tensor.Operation is BroadcastTo && tensor.Shape.Count == tensor.Inputs[0].Shape.Count);

    /// <summary>The node whose memory holds the tensor's values.</summary>
    public static Tensor Of(Tensor tensor)
    {
        while (IsView(tensor))
        {
            tensor = tensor.Inputs[0];
        }

        return tensor;
    }
}
