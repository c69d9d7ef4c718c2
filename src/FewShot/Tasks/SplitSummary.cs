namespace FewShot.Tasks;

/// <summary>What one split of a data set holds.</summary>
/// <param name="Split">Which part of the tasks: training, validation or test.</param>
/// <param name="Groups">
/// Groups that the classes come from (alphabets, superclasses), or the tasks of a table; 0 where there are none.
/// </param>
/// <param name="Classes">How many classes there are, rotated ones included; 0 for regression.</param>
/// <param name="Examples">How many examples there are; null where they are made on demand and never run out.</param>
/// <param name="FewestExamples">Examples of the smallest class (or group of a table); null where they never run out.</param>
/// <param name="MostExamples">Examples of the largest class (or group of a table); null where they never run out.</param>
public sealed record SplitSummary(Split Split, int Groups, int Classes, long? Examples, int? FewestExamples, int? MostExamples);
