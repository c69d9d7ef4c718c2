namespace FewShot.Compute.Graphs;

/// <summary>How smooth an operation is as a function of its inputs.</summary>
internal enum Smoothness
{
    /// <summary>Differentiable wherever it is defined.</summary>
    Smooth,

    /// <summary>The function is made of smooth pieces that meet in kinks; the derivative tells the piece.</summary>
    Kinked,

    /// <summary>The function is made of constant pieces; the value tells the piece.</summary>
    PiecewiseConstant,
}
