using FewShot;
using FewShot.Benchmarks;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Data;
using FewShot.Data.Sources;
using FewShot.Data.Tables;
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
        Guide.AssertCompiled(Path.Combine(root, "README.md"), 3, Path.Combine(root, "tests/FewShot.PublicSurface.Tests/ReadmeExamples.cs"));
    }

    internal static async Task<ClassPrediction> Pictures()
    {
        // One folder of pictures for each class, of any size and format.
        ITaskSource tasks = TaskSources.Open("images", "my-classes", new TaskOptions { Shots = 5, QueriesPerClass = 5 });
        var definition = new LearnerDefinition(Methods.ProtoNet(), Networks.Conv4(tasks.Shape));
        using TrainingResult result = await Trainer.TrainAsync(
            definition,
            tasks,
            new TrainingOptions { Budget = TimeSpan.FromMinutes(10) }
        );
        result.Learner.Save("learner.safetensors"); // the weights that validated best; result.Last has the last ones

        // Anywhere else, in milliseconds; a learner and its models are safe to use from many threads.
        using Learner learner = Learner.Load("learner.safetensors");
        using AdaptedModel model = learner.Adapt(learner.ReadImages(["cat1.jpg", "cat2.jpg", "dog1.jpg"]), [0, 0, 1], ["cat", "dog"]);
        ClassPrediction answer = model.Recognize(learner.ReadImages(["new.jpg"]))[0]; // class, name and probability
        model.Save("mine.safetensors"); // AdaptedModel.Load("mine.safetensors") anywhere else
        return answer;
    }

    internal static async Task<double> Rows()
    {
        SourceSettings columns = new SourceSettings().With(TableSource.Group, "school").With(TableSource.Target, "score");
        ITaskSource tasks = TaskSources.Open("table", "scores.csv", new TaskOptions { Shots = 5, QueriesPerClass = 5 }, columns);
        var definition = new LearnerDefinition(Methods.Maml(innerRate: 0.01), Networks.Mlp(tasks.Shape), TaskKind.Regression);
        using TrainingResult result = await Trainer.TrainAsync(definition, tasks, new TrainingOptions { Iterations = 1000 });

        var rows = (TablePreparation)result.Learner.Definition.Preparation!; // standardises rows as those of the training were
        TableExamples few = rows.Read("few-rows.csv", TaskKind.Regression);
        using AdaptedModel model = result.Learner.Adapt(few.Inputs, few.Values);
        float[] answers = model.Predict(rows.Read("new-rows.csv", targets: null).Inputs);
        double score = rows.Restore(answers[0]); // in the units of the column
        return score;
    }

    /// <summary>A layer of one's own: each feature times a learned number.</summary>
    public sealed record Scaling : Layer
    {
        public override IEnumerable<ParameterSpecification> Parameters(string name, Shape input) =>
            [new($"{name}.scale", new Shape(input[-1]), Initializer.Constant(1))];

        public override Shape Output(Shape input) => input;

        public override Tensor Apply(string name, TensorMap parameters, Tensor x, NormalizationSource normalization) =>
            x * parameters[$"{name}.scale"];
    }
}
