"""One task in double: the network, its parameters, the examples, and what a pass over either set is."""

import torch
import torch.nn.functional as F

NORM_EPSILON = 1e-5


def conv4(values, x, statistics):
    """Images and weights come in NHWC and HWIO; PyTorch convolves NCHW with OIHW."""
    x = x.permute(0, 3, 1, 2)
    for block in ("block1", "block2", "block3", "block4"):
        x = F.conv2d(x, values[f"{block}.conv.weight"].permute(3, 2, 0, 1), padding=1)
        mean, variance = statistics(f"{block}.norm", x)
        x = (x - mean.view(-1, 1, 1)) / torch.sqrt(variance.view(-1, 1, 1) + NORM_EPSILON)
        x = x * values[f"{block}.norm.scale"].view(-1, 1, 1) + values[f"{block}.norm.shift"].view(-1, 1, 1)
        x = F.max_pool2d(F.relu(x), 2)
    return x.permute(0, 2, 3, 1).flatten(1)


def mlp(values, x, statistics):
    x, layer = x.flatten(1), 1
    while f"layer{layer}.linear.weight" in values:
        x = F.relu(x @ values[f"layer{layer}.linear.weight"] + values[f"layer{layer}.linear.bias"])
        layer += 1
    return x


class Task:
    """`learner` is the specification; `values` every meta-parameter by name; `sets` the support and query examples."""

    def __init__(self, learner, values, sets, extra):
        self.learner, self.extra = learner, extra
        self.classifies = learner["kind"] == "classification"
        self.statistics = learner["normStatistics"]
        self.body = {"conv4": conv4, "mlp": mlp}[learner["network"]]
        running = [name for name in values if name.endswith((".norm.mean", ".norm.variance"))]
        self.running = {name: values[name] for name in running}
        self.phi = {name: value.requires_grad_() for name, value in values.items() if name not in running}
        self.support, self.support_targets = sets["support_inputs"], sets["support_targets"]
        self.query, self.query_targets = sets["query_inputs"], sets["query_targets"]
        self.ways = self.support_targets.shape[1]
        self.layers = list(dict.fromkeys(name.split(".")[0] for name in self.phi if name.startswith(("block", "layer", "head."))))

    @property
    def model(self):
        """The meta-parameters that are the network's."""
        return {name: value for name, value in self.phi.items() if name.split(".")[0] in self.layers}

    def positive(self, name):
        return torch.log1p(torch.exp(self.phi[name]))

    def of_batch(self, seen=None):
        def statistics(layer, x):
            mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
            if seen is not None:
                seen[f"{layer}.mean"], seen[f"{layer}.variance"] = mean, variance
            return mean, variance

        return statistics

    def given(self, known, seen=None):
        def statistics(layer, x):
            if seen is not None:
                self.of_batch(seen)(layer, x)
            return known[f"{layer}.mean"], known[f"{layer}.variance"]

        return statistics

    def embed_support(self, values, seen=None):
        statistics = self.given(self.running, seen) if self.statistics == "running" else self.of_batch(seen)
        return self.body(values, self.support, statistics)

    def embed_query(self, values):
        if self.statistics == "query":
            return self.body(values, self.query, self.of_batch())
        if self.statistics == "running":
            return self.body(values, self.query, self.given(self.running))
        seen = {}
        self.embed_support(values, seen)
        return self.body(values, self.query, self.given(seen))

    @staticmethod
    def head(values, embedding):
        return embedding @ values["head.weight"] + values["head.bias"]

    def answer_support(self, values):
        return self.head(values, self.embed_support(values))

    def answer_query(self, values):
        return self.head(values, self.embed_query(values))

    def loss(self, answers, targets):
        if self.classifies:
            return -(targets * F.log_softmax(answers, 1)).sum() / len(answers)
        return ((answers - targets) ** 2).mean()

    def query_loss(self, answers):
        return self.loss(answers, self.query_targets)


def changing(pattern, step, steps, layers):
    """The layers that a pattern's text lets change at a step."""
    if pattern == "all":
        return layers
    if pattern == "head":
        return layers[-1:]
    if pattern == "body":
        return layers[:-1]
    if pattern.startswith("last"):
        return layers[-int(pattern[4:]):]
    rows = pattern.split(";")
    if any(len(row) != len(layers) for row in rows) or len(rows) not in (1, steps):
        raise ValueError(f"pattern {pattern} does not fit {len(layers)} layers and {steps} steps")
    row = rows[0] if len(rows) == 1 else rows[step]
    return [layer for layer, bit in zip(layers, row) if bit == "1"]


def derivative(scalar, variables, keep=False):
    """The gradient by each variable, zeros where it has no influence."""
    parts = torch.autograd.grad(scalar, variables, create_graph=keep, retain_graph=True, allow_unused=True)
    return [torch.zeros_like(v) if g is None else g for v, g in zip(variables, parts)]


def flat(parts):
    return torch.cat([part.reshape(-1) for part in parts])


def shaped(vector, like):
    parts, start = [], 0
    for tensor in like:
        parts.append(vector[start : start + tensor.numel()].view_as(tensor))
        start += tensor.numel()
    return parts
