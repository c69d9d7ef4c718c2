using FewShot.Models;
using FewShot.Storage;

namespace FewShot.Learning;

/// <summary>Parameters to and from files.</summary>
internal static class StoredParameters
{
    public static IReadOnlyList<StoredTensor> ToStored(ParameterSet parameters) =>
        [.. parameters.Specifications.Select(specification =>
            new StoredTensor(specification.Name, specification.Shape.Extents.ToArray(), parameters[specification.Name].ToArray()))];

    /// <exception cref="StorageException">The file's tensors are not those of the learner.</exception>
    public static void Load(IReadOnlyList<StoredTensor> stored, ParameterSet parameters, string path)
    {
        Dictionary<string, StoredTensor> byName = stored.ToDictionary(tensor => tensor.Name);
        foreach (ParameterSpecification specification in parameters.Specifications)
        {
            if (!byName.Remove(specification.Name, out StoredTensor? tensor))
            {
                throw new StorageException($"'{path}' has no '{specification.Name}'; it is a checkpoint of another model or method");
            }

            if (!tensor.Shape.SequenceEqual(specification.Shape.Extents.ToArray()) || tensor.Element != StoredElement.Float32)
            {
                throw new StorageException(
                    $"'{path}': '{specification.Name}' is {tensor.Element} [{string.Join(", ", tensor.Shape)}], the model needs Float32 {specification.Shape}; it is a checkpoint of another model");
            }

            tensor.Float32.CopyTo(parameters[specification.Name]);
        }

        if (byName.Count > 0)
        {
            throw new StorageException($"'{path}' holds '{byName.Keys.First()}', which the model does not have; it is a checkpoint of another model or method");
        }
    }
}
