using System.Text.Json.Serialization;
using System.Xml.Linq;
using FewShot;
using FewShot.Benchmarks;
using FewShot.Bilevel;
using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;
using FewShot.Data;
using FewShot.Data.Sources;
using FewShot.Data.Tables;
using FewShot.Methods;
using FewShot.Methods.Patterns;
using FewShot.Models;
using FewShot.PublicSurface.Tests;
using FewShot.Storage;
using FewShot.Tasks;
using FewShot.Training;
using Xunit;

// Outside the namespaces of the library, as a user's program is.
namespace FirstPage;

/// <summary>
/// The examples in the documentation of types, compiled against the public surface. Most name a run or a data set, so they are not run.
/// </summary>
public sealed class DocumentationExamples
{
    // The types that a user meets first: each shows how it is used.
    private static readonly string[] s_firstPage =
    [
        "FewShot/AdaptedModel.cs",
        "FewShot/Bilevel/BilevelProblem.cs",
        "FewShot/Learner.cs",
        "FewShot/Methods/LearnerDefinition.cs",
        "FewShot/Methods/Methods.cs",
        "FewShot/Methods/Patterns/Pattern.cs",
        "FewShot/Models/Networks.cs",
        "FewShot/Tasks/Episode.cs",
        "FewShot/Tasks/ITaskSource.cs",
        "FewShot/Trainer.cs",
        "FewShot/TrainingResult.cs",
        "FewShot.Data/ImageFolder.cs",
        "FewShot.Data/LearnerImages.cs",
        "FewShot.Data/Tables/TableTasks.cs",
    ];

    private static string Sources => Path.Combine(Repository.Root, "src");

    [Fact]
    public void Every_example_of_a_type_is_compiled()
    {
        string compiled = Guide.Squeeze(
            File.ReadAllText(Path.Combine(Repository.Root, "tests/FewShot.PublicSurface.Tests/DocumentationExamples.cs"))
        );
        Assert.All(
            from path in Directory.EnumerateFiles(Sources, "*.cs", SearchOption.AllDirectories)
            from example in ExamplesOf(path)
            select (Path.GetRelativePath(Sources, path), example),
            found => Assert.Contains(Guide.Squeeze(found.example), compiled)
        );
    }

    [Fact]
    public void Every_type_of_the_first_page_has_an_example() =>
        Assert.All(s_firstPage, path => Assert.NotEmpty(ExamplesOf(Path.Combine(Sources, path))));

    [Fact]
    public void A_part_that_was_registered_is_written_by_its_name() => RegisterAPart();

    internal static void AdaptAndRecognize(Learner learner, float[] images, int[] labels, float[] newImages)
    {
        using AdaptedModel model = learner.Adapt(images, labels, ["cat", "dog", "owl"]);
        foreach (ClassPrediction answer in model.Recognize(newImages))
        {
            Console.WriteLine($"{answer.Name}: {answer.Probability:P0}");
        }

        model.Save("mine.safetensors"); // AdaptedModel.Load("mine.safetensors") anywhere else
    }

    internal static int[] ClassifyFiles()
    {
        using Learner learner = Learner.Load("runs/omniglot");
        using AdaptedModel model = learner.Adapt(learner.ReadImages(["a.png", "b.png"]), [0, 1]);
        int[] classes = model.Classify(learner.ReadImages(["new.png"]));
        return classes;
    }

    internal static ClassPrediction[] AdaptToFiles(Learner learner)
    {
        float[] images = learner.ReadImages(["cat1.png", "cat2.png", "dog1.png"]);
        using AdaptedModel model = learner.Adapt(images, [0, 0, 1], ["cat", "dog"]);
        return model.Recognize(images);
    }

    internal static async Task Train()
    {
        ITaskSource tasks = TaskSources.Open("glyphs", root: null, new TaskOptions { Ways = 5, Shots = 1 });
        var definition = new LearnerDefinition(Methods.Maml(innerSteps: 5), Networks.Conv4(tasks.Shape, channels: 32));
        using TrainingResult result = await Trainer.TrainAsync(definition, tasks, new TrainingOptions { Iterations = 2000 });
        result.Learner.Save("learner.safetensors");
    }

    internal static async Task KeepBoth(LearnerDefinition definition, ITaskSource tasks)
    {
        using TrainingResult result = await Trainer.TrainAsync(definition, tasks);
        Console.WriteLine($"{result.Iterations} iterations in {result.Duration}, validation {result.Validation:0.000}");
        result.Learner.Save("best.safetensors"); // the weights that validated best
        result.Last.Save("last.safetensors");
    }

    internal static LearnerDefinition Compose(ITaskSource tasks)
    {
        Method method = Methods.Anil(innerSteps: 3, tasks: tasks.Shape);
        var definition = new LearnerDefinition(method, Networks.Conv4(tasks.Shape));
        return definition;
    }

    internal static Model[] ComposeNetworks(ITaskSource tasks)
    {
        Model network = Networks.Conv4(tasks.Shape, channels: 32); // for images, with a head for the ways of the tasks
        Model wide = Networks.Mlp(new Shape(13), outputs: 1, hidden: [64, 64]); // for 13 features and one value to predict
        return [network, wide];
    }

    internal static (Method, Learner) ChangeLayers(Learner learner)
    {
        Pattern lastTwo = Pattern.Parse("last2"); // the last two layers, at every step
        Pattern growing = Pattern.Of([false, false, true], [false, true, true]); // two steps of three layers
        Method method = Methods.Maml(innerSteps: 2, pattern: growing);
        Learner changed = new(learner.Definition.Under(lastTwo), learner.Parameters); // the same weights, adapted otherwise
        return (method, changed);
    }

    internal static int CountRightAnswers(Learner learner, ITaskSource tasks)
    {
        var episode = new Episode(tasks.Shape);
        tasks.Sample(Split.Test, seed: 1, index: 0, episode);
        using AdaptedModel model = learner.Adapt(episode.SupportInputs, episode.SupportLabels);
        int right = model.Classify(episode.QueryInputs).Zip(episode.QueryLabels).Count(pair => pair.First == pair.Second);
        return right;
    }

    internal static void ShowTasks()
    {
        ITaskSource tasks = TaskSources.Open("omniglot", root: null, new TaskOptions { Ways = 20, Shots = 5 });
        var episode = new Episode(tasks.Shape);
        for (long index = 0; index < 3; index++)
        {
            tasks.Sample(Split.Validation, seed: 1, index, episode); // the same three tasks on any machine
            Console.WriteLine(string.Join(", ", episode.ClassNames!));
        }
    }

    internal static async Task TrainOnPictures()
    {
        ImageDataset pictures = ImageFolder.Open("my-classes", new ImageFolderOptions { Size = 28, Gray = true });
        var tasks = new ImageTasks(pictures, new TaskOptions { Shots = 1, QueriesPerClass = 5 });
        var definition = new LearnerDefinition(Methods.ProtoNet(), Networks.Conv4(tasks.Shape));
        using TrainingResult result = await Trainer.TrainAsync(definition, tasks);
    }

    internal static LearnerDefinition PrepareForATable()
    {
        var columns = new TableOptions { Group = "school", Target = "score" };
        TableTasks tasks = TableTasks.Open("scores.csv", columns, new TaskOptions { Shots = 5, QueriesPerClass = 5 });
        Model network = Networks.Mlp(tasks.Shape);
        var definition = new LearnerDefinition(Methods.Maml(tasks: tasks.Shape), network, TaskKind.Regression);
        return definition;
    }

    internal static float[] LearnStrengths(float[] x, DataTensor[] others)
    {
        // Learns a strength of regularisation for each of 28 features, by the loss on examples held out.
        var problem = new BilevelProblem
        {
            Upper = v => v["held_x"].MatrixMultiply(v["weights"]).MeanSquaredError(v["held_y"]),
            Lower = v => v["x"].MatrixMultiply(v["weights"]).MeanSquaredError(v["y"]) + (v["log"].Exp() * v["weights"].Square()).Sum(),
            UpperVariables = [new("log", new Shape(28, 1), Initializer.Constant(-3))],
            LowerVariables = [new("weights", new Shape(28, 1), Initializer.Constant(0))],
            Data = [new("x", new Shape(100, 28), x), .. others], // and y, held_x and held_y
        };
        using var solver = new BilevelSolver(problem);
        solver.Run(200);
        float[] logarithms = solver.Upper.Values;
        return logarithms;
    }

    private static void RegisterAPart()
    {
        PartRegistry.Register("scaled-means", OwnParts.Default.ScaledMeans);
    }

    private static string[] ExamplesOf(string path) =>
        [
            .. XElement
                .Parse(
                    "<documentation>"
                        + string.Join(
                            '\n',
                            File.ReadLines(path)
                                .Select(line => line.TrimStart())
                                .Where(line => line.StartsWith("///", StringComparison.Ordinal))
                                .Select(line => line[3..])
                        )
                        + "</documentation>",
                    LoadOptions.PreserveWhitespace
                )
                .Descendants("example")
                .Elements("code")
                .Select(code => code.Value),
        ];
}

/// <summary>A source that has no data of its own.</summary>
public sealed class WaveSource : TaskSourceDescriptor
{
    public override string Name => "waves";

    public override string Summary => "sine waves, made on demand";

    public override TaskKind KindOf(SourceSettings settings) => TaskKind.Regression;

    public override SourceData Open(string? root, SourceSettings settings) => new(options => new SinusoidTasks(options));
}

/// <summary>How a part of one's own is written.</summary>
[JsonSerializable(typeof(ScaledMeans))]
internal sealed partial class OwnParts : JsonSerializerContext;
