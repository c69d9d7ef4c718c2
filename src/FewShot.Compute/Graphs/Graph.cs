namespace FewShot.Compute.Graphs;

/// <summary>
/// A traced computation: nodes in order of creation, named inputs and named outputs. Making a node applies its local identities and shares
/// equal nodes, so a graph never holds the same computation twice. Not thread-safe while it is built; read-only afterwards.
/// </summary>
public sealed class Graph
{
    private readonly List<Tensor> _nodes = [];
    private readonly Dictionary<NodeKey, Tensor> _known = [];
    private readonly List<Tensor> _inputs = [];
    private readonly List<(string Name, Tensor Tensor)> _outputs = [];
    private readonly List<string> _scopes = [];

    /// <summary>Every node, inputs before users.</summary>
    public IReadOnlyList<Tensor> Nodes => _nodes;

    /// <summary>The named inputs, in order of declaration.</summary>
    public IReadOnlyList<Tensor> Inputs => _inputs;

    /// <summary>The named outputs, in order of declaration.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Outputs => _outputs;

    internal List<RematerializedSegment> Segments { get; } = [];

    internal Bypasses Bypasses { get; } = new();

    /// <summary>Declares a value given to the program at each run.</summary>
    /// <param name="name">The name of the input, which no other input has.</param>
    /// <param name="shape">The shape of the value.</param>
    public Tensor Input(string name, Shape shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (_inputs.Any(input => ((Input)input.Operation).Label == name))
        {
            throw new ArgumentException($"the graph already has an input named '{name}'", nameof(name));
        }

        Tensor tensor = Apply(new Input(name, shape));
        _inputs.Add(tensor);
        return tensor;
    }

    /// <summary>Makes a tensor of one repeated constant.</summary>
    /// <param name="value">The number that is repeated.</param>
    /// <param name="shape">The shape of the tensor.</param>
    public Tensor Fill(double value, Shape shape) => Apply(new Fill(value, shape));

    /// <summary>Makes a tensor of given constants, row-major.</summary>
    /// <param name="values">The constants, as many as the shape says.</param>
    /// <param name="shape">The shape of the tensor.</param>
    public Tensor Constant(ReadOnlySpan<double> values, Shape shape) => Apply(new Constant(values.ToArray(), shape));

    /// <summary>Declares a value read from the program after each run.</summary>
    /// <param name="name">The name of the output, which no other output has.</param>
    /// <param name="tensor">The tensor whose value is read.</param>
    public void Output(string name, Tensor tensor)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Graph != this)
        {
            throw new ArgumentException($"output '{name}' belongs to another graph", nameof(tensor));
        }

        if (_outputs.Any(output => output.Name == name))
        {
            throw new ArgumentException($"the graph already has an output named '{name}'", nameof(name));
        }

        _outputs.Add((name, tensor));
    }

    /// <summary>Names what is traced until the result is disposed; shown in dumps and profiles.</summary>
    /// <param name="name">The name of what is traced, within that of the scope around it.</param>
    /// <returns>The scope, to be disposed where it ends.</returns>
    public IDisposable Scope(string name)
    {
        _scopes.Add(name);
        return new ScopeEnd(_scopes);
    }

    /// <summary>The node that applies an operation: checked, simplified, and shared with an equal one made before.</summary>
    internal Tensor Apply(Operation operation, params IReadOnlyList<Tensor> inputs)
    {
        foreach (Tensor input in inputs)
        {
            ArgumentNullException.ThrowIfNull(input);
            if (input.Graph != this)
            {
                throw new ArgumentException($"{operation.Name}: an input belongs to another graph");
            }
        }

        Shape shape = operation.Infer([.. inputs.Select(input => input.Shape)]);
        if (operation.Simplify(this, inputs) is { } simpler)
        {
            Bypasses.Note(inputs, simpler);
            return simpler;
        }

        var key = new NodeKey(operation, inputs);
        if (_known.TryGetValue(key, out Tensor? known))
        {
            return known;
        }

        var node = new Tensor(this, _nodes.Count, operation, inputs, shape, string.Join(" / ", _scopes));
        _nodes.Add(node);
        _known.Add(key, node);
        return node;
    }

    private sealed class ScopeEnd(List<string> scopes) : IDisposable
    {
        public void Dispose() => scopes.RemoveAt(scopes.Count - 1);
    }

    private readonly struct NodeKey(Operation operation, IReadOnlyList<Tensor> inputs) : IEquatable<NodeKey>
    {
        private readonly Operation _operation = operation;
        private readonly IReadOnlyList<Tensor> _inputs = inputs;

        public bool Equals(NodeKey other)
        {
            if (_inputs.Count != other._inputs.Count || !_operation.Equals(other._operation))
            {
                return false;
            }

            for (int i = 0; i < _inputs.Count; i++)
            {
                if (_inputs[i] != other._inputs[i])
                {
                    return false;
                }
            }

            return true;
        }

        public override bool Equals(object? obj) => obj is NodeKey key && Equals(key);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_operation);
            foreach (Tensor input in _inputs)
            {
                hash.Add(input.Id);
            }

            return hash.ToHashCode();
        }
    }
}
