using System.Numerics.Tensors;
using FewShot.Models;
using FewShot.Storage;

namespace FewShot.Running;

/// <summary>Parameters to and from files.</summary>
internal static class StoredParameters
{
    public static IReadOnlyList<StoredTensor> ToStored(ParameterSet parameters) =>
        [
            .. parameters.Specifications.Select(specification => new StoredTensor(
                specification.Name,
                specification.Shape.Extents.ToArray(),
                parameters[specification.Name].ToArray()
            )),
        ];

    /// <summary>
    /// Reads the parameters of a learner; memory is taken for what the file really holds, whatever the learner claims to need.
    /// </summary>
    /// <exception cref="StorageException">The file's tensors are not those of the learner, or not finite.</exception>
    public static ParameterSet Read(IReadOnlyList<StoredTensor> stored, IReadOnlyList<ParameterSpecification> specifications, string path)
    {
        Check(stored, specifications, path);
        var parameters = new ParameterSet(specifications);
        Load(stored, parameters, path);
        return parameters;
    }

    /// <summary>Copies the tensors of a file into parameters.</summary>
    /// <exception cref="StorageException">The file's tensors are not those of the learner, or not finite.</exception>
    public static void Load(IReadOnlyList<StoredTensor> stored, ParameterSet parameters, string path)
    {
        Check(stored, parameters.Specifications, path);
        foreach (StoredTensor tensor in stored)
        {
            tensor.Float32.CopyTo(parameters[tensor.Name]);
        }
    }

    /// <summary>Refuses a tensor that holds NaN or infinity.</summary>
    /// <exception cref="StorageException">A value is NaN or infinite.</exception>
    public static void RequireFinite(StoredTensor tensor, string path)
    {
        if (!TensorPrimitives.IsFiniteAll<float>(tensor.Float32))
        {
            throw new StorageException(
                $"'{path}': '{tensor.Name}' holds values that are not finite numbers; it cannot be used, make it again"
            );
        }
    }

    private static void Check(IReadOnlyList<StoredTensor> stored, IReadOnlyList<ParameterSpecification> specifications, string path)
    {
        Dictionary<string, StoredTensor> byName = stored.ToDictionary(tensor => tensor.Name);
        foreach (ParameterSpecification specification in specifications)
        {
            if (!byName.Remove(specification.Name, out StoredTensor? tensor))
            {
                throw new StorageException($"'{path}' has no '{specification.Name}'; it is a checkpoint of another model or method");
            }

            if (!tensor.Shape.SequenceEqual(specification.Shape.Extents.ToArray()) || tensor.Element != StoredElement.Float32)
            {
                throw new StorageException(
                    $"'{path}': '{specification.Name}' is {tensor.Element} [{string.Join(", ", tensor.Shape)}], the model needs "
                        + $"Float32 {specification.Shape}; it is a checkpoint of another model"
                );
            }

            RequireFinite(tensor, path);
        }

        if (byName.Count > 0)
        {
            throw new StorageException(
                $"'{path}' holds '{byName.Keys.First()}', which the model does not have; it is a checkpoint of another model or method"
            );
        }
    }
}
