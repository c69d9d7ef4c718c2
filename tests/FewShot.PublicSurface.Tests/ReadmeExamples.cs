using FewShot.Benchmarks;
using FewShot.Data;
using FewShot.Evaluation;
using FewShot.Methods;
using FewShot.Tasks;
using FewShot.Training;
using Xunit;

namespace FewShot.PublicSurface.Tests;

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

    public static (int[] Classes, float[] Probabilities) AdaptAndPredict(float[] images, int[] labels, float[] newImages)
    {
        Learner learner = Learner.Load("runs/protonet-glyphs-5way-1shot");

        // A few examples of each class: floats, height × width × channels, one example after another; labels count from 0.
        using AdaptedModel model = learner.Adapt(images, labels, ["cat", "dog", "owl"]);

        int[] classes = model.Classify(newImages); // safe to call from many threads; uses the machine's cores (learner.Threads)
        float[] probabilities = model.Predict(newImages); // [queries, classes]
        model.Save("mine.safetensors"); // AdaptedModel.Load("mine.safetensors") anywhere else
        model.Save("small.safetensors", selfContained: false); // what adaptation changed; AdaptedModel.Load("small.safetensors", learner)
        return (classes, probabilities);
    }

    public static EvaluationResult Train()
    {
        ITaskSource tasks = TaskSources.Open("omniglot", "data", new TaskOptions { Ways = 5, Shots = 1 });
        var specification = new LearnerSpecification
        {
            Method = "maml",
            InputShape = tasks.Shape.InputShape,
            Outputs = tasks.Shape.Outputs,
        };
        using TrainingLoop trainer = new TrainingLoop(specification, tasks, new TrainingOptions { Iterations = 2000 }, workers: 2);
        trainer.Run();
        EvaluationResult result = new Learner(specification, trainer.Parameters).Evaluate(tasks, Split.Test);
        return result;
    }
}
