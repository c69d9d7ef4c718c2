"""Follow a MAML trajectory from given weights and episodes, independently of FewShot, and write its losses.

    parity.py --weights W.safetensors --episodes E.safetensors --config C.json --output losses.json [--double]
    parity.py --self-check

Weights: conv4 has block1 to block4 with conv.weight [kernel height, kernel width, input, output channels], conv.bias,
norm.scale, norm.shift; mlp has layer1, layer2, ... with weight [inputs, outputs] and bias; both end in head.weight
[inputs, outputs] and head.bias. Episodes: support_inputs [steps, tasks, examples, height, width, channels] (for mlp
[steps, tasks, examples, features]), support_targets [steps, tasks, examples, outputs] (one-hot for cross-entropy),
query_inputs, query_targets. One meta-step a leading index.

Config: {model, order, innerSteps, innerRate, outer: "adam", outerRate, beta1, beta2, epsilon, loss}.

Where a unit lies as near to a kink of relu or max-pooling as the rounding of float32, a gradient jumps by rounding alone,
and from there on float32 leaves the trajectory of double by percents. Such a task cannot tell a fault from rounding. With
{margin, steps, tasks} in the config, the episodes are a pool without the index of steps, [candidates, examples, ...]: each of
the meta-steps takes the next tasks in which every unit of every pass is farther than the margin from a kink, and the
result names them under "chosen". Meant for --double.
"""

import argparse
import json
import sys

import numpy
import tensor_file
import torch
import torch.nn.functional as F

NORM_EPSILON = 1e-5
CONFIG_KEYS = ("model", "order", "innerSteps", "innerRate", "outer", "outerRate", "beta1", "beta2", "epsilon", "loss")
EPISODE_KEYS = ("support_inputs", "support_targets", "query_inputs", "query_targets")


# While a task is screened: the distance from a kink of the unit nearest to one.
nearest = None


def watch(distances):
    global nearest
    nearest = min(nearest, float(distances.detach().abs().min()))


def relu(x):
    if nearest is not None:
        watch(x)
    return F.relu(x)


def relu_and_pool(x):
    """Relu, then the maximum of each 2 x 2. It has a kink where that maximum is zero, or is positive and reached twice."""
    if nearest is not None:
        even = x.detach()[:, :, : x.shape[2] // 2 * 2, : x.shape[3] // 2 * 2]
        largest, second = even.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4).topk(2).values.unbind(-1)
        watch(largest)
        watch(torch.where(largest > 0, largest - second, torch.ones_like(largest)))
    return F.max_pool2d(F.relu(x), 2)


def head(values, x):
    return x @ values["head.weight"] + values["head.bias"]


def conv4(values, images):
    """Images and weights come in NHWC and HWIO; PyTorch convolves NCHW with OIHW."""
    x = images.permute(0, 3, 1, 2)
    for block in ("block1", "block2", "block3", "block4"):
        x = F.conv2d(x, values[f"{block}.conv.weight"].permute(3, 2, 0, 1), values[f"{block}.conv.bias"], padding=1)
        # Written out rather than called, so that its derivatives of every order are plain arithmetic.
        x = x - x.mean((0, 2, 3), keepdim=True)
        x = x * torch.rsqrt((x * x).mean((0, 2, 3), keepdim=True) + NORM_EPSILON)
        x = x * values[f"{block}.norm.scale"].view(-1, 1, 1) + values[f"{block}.norm.shift"].view(-1, 1, 1)
        x = relu_and_pool(x)
    return head(values, x.permute(0, 2, 3, 1).flatten(1))


def mlp(values, x):
    layer = 1
    while f"layer{layer}.weight" in values:
        x = relu(x @ values[f"layer{layer}.weight"] + values[f"layer{layer}.bias"])
        layer += 1
    return head(values, x)


def cross_entropy(outputs, targets):
    return -(targets * F.log_softmax(outputs, 1)).sum(1).mean()


def mean_squared_error(outputs, targets):
    return ((outputs - targets) ** 2).mean()


MODELS = {"conv4": conv4, "mlp": mlp}
LOSSES = {"cross_entropy": cross_entropy, "mse": mean_squared_error}


def read_config(path):
    with open(path) as file:
        config = json.load(file)
    required = CONFIG_KEYS + (("steps", "tasks") if "margin" in config else ())
    missing = [key for key in required if key not in config]
    if missing:
        raise SystemExit(f"{path}: missing {', '.join(missing)}")
    for key, known in (("model", tuple(MODELS)), ("loss", tuple(LOSSES)), ("order", (1, 2)), ("outer", ("adam",))):
        if config[key] not in known:
            raise SystemExit(f"{path}: {key} is {config[key]!r}, and must be one of {known}")
    return config


def adapt(config, parameters, inputs, targets):
    """The task's parameters after the inner steps, differentiable in `parameters`."""
    model, loss = MODELS[config["model"]], LOSSES[config["loss"]]
    names, fast = list(parameters), parameters
    for _ in range(config["innerSteps"]):
        support_loss = loss(model(fast, inputs), targets)
        # First order keeps the path through the parameters themselves and treats each inner gradient as a constant.
        gradients = torch.autograd.grad(support_loss, [fast[n] for n in names], create_graph=config["order"] == 2)
        fast = {n: fast[n] - config["innerRate"] * g for n, g in zip(names, gradients)}
    return fast


def meta_loss_and_gradient(config, parameters, episode):
    """Mean query loss of one meta-batch, every task's own, and the gradient of the mean."""
    model, loss = MODELS[config["model"]], LOSSES[config["loss"]]
    tasks = len(episode["support_inputs"])
    losses = []
    total = [torch.zeros_like(p) for p in parameters.values()]
    for task in range(tasks):
        fast = adapt(config, parameters, episode["support_inputs"][task], episode["support_targets"][task])
        query_loss = loss(model(fast, episode["query_inputs"][task]), episode["query_targets"][task])
        for sum_, gradient in zip(total, torch.autograd.grad(query_loss, list(parameters.values()))):
            sum_ += gradient / tasks
        losses.append(query_loss.item())
    return sum(losses) / tasks, losses, total


def distance_from_kinks(config, parameters, episode):
    global nearest
    nearest = float("inf")
    fast = adapt({**config, "order": 1}, parameters, episode["support_inputs"], episode["support_targets"])
    MODELS[config["model"]](fast, episode["query_inputs"])
    distance, nearest = nearest, None
    return distance


def batches(config, parameters, episodes, dtype):
    """The tasks of every meta-step, and, where they are chosen from a pool, which. The choice looks at the parameters of its time."""
    count = len(episodes["support_inputs"])

    def part(index):
        return {key: torch.tensor(episodes[key][index]).to(dtype) for key in EPISODE_KEYS}

    if "margin" not in config:
        for step in range(count):
            yield part(step), None
        return
    candidate = 0
    for step in range(config["steps"]):
        chosen = []
        while len(chosen) < config["tasks"]:
            if candidate == count:
                raise SystemExit(f"the pool of {count} tasks was used up at meta-step {step} of {config['steps']}")
            if distance_from_kinks(config, parameters, part(candidate)) > config["margin"]:
                chosen.append(candidate)
            candidate += 1
        yield part(chosen), chosen


def follow(config, weights, episodes, dtype):
    """Every meta-step's losses, and the final weights."""
    parameters = {n: torch.tensor(w).to(dtype).requires_grad_() for n, w in weights.items()}
    optimizer = torch.optim.Adam(
        parameters.values(), lr=config["outerRate"], betas=(config["beta1"], config["beta2"]), eps=config["epsilon"]
    )
    losses, task_losses, norms, choices = [], [], [], []
    for episode, chosen in batches(config, parameters, episodes, dtype):
        loss, each, gradient = meta_loss_and_gradient(config, parameters, episode)
        for parameter, value in zip(parameters.values(), gradient):
            parameter.grad = value
        optimizer.step()
        losses.append(loss)
        task_losses.append(each)
        norms.append(float(torch.sqrt(sum((g.double() ** 2).sum() for g in gradient))))
        choices.append(chosen)
    result = {
        "losses": losses,
        "taskLosses": task_losses,
        "gradientNorms": norms,
        "order": config["order"],
        "model": config["model"],
        "dtype": str(dtype).removeprefix("torch."),
        "torch": torch.__version__,
    }
    if "margin" in config:
        result["chosen"] = choices
    return result, {n: p.detach().numpy() for n, p in parameters.items()}


def random_case(model, generator, steps=1, tasks=2, ways=3, channels=4):
    """Small random weights and episodes of either model, in double."""

    def normal(*shape, scale=1.0):
        return generator.standard_normal(shape) * scale

    weights = {}
    if model == "conv4":
        for block, inputs in enumerate((1, channels, channels, channels), 1):
            weights[f"block{block}.conv.weight"] = normal(3, 3, inputs, channels, scale=(2 / (9 * inputs)) ** 0.5)
            weights[f"block{block}.conv.bias"] = normal(channels, scale=0.1)
            weights[f"block{block}.norm.scale"] = 1 + normal(channels, scale=0.1)
            weights[f"block{block}.norm.shift"] = normal(channels, scale=0.1)
        features, outputs, shape = 4 * channels, ways, (32, 32, 1)
    else:
        for layer, (inputs, hidden) in enumerate(((1, 8), (8, 8)), 1):
            weights[f"layer{layer}.weight"] = normal(inputs, hidden, scale=inputs**-0.5)
            weights[f"layer{layer}.bias"] = normal(hidden, scale=0.1)
        features, outputs, shape = 8, 1, (1,)
    weights["head.weight"] = normal(features, outputs, scale=features**-0.5)
    weights["head.bias"] = normal(outputs, scale=0.1)

    episodes = {}
    for part, examples in (("support", 2 * ways), ("query", 3 * ways)):
        episodes[f"{part}_inputs"] = normal(steps, tasks, examples, *shape)
        targets = normal(steps, tasks, examples, 1)
        if model == "conv4":
            targets = numpy.eye(ways)[numpy.arange(examples) % ways] + numpy.zeros((steps, tasks, 1, 1))
        episodes[f"{part}_targets"] = targets
    return weights, episodes


def self_check():
    """Exact meta-gradient against central differences in double, first order against its definition."""
    failed = False
    for model, loss in (("conv4", "cross_entropy"), ("mlp", "mse")):
        generator = numpy.random.default_rng(0)
        weights, episodes = random_case(model, generator)
        parameters = {n: torch.tensor(w).requires_grad_() for n, w in weights.items()}
        episode = {key: torch.tensor(episodes[key][0]) for key in EPISODE_KEYS}
        config = dict(model=model, loss=loss, innerSteps=3, innerRate=0.1)
        gradients = {}
        for order in (1, 2):
            gradients[order] = meta_loss_and_gradient({**config, "order": order}, parameters, episode)[2]

        def shifted(direction, amount):
            moved = {
                n: (p.detach() + amount * d).requires_grad_() for (n, p), d in zip(parameters.items(), direction)
            }
            return meta_loss_and_gradient({**config, "order": 1}, moved, episode)[0]

        worst, crossed = 0.0, 0
        for _ in range(10):
            direction = [torch.tensor(generator.standard_normal(tuple(p.shape))) for p in parameters.values()]
            predicted = float(sum((g * d).sum() for g, d in zip(gradients[2], direction)))
            # Where a relu or a pooling changes its branch, the two step widths disagree: no derivative to compare with.
            wide, narrow = (
                (shifted(direction, h) - shifted(direction, -h)) / (2 * h) for h in (2e-6, 1e-6)
            )
            if abs(wide - narrow) > 1e-6 * abs(narrow):
                crossed += 1
            else:
                worst = max(worst, abs(predicted - narrow) / abs(narrow))

        # First order is the query gradient at the adapted parameters, taken there as if nothing came before.
        expected = [torch.zeros_like(p) for p in parameters.values()]
        for task in range(len(episode["support_inputs"])):
            fast = adapt(
                {**config, "order": 1}, parameters, episode["support_inputs"][task], episode["support_targets"][task]
            )
            fast = {n: f.detach().requires_grad_() for n, f in fast.items()}
            outputs = MODELS[model](fast, episode["query_inputs"][task])
            query_loss = LOSSES[loss](outputs, episode["query_targets"][task]) / len(episode["support_inputs"])
            for sum_, gradient in zip(expected, torch.autograd.grad(query_loss, list(fast.values()))):
                sum_ += gradient

        def distance(left, right):
            left, right = (torch.cat([g.flatten() for g in side]) for side in (left, right))
            return float((left - right).norm() / right.norm())

        first_error, apart = distance(gradients[1], expected), distance(gradients[1], gradients[2])
        passed = worst <= 1e-6 and crossed < 5 and first_error <= 1e-12 and apart > 0.01
        failed |= not passed
        print(
            f"{model}: exact against central differences {worst:.1e} ({crossed} of 10 directions left out at a kink), "
            f"first order against its definition {first_error:.1e}, the orders differ by {apart:.2f}: "
            f"{'ok' if passed else 'FAILED'}"
        )
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--weights")
    parser.add_argument("--episodes")
    parser.add_argument("--config")
    parser.add_argument("--output")
    parser.add_argument("--output-weights", help="also write the final weights")
    parser.add_argument("--double", action="store_true", help="compute in double instead of float32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--self-check", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.self_check:
        return self_check()
    for name in ("weights", "episodes", "config", "output"):
        if getattr(options, name) is None:
            parser.error(f"--{name} is required")
    episodes = tensor_file.read(options.episodes)
    missing = [key for key in EPISODE_KEYS if key not in episodes]
    if missing:
        raise SystemExit(f"{options.episodes}: missing {', '.join(missing)}")
    dtype = torch.float64 if options.double else torch.float32
    result, weights = follow(read_config(options.config), tensor_file.read(options.weights), episodes, dtype)
    with open(options.output, "w") as file:
        json.dump(result, file)
    if options.output_weights:
        tensor_file.write(options.output_weights, weights)
    print(f"{len(result['losses'])} meta-steps: loss {result['losses'][0]:.6f} to {result['losses'][-1]:.6f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
