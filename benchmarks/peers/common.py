"""What every PyTorch peer shares: workloads, models, inputs, timing and the command line.

A peer is a script that calls `main(prepare, flags)`, where `prepare(workload, options)` returns the peer's name, the
order of its gradient, and a function that performs one repetition and returns its loss as a tensor or a float.
"""

import argparse
import json
import math
import os
import resource
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass


def _requested_threads(arguments):
    """The value of --threads, read before torch is loaded: OpenMP and OpenBLAS look at it only once."""
    for index, argument in enumerate(arguments):
        if argument == "--threads" and index + 1 < len(arguments):
            return arguments[index + 1]
        if argument.startswith("--threads="):
            return argument.split("=", 1)[1]
    return "1"


for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, _requested_threads(sys.argv[1:]))

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402


@dataclass(frozen=True)
class Workload:
    """One row of the benchmark: its shapes and the number of inner steps."""

    name: str
    model: str  # "conv4" or "mlp"
    tasks: int
    ways: int
    shots: int
    queries: int  # a class; 0 where a single task is adapted and nothing is asked of it
    steps: int
    size: int = 28
    channels: int = 1

    @property
    def inner_rate(self):
        return 0.1 if self.model == "conv4" else 0.01

    @property
    def adaptation_only(self):
        return self.queries == 0


WORKLOADS = {
    w.name: w
    for w in (
        Workload("omniglot-32x5w1s-15q-5steps", "conv4", 32, 5, 1, 15, 5),
        Workload("omniglot-32x5w1s-1q-1step", "conv4", 32, 5, 1, 1, 1),
        Workload("omniglot-16x20w1s-5q-5steps", "conv4", 16, 20, 1, 5, 5),
        Workload("cifarfs-16x5w5s-15q-5steps", "conv4", 16, 5, 5, 15, 5, 32, 3),
        Workload("mini-4x5w1s-15q-5steps", "conv4", 4, 5, 1, 15, 5, 84, 3),
        Workload("sine-25x10-1step", "mlp", 25, 1, 10, 10, 1),
        Workload("sine-25x10-5steps", "mlp", 25, 1, 10, 10, 5),
        Workload("sine-25x10-20steps", "mlp", 25, 1, 10, 10, 20),
        *(
            Workload(f"memory-maml-{steps}step{'s' * (steps > 1)}", "conv4", 1, 5, 1, 15, steps)
            for steps in (1, 5, 20, 100)
        ),
        Workload("adapt-omniglot-5w1s-5steps", "conv4", 1, 5, 1, 0, 5),
        Workload("adapt-omniglot-5w5s-5steps", "conv4", 1, 5, 5, 0, 5),
        Workload("adapt-mlp", "mlp", 1, 1, 10, 0, 5),
    )
}

CHANNELS = 64
HIDDEN = 40


def make_parameters(workload, seed=0):
    """Randomly initialised parameters, each requiring a gradient, in the order the models read them."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape, fan_in):
        return torch.randn(*shape, generator=generator) * (2.0 / fan_in) ** 0.5

    parameters = []
    if workload.model == "mlp":
        for inputs, outputs in ((1, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 1)):
            # PyTorch's own initialisation of a linear layer, which keeps 20 inner steps finite.
            for shape in ((outputs, inputs), (outputs,)):
                parameters.append((torch.rand(*shape, generator=generator) * 2 - 1) / inputs**0.5)
    else:
        inputs, size = workload.channels, workload.size
        for _ in range(4):
            parameters += [
                normal(CHANNELS, inputs, 3, 3, fan_in=9 * inputs),
                torch.zeros(CHANNELS),
                torch.ones(CHANNELS),
                torch.zeros(CHANNELS),
            ]
            inputs, size = CHANNELS, size // 2
        features = CHANNELS * size * size
        parameters += [normal(workload.ways, features, fan_in=features), torch.zeros(workload.ways)]
    return [p.requires_grad_() for p in parameters]


@dataclass
class Batch:
    """Support and query of every task: inputs [tasks, examples, ...] and targets [tasks, examples(, 1)]."""

    support_inputs: torch.Tensor
    support_targets: torch.Tensor
    query_inputs: torch.Tensor
    query_targets: torch.Tensor


def make_batch(workload, seed=1):
    generator = torch.Generator().manual_seed(seed)

    def examples(count):
        if workload.model == "mlp":
            inputs = torch.rand(workload.tasks, count, 1, generator=generator) * 10 - 5
            phases = torch.rand(workload.tasks, 1, 1, generator=generator) * 3
            return inputs, torch.sin(inputs + phases)
        shape = (workload.tasks, count * workload.ways, workload.channels, workload.size, workload.size)
        targets = torch.arange(workload.ways).repeat_interleave(count).expand(workload.tasks, -1)
        return torch.rand(*shape, generator=generator), targets.contiguous()

    support = examples(workload.shots)
    query = examples(workload.queries) if workload.queries else (None, None)
    return Batch(*support, *query)


def block(inputs, weight, bias, scale, shift, convolve=F.conv2d):
    """Convolution, batch norm by the batch's own statistics, ReLU, pooling: a quarter of Conv4."""
    x = convolve(inputs, weight, bias, padding=1)
    x = F.batch_norm(x, None, None, scale, shift, training=True)
    return F.max_pool2d(F.relu(x), 2)


def conv4_features(parameters, inputs, convolve=F.conv2d):
    for index in range(0, 16, 4):
        inputs = block(inputs, *parameters[index : index + 4], convolve=convolve)
    return inputs.flatten(1)


def mlp_features(parameters, inputs):
    inputs = F.relu(F.linear(inputs, parameters[0], parameters[1]))
    return F.relu(F.linear(inputs, parameters[2], parameters[3]))


def make_model(workload, convolve=F.conv2d):
    """(features(parameters, inputs), loss(outputs, targets)) of a workload; the head is the last two parameters."""
    if workload.model == "mlp":
        return mlp_features, F.mse_loss
    return (lambda parameters, inputs: conv4_features(parameters, inputs, convolve)), F.cross_entropy


def parse(flags):
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--workload", required=True, choices=sorted(WORKLOADS))
    parser.add_argument("--threads", type=int, default=1, help="threads inside one operation")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print only the JSON object")
    parser.add_argument(
        "--server", action="store_true", help="answer each line 'run [COUNT]' of standard input with a JSON line"
    )
    for flag, settings in (flags or {}).items():
        parser.add_argument(flag, **settings)
    return parser.parse_args()


def percentile(sorted_values, fraction):
    """Nearest-rank percentile."""
    return sorted_values[max(0, math.ceil(fraction * len(sorted_values)) - 1)]


def measure(repetition, count):
    """Seconds of each of `count` repetitions, and the last loss."""
    seconds, loss = [], float("nan")
    for _ in range(count):
        start = time.perf_counter()
        loss = repetition()
        seconds.append(time.perf_counter() - start)
    loss = float(loss)
    if loss != loss or loss in (float("inf"), float("-inf")):
        raise SystemExit(f"the loss is {loss}: the timings of a run that diverged mean nothing")
    return seconds, loss


def sum_over_tasks(task_gradient, tasks):
    """(sum of the losses, of the gradients) that `task_gradient(task)` gives for each of `tasks`."""
    total_loss, total = 0.0, None
    for task in tasks:
        loss, gradients = task_gradient(task)
        if total is None:
            total = list(gradients)
        else:
            torch._foreach_add_(total, gradients)
        total_loss += float(loss)
    return total_loss, total


def shared_meta_step(task_gradient, parameters, tasks, options):
    """A repetition: the meta-gradient, added up by `options.task_threads` Python threads that share the tasks, and Adam."""
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    threads = options.task_threads
    # The number of threads of an operation is a property of the thread that calls it.
    pool = ThreadPoolExecutor(
        threads, initializer=torch.set_num_threads, initargs=(options.threads,)
    ) if threads > 1 else None

    def share(first):
        return sum_over_tasks(task_gradient, range(first, tasks, threads))

    def repetition():
        results = list(pool.map(share, range(threads))) if pool else [share(0)]
        total = results[0][1]
        for _, gradients in results[1:]:
            torch._foreach_add_(total, gradients)
        for parameter, gradient in zip(parameters, total):
            parameter.grad = gradient
        optimizer.step()
        return sum(loss for loss, _ in results)

    return repetition


def main(prepare, flags=None):
    """Run a peer. `prepare(workload, options)` returns (peer name, order of the gradient, repetition)."""
    options = parse(flags)
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    workload = WORKLOADS[options.workload]
    peer, order, repetition = prepare(workload, options)
    measure(repetition, max(1, options.warm_up))

    def report(count):
        seconds, loss = measure(repetition, count)
        ordered = sorted(seconds)
        return {
            "peer": peer,
            "workload": workload.name,
            "threads": options.threads,
            "seconds": seconds,
            "medianSeconds": statistics.median(seconds),
            "bestSeconds": ordered[0],
            "p50Seconds": percentile(ordered, 0.50),
            "p99Seconds": percentile(ordered, 0.99),
            "loss": loss,
            "torch": torch.__version__,
            "order": order,
            "processPeakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }

    if not options.server:
        result = report(options.repetitions)
        if not options.json:
            print(
                f"{peer}, {workload.name}, {options.threads} threads: "
                f"median {result['medianSeconds'] * 1e3:.2f} ms, best {result['bestSeconds'] * 1e3:.2f} ms"
            )
        print(json.dumps(result), flush=True)
        return

    print(json.dumps({"ready": True, "peer": peer, "workload": workload.name, "threads": options.threads}), flush=True)
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            return
        if words[:1] == ["run"] and len(words) <= 2 and all(w.isdigit() and int(w) > 0 for w in words[1:]):
            print(json.dumps(report(int(words[1]) if len(words) == 2 else 1)), flush=True)
        else:
            print(json.dumps({"error": f"unknown command '{line.strip()}': use 'run', 'run COUNT' or 'quit'"}), flush=True)
