using System.Text.Json.Serialization;
using FewShot.Storage;

namespace FewShot.Data;

/// <summary>The parts of this library that files of learners name: how images and rows of tables become inputs. Thread-safe.</summary>
public static class DataParts
{
    /// <summary>
    /// Registers these parts, which using any source or <see cref="LearnerImages"/> does too; call it before a learner's preparation is
    /// looked at otherwise.
    /// </summary>
    public static void Register()
    {
        PartRegistry.Register("image", DataPartsJson.Default.ImagePreparation);
        PartRegistry.Register("table", DataPartsJson.Default.TablePreparation);
    }
}

/// <summary>How the parts of this library are written as JSON.</summary>
[JsonSerializable(typeof(ImagePreparation))]
[JsonSerializable(typeof(TablePreparation))]
internal sealed partial class DataPartsJson : JsonSerializerContext;
