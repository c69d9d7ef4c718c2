using System.Text.Json.Serialization;
using FewShot.Methods.Adaptation;
using FewShot.Methods.Weighting;
using FewShot.Models;
using FewShot.Storage;
using FewShot.Tasks;

namespace FewShot.Methods;

/// <summary>How a learner is written as JSON.</summary>
[JsonSerializable(typeof(LearnerSpecification))]
internal sealed partial class LearnerJson : JsonSerializerContext;
