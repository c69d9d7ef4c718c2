namespace FewShot;

/// <summary>What an adapted model takes a query for.</summary>
/// <param name="Class">The class, from 0, in the order of the labels it was adapted with.</param>
/// <param name="Name">The name of the class; null where the classes have no names.</param>
/// <param name="Probability">How probable the model holds it, from 0 to 1.</param>
public readonly record struct ClassPrediction(int Class, string? Name, float Probability);
