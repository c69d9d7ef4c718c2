using FewShot.Compute.Graphs;
using FewShot.Compute.Operations;

namespace FewShot.Models;

/// <summary>
/// A network as a pure function of named parameters: a body of named layers that embeds an example, and a linear head, if it has one. The
/// names of the body's layers and <c>head</c> are what a pattern addresses. Immutable.
/// </summary>
public sealed class Model
{
    /// <summary>The name of the last layer of a model that has one.</summary>
    public const string Head = "head";

    private readonly IReadOnlyList<NamedLayer> _body;
    private readonly Linear? _head;

    /// <summary>Composes a model.</summary>
    /// <param name="name">The name of the model in files and tables.</param>
    /// <param name="input">The shape of one example.</param>
    /// <param name="body">Layers of the body, first to last; a name has no dot.</param>
    /// <param name="outputs">Size of the head's result; 0 for a model without a head, whose result is the embedding.</param>
    public Model(string name, Shape input, IReadOnlyList<NamedLayer> body, int outputs)
    {
        string? misnamed = body.Select(entry => entry.Name)
            .FirstOrDefault(own => own.Length == 0 || own.Contains('.') || own == Head || body.Count(entry => entry.Name == own) > 1);
        if (misnamed is not null)
        {
            throw new ArgumentException(
                $"'{misnamed}' cannot name a layer of a model's body: names are unique, without a dot, and not '{Head}'",
                nameof(body)
            );
        }

        Name = name;
        Input = input;
        _body = body;
        _head = outputs > 0 ? new Linear(outputs) : null;
        var parameters = new List<ParameterSpecification>();
        Shape shape = input;
        foreach ((string layerName, Layer layer) in body)
        {
            parameters.AddRange(layer.Parameters(layerName, shape));
            shape = layer.Output(shape);
        }

        EmbeddingSize = shape.Count;
        Outputs = outputs;
        if (_head is not null)
        {
            parameters.AddRange(_head.Parameters(Head, new Shape(EmbeddingSize)));
        }

        Parameters = parameters;
        Layers = [.. body.Select(entry => entry.Name), .. _head is null ? Array.Empty<string>() : [Head]];
    }

    /// <summary>The name of the model in files and tables.</summary>
    public string Name { get; }

    /// <summary>The layers of the body, first to last.</summary>
    public IReadOnlyList<NamedLayer> Body => _body;

    /// <summary>The shape of one example.</summary>
    public Shape Input { get; }

    /// <summary>Whether a layer normalises by statistics, so that it matters where they are taken from.</summary>
    public bool Normalizes => Parameters.Any(parameter => !parameter.Trained);

    /// <summary>Names of the trained parameters of the layers whose places are chosen.</summary>
    internal string[] TrainedOf(Func<int, bool> isChosen)
    {
        HashSet<string> layers = [.. Layers.Where((_, layer) => isChosen(layer))];
        return [.. from parameter in Parameters where parameter.Trained && layers.Contains(LayerOf(parameter.Name)) select parameter.Name];
    }

    /// <summary>How many numbers an embedding has.</summary>
    public int EmbeddingSize { get; }

    /// <summary>The size of the head's result; 0 without a head.</summary>
    public int Outputs { get; }

    /// <summary>Gives the network a head of another size, or none.</summary>
    /// <param name="outputs">Size of the head's result; 0 for none.</param>
    public Model WithOutputs(int outputs) => outputs == Outputs ? this : new Model(Name, Input, _body, outputs);

    /// <summary>Names of the layers, first to last, the head included.</summary>
    public IReadOnlyList<string> Layers { get; }

    /// <summary>The parameters of the model, in order.</summary>
    public IReadOnlyList<ParameterSpecification> Parameters { get; }

    /// <summary>The layer a parameter belongs to.</summary>
    /// <param name="parameter">The name of the parameter.</param>
    public static string LayerOf(string parameter) => parameter[..parameter.IndexOf('.')];

    /// <summary>Traces the body on a batch [n, ...]: embeddings [n, <see cref="EmbeddingSize"/>].</summary>
    /// <param name="parameters">The values of all parameters, by name.</param>
    /// <param name="x">The batch [n, ...].</param>
    /// <param name="normalization">Where normalising layers take their statistics from.</param>
    public Tensor Embed(TensorMap parameters, Tensor x, NormalizationSource normalization)
    {
        foreach ((string name, Layer layer) in _body)
        {
            x = layer.Apply(name, parameters, x, normalization);
        }

        return x.Reshape(x.Shape[0], EmbeddingSize);
    }

    /// <summary>Traces body and head on a batch: [n, <see cref="Outputs"/>], or the embeddings of a model without a head.</summary>
    /// <param name="parameters">The values of all parameters, by name.</param>
    /// <param name="x">The batch [n, ...].</param>
    /// <param name="normalization">Where normalising layers take their statistics from.</param>
    public Tensor Apply(TensorMap parameters, Tensor x, NormalizationSource normalization)
    {
        Tensor embedding = Embed(parameters, x, normalization);
        return _head is null ? embedding : _head.Apply(Head, parameters, embedding, normalization);
    }
}
