using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Methods.Adaptation;

/// <summary>Learned numbers that must stay positive are learned before a softplus.</summary>
internal static class Positive
{
    public static Tensor Of(Tensor free) => free.Softplus();

    /// <summary>The number whose softplus is given, which is free to have any sign.</summary>
    public static double Inverse(double positive) => positive > 30 ? positive : Math.Log(Math.Exp(positive) - 1);
}
