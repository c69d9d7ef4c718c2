using FewShot.Compute.Graphs;
using FewShot.Naming;
using FewShot.Tasks;

namespace FewShot.Models;

/// <summary>The networks of the few-shot literature.</summary>
/// <example>
/// <code>
/// Model network = Networks.Conv4(tasks.Shape, channels: 32); // for images, with a head for the ways of the tasks
/// Model wide = Networks.Mlp(new Shape(13), outputs: 1, hidden: [64, 64]); // for 13 features and one value to predict
/// </code>
/// </example>
public static class Networks
{
    // What files and the command line can ask for by name: a network is a function below and its row here.
    private static readonly IReadOnlyList<(string Name, Func<Shape, NetworkOptions, Model> Create)> s_rows =
    [
        ("conv4", (input, options) => Conv4(input, outputs: 0, options.Channels)),
        ("mlp", (input, options) => Mlp(input, outputs: 0, options.Hidden)),
    ];

    /// <summary>The names of the networks, in order.</summary>
    public static IReadOnlyList<string> Names => [.. s_rows.Select(row => row.Name)];

    /// <summary>The network of a name, without a head; <see cref="Model.WithOutputs"/> gives it one.</summary>
    /// <param name="name">The name; case does not matter.</param>
    /// <param name="input">Shape of an example.</param>
    /// <param name="options">What else the network is told; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// There is no such network (the message names the nearest), or it does not take such inputs.
    /// </exception>
    public static Model Create(string name, Shape input, NetworkOptions? options = null) =>
        s_rows.FirstOrDefault(row => row.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { Create: { } create }
            ? create(input, options ?? new NetworkOptions())
            : throw new ArgumentException(
                $"unknown network '{name}'.{NameSuggestion.For(name, Names)} The networks are {string.Join(", ", Names)}"
            );

    /// <summary>
    /// Four blocks of 3×3 convolution, batch normalisation, ReLU and 2×2 max-pooling (Vinyals 2016), then a linear head. On 28×28 images
    /// with 64 channels the embedding has 64 numbers.
    /// </summary>
    /// <param name="input">Height, width and channels of an image; at least 16×16.</param>
    /// <param name="outputs">The size of the head's result; 0 without a head.</param>
    /// <param name="channels">The channels of each block; 64 by default.</param>
    /// <exception cref="ShapeException">The images are too small.</exception>
    public static Model Conv4(Shape input, int outputs, int channels = 64)
    {
        if (input.Rank != 3 || input[0] < 16 || input[1] < 16)
        {
            throw new ShapeException($"conv4 needs images [height, width, channels] of at least 16x16, got {input}");
        }

        // No bias in the convolution: the normalisation cancels it, and its shift stands in for it.
        var block = new Sequential(
            ("conv", new ConvolutionLayer(channels, Bias: false)),
            ("norm", new BatchNormalization()),
            ("relu", Activation.Relu),
            ("pool", new MaxPooling())
        );
        return new Model("conv4", input, [.. Enumerable.Range(1, 4).Select(i => new NamedLayer($"block{i}", block))], outputs);
    }

    /// <summary>
    /// The network conv4 for tasks of a shape, with a head for as many outputs as they have: four blocks of 3×3 convolution, batch
    /// normalisation, ReLU and 2×2 max-pooling (Vinyals 2016).
    /// </summary>
    /// <param name="tasks">The sizes of the tasks, as <see cref="ITaskSource.Shape"/> gives them.</param>
    /// <param name="channels">The channels of each block; 64 by default.</param>
    /// <exception cref="ShapeException">The images are too small.</exception>
    public static Model Conv4(TaskShape tasks, int channels = 64) => Conv4(InputOf(tasks), tasks.Outputs, channels);

    /// <summary>Fully connected hidden layers with an activation, then a linear head.</summary>
    /// <param name="input">The shape of an example, which is flattened.</param>
    /// <param name="outputs">The size of the head's result; 0 without a head.</param>
    /// <param name="hidden">The sizes of the hidden layers; null for 40 and 40 (Finn 2017).</param>
    /// <param name="activation">The activation of the hidden layers; null for ReLU.</param>
    public static Model Mlp(Shape input, int outputs, IReadOnlyList<int>? hidden = null, Activation? activation = null) =>
        new(
            "mlp",
            input,
            [
                .. (hidden ?? [40, 40]).Select(
                    (size, i) =>
                        new NamedLayer(
                            $"layer{i + 1}",
                            new Sequential(
                                ("linear", new Linear(size, Initializer.Kaiming())),
                                ("activation", activation ?? Activation.Relu)
                            )
                        )
                ),
            ],
            outputs
        );

    /// <summary>
    /// The network mlp for tasks of a shape, with a head for as many outputs as they have: fully connected hidden layers with an
    /// activation.
    /// </summary>
    /// <param name="tasks">The sizes of the tasks, as <see cref="ITaskSource.Shape"/> gives them.</param>
    /// <param name="hidden">The sizes of the hidden layers; null for 40 and 40 (Finn 2017).</param>
    /// <param name="activation">The activation of the hidden layers; null for ReLU.</param>
    public static Model Mlp(TaskShape tasks, IReadOnlyList<int>? hidden = null, Activation? activation = null) =>
        Mlp(InputOf(tasks), tasks.Outputs, hidden, activation);

    private static Shape InputOf(TaskShape tasks)
    {
        ArgumentNullException.ThrowIfNull(tasks);
        return new Shape([.. tasks.InputShape]);
    }
}
