using System.Globalization;
using FewShot;
using FewShot.Checking;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Methods.MetaGradients;
using FewShot.Models;
using FewShot.Running;
using FewShot.Storage;
using FewShot.Tasks;
using FewShot.Training;
using OwnParts;

// train LEARNER    trains, evaluates, checks, plans and saves a learner of parts that the library does not know
// use LEARNER      registers the parts, loads the learner, adapts and answers
// forget LEARNER   loads the learner without having registered the parts, and prints why that is refused
var clouds = new Clouds(shots: 3, queries: 5);
switch (args[0])
{
    case "train":
        PartsJson.Register();
        var method = new Method(
            "scaled-means",
            "Class means in units of their spread",
            "none",
            new ScaledMeans(0.05),
            new Unrolled(),
            new LossPower(0.7)
        );
        var network = new Model(
            "gain mlp",
            new FewShot.Compute.Graphs.Shape(4),
            [("gain", new Gain()), ("layer1", new Sequential(("linear", new Linear(8)), ("tanh", Activation.Tanh)))],
            outputs: 3
        );
        var definition = new LearnerDefinition(method, network) { Loss = new SmoothedCrossEntropy() };
        var options = new TrainingOptions
        {
            Iterations = 300,
            MetaBatch = 4,
            ValidateEvery = 100,
            ValidationEpisodes = 50,
            OwnOptimizer = _ => new SignDescent(),
            Workers = 1,
        };
        var told = new List<long>();
        using (TrainingResult result = await Trainer.TrainAsync(definition, clouds, options, new Told(told)))
        {
            EvaluationResult measured = result.Learner.Evaluate(clouds, Split.Test, episodes: 100);
            MethodCheckResult check = MethodCheck.Run(method, network.WithOutputs(0), clouds.Shape);
            var plan = new MethodPlan(definition, clouds.Shape);
            result.Learner.Save(args[1]);
            Console.WriteLine($"iterations {told.Count}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"accuracy {measured.Accuracy!.Value.Mean:0.000}"));
            Console.WriteLine($"check {check.Passed}");
            Console.WriteLine($"bytes {plan.Training.PeakBytes > 0}");
            Answer(result.Learner);
        }

        return 0;
    case "use":
        PartsJson.Register();
        using (Learner learner = Learner.Load(args[1]))
        {
            Answer(learner);
        }

        return 0;
    default:
        try
        {
            Learner.Load(args[1]).Dispose();
            return 0;
        }
        catch (StorageException error)
        {
            Console.WriteLine(error.Message);
            return 1;
        }
}

void Answer(Learner learner)
{
    learner.Prepare(supportCount: 9);
    var task = new Episode(clouds.Shape);
    clouds.Sample(Split.Test, seed: 5, index: 0, task);
    using AdaptedModel model = learner.Adapt(task.SupportInputs, task.SupportLabels, ["red", "green", "blue"]);
    foreach (ClassPrediction answer in model.Recognize(task.QueryInputs))
    {
        Console.WriteLine($"{answer.Name} {answer.Probability.ToString("R", CultureInfo.InvariantCulture)}");
    }
}

internal sealed class Told(List<long> iterations) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => iterations.Add(value.Iteration);
}
