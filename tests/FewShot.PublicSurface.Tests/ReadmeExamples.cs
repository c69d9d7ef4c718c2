using FewShot;
using FewShot.Benchmarks;
using FewShot.Data;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Models;
using FewShot.PublicSurface.Tests;
using FewShot.Tasks;
using FewShot.Training;
using Xunit;

// Outside the namespaces of the library, as a user's program is.
namespace FirstPage;

/// <summary>
/// The examples of README.md, compiled against the public surface. They name a run and a data set, so they are not run here.
/// </summary>
public sealed class ReadmeExamples
{
    [Fact]
    public void Every_example_of_the_first_page_is_compiled()
    {
        string root = Repository.Root;
        Guide.AssertCompiled(Path.Combine(root, "README.md"), 2, Path.Combine(root, "tests/FewShot.PublicSurface.Tests/ReadmeExamples.cs"));
    }

    public static ClassPrediction[] AdaptAndPredict(float[] images, int[] labels, float[] newImages)
    {
        using Learner learner = Learner.Load("runs/protonet-glyphs-5way-1shot");

        // A few examples of each class: floats, height × width × channels, one example after another; labels count from 0.
        using AdaptedModel model = learner.Adapt(images, labels, ["cat", "dog", "owl"]);

        ClassPrediction[] answers = model.Recognize(newImages); // class, name and probability of each; safe to call from many threads
        float[] probabilities = model.Predict(newImages); // [queries, classes]
        model.Save("mine.safetensors"); // AdaptedModel.Load("mine.safetensors") anywhere else
        model.Save("small.safetensors", selfContained: false); // what adaptation changed; AdaptedModel.Load("small.safetensors", learner)
        return answers;
    }

    public static async Task<EvaluationResult> Train()
    {
        ITaskSource tasks = TaskSources.Open("glyphs", root: null, new TaskOptions { Ways = 5, Shots = 1 });
        var definition = new LearnerDefinition(Methods.Maml(innerSteps: 5), Networks.Conv4(tasks.Shape, channels: 32));
        using TrainingResult result = await Trainer.TrainAsync(definition, tasks, new TrainingOptions { Iterations = 2000 });
        result.Learner.Save("learner.safetensors"); // the weights that validated best; result.Last has the last ones
        EvaluationResult measured = result.Learner.Evaluate(tasks, Split.Test);
        return measured;
    }
}
