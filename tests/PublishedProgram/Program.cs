using System.Globalization;
using System.Runtime.CompilerServices;
using FewShot;

// LEARNER MODEL: loads a learner, adapts it to six examples of three classes, saves and loads the model, and prints what it answers.
Learner learner = Learner.Load(args[0]);
int size = learner.Definition.Network.Input.Count;
using AdaptedModel adapted = learner.Adapt(Numbers(6 * size, 1), [0, 0, 1, 1, 2, 2], ["a", "b", "c"]);
adapted.Save(args[1]);
using AdaptedModel model = AdaptedModel.Load(args[1]);
Console.WriteLine(RuntimeFeature.IsDynamicCodeSupported ? "dynamic" : "native");
Console.WriteLine(string.Join(' ', model.Predict(Numbers(4 * size, 2)).Select(value => value.ToString("R", CultureInfo.InvariantCulture))));

static float[] Numbers(int count, int seed) => [.. Enumerable.Range(0, count).Select(i => (float)Math.Sin((i * 0.7) + (seed * 13)))];
