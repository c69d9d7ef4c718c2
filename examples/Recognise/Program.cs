// Learns to learn characters, then learns five it has never seen from one drawing of each, and reads new drawings of them.
//
//     dotnet run -c Release --project examples/Recognise [LEARNER]
//
// LEARNER is the file in which the trained learner is kept (glyphs-learner.safetensors); the first run trains it for twenty seconds.
using FewShot;
using FewShot.Data;
using FewShot.Methods;
using FewShot.Models;
using FewShot.Tasks;
using FewShot.Training;

string file = args.Length > 0 ? args[0] : "glyphs-learner.safetensors";
ITaskSource characters = TaskSources.Open(
    "glyphs",
    root: null,
    new TaskOptions
    {
        Ways = 5,
        Shots = 1,
        QueriesPerClass = 3,
    }
);

if (!File.Exists(file))
{
    Console.WriteLine($"training for twenty seconds on {characters.Description}");
    var definition = new LearnerDefinition(Methods.ProtoNet(), Networks.Conv4(characters.Shape, channels: 16));
    using TrainingResult result = await Trainer.TrainAsync(
        definition,
        characters,
        new TrainingOptions { Budget = TimeSpan.FromSeconds(20) }
    );
    result.Learner.Save(file);
}

// One application trains; any other loads the file. A task here is drawn from an alphabet of the test split, but yours would come from your
// own images.
using Learner learner = Learner.Load(file);
var task = new Episode(characters.Shape);
characters.Sample(Split.Test, seed: 1, index: 0, task);

using AdaptedModel model = learner.Adapt(task.SupportInputs, task.SupportLabels, ["A", "B", "C", "D", "E"]);
ClassPrediction[] answers = model.Recognize(task.QueryInputs);

for (int i = 0; i < answers.Length; i++)
{
    Console.WriteLine(
        $"drawing {i + 1}: {answers[i].Name} with {answers[i].Probability:P0}, and it is {model.ClassNames![task.QueryLabels[i]]}"
    );
}
