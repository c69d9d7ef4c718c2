using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Storage;

namespace FewShot.Methods.Adaptation;

/// <summary>A term added to the support loss that makes the inner problem strongly convex, so that its solution has a derivative.</summary>
[PartKind]
public abstract record LowerRegularization
{
    /// <summary>The term for task parameters that started at given values; a scalar.</summary>
    public abstract Tensor Of(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> starts);

    /// <summary>The squared norm (μ/2)‖θ‖² of the task's parameters (Ji 2020; Yang 2025).</summary>
    public sealed record SquaredNorm(double Strength) : LowerRegularization
    {
        /// <inheritdoc/>
        public override Tensor Of(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> starts) =>
            parameters.Select(parameter => parameter.Square().Sum()).Aggregate((sum, term) => sum + term) * (Strength / 2);
    }

    /// <summary>The squared distance (λ/2)‖θ − φ‖², φ being where adaptation starts (iMAML, Rajeswaran 2019, eq. 3).</summary>
    public sealed record Proximal(double Strength) : LowerRegularization
    {
        /// <inheritdoc/>
        public override Tensor Of(IReadOnlyList<Tensor> parameters, IReadOnlyList<Tensor> starts) =>
            parameters.Zip(starts, (parameter, start) => (parameter - start).Square().Sum()).Aggregate((sum, term) => sum + term)
            * (Strength / 2);
    }
}
