using FewShot.Methods;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tests.Storage;
using Xunit;

namespace FewShot.Tests.Running;

/// <summary>What is said of a file that is not what it was loaded as.</summary>
public sealed class LoadFaultTests
{
    [Fact]
    public void A_path_that_does_not_exist_is_said_not_to_exist() =>
        Assert.Contains("'/nope' does not exist", Assert.Throws<StorageException>(() => Learner.Load("/nope")).Message);

    [Fact]
    public void A_model_is_not_loaded_as_a_learner_nor_a_learner_as_a_model()
    {
        using var folder = new TemporaryFolder();
        Learner learner = Protonet();
        learner.Save(folder["learner.safetensors"]);
        using (AdaptedModel model = learner.Adapt([0f, 1f, 1f, 0f], [0, 1]))
        {
            model.Save(folder["model.safetensors"]);
        }

        Assert.Contains(
            "is a model adapted to one task, not a learner",
            Assert.Throws<StorageException>(() => Learner.Load(folder["model.safetensors"])).Message
        );
        Assert.Contains(
            "is a learner, not a model",
            Assert.Throws<StorageException>(() => AdaptedModel.Load(folder["learner.safetensors"])).Message
        );
    }

    [Fact]
    public void Two_classes_of_one_name_are_refused() =>
        Assert.Contains(
            "two classes are named 'a'",
            Assert.Throws<ArgumentException>(() => Protonet().Adapt([0f, 1f, 1f, 0f], [0, 1], ["a", "a"])).Message
        );

    private static Learner Protonet()
    {
        var specification = new LearnerSpecification
        {
            Method = "protonet",
            Network = "mlp",
            InputShape = [2],
            Outputs = 2,
            Hidden = [3],
        };
        Method method = specification.CreateMethod();
        return new Learner(specification, ParameterSet.Initialize(method.MetaParameters(specification.CreateModel()), 1));
    }
}
