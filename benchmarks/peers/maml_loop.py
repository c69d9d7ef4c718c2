"""MAML as most of its users write it: a Python loop over tasks, torch.autograd.grad for the inner steps.

--first-order            stop at the first derivative (FOMAML)
--convolution bilinear   second derivatives by ordinary convolutions (convolution.py)
--task-threads N         N Python threads share the tasks (each uses --threads inside an operation)
--channels-last          NHWC memory format
"""

import torch
import torch.nn.functional as F
from common import main, make_batch, make_model, make_parameters, task_pool
from convolution import bilinear_convolve

FLAGS = {
    "--first-order": dict(action="store_true"),
    "--convolution": dict(choices=("autograd", "bilinear"), default="autograd"),
    "--task-threads": dict(type=int, default=1),
    "--channels-last": dict(action="store_true"),
}


def meta_gradient(workload, batch, parameters, first_order=False, convolve=F.conv2d, tasks=None):
    """(sum over `tasks` of the query loss, of its gradient), both divided by the size of the whole meta-batch."""
    features, loss_function = make_model(workload, convolve)
    total_loss, total = 0.0, None

    def loss_of(values, inputs, targets):
        return loss_function(F.linear(features(values, inputs), values[-2], values[-1]), targets)

    for task in tasks if tasks is not None else range(workload.tasks):
        fast = parameters
        for _ in range(workload.steps):
            loss = loss_of(fast, batch.support_inputs[task], batch.support_targets[task])
            gradients = torch.autograd.grad(loss, fast, create_graph=not first_order)
            fast = [torch.sub(p, g, alpha=workload.inner_rate) for p, g in zip(fast, gradients)]
        loss = loss_of(fast, batch.query_inputs[task], batch.query_targets[task]) / workload.tasks
        gradients = torch.autograd.grad(loss, parameters)
        if total is None:
            total = list(gradients)
        else:
            torch._foreach_add_(total, gradients)
        total_loss += float(loss)
    return total_loss, total


def prepare(workload, options):
    if workload.adaptation_only:
        raise SystemExit(f"'{workload.name}' has no query set: use adapt_one.py or anil_cached.py")
    parameters, batch = make_parameters(workload), make_batch(workload)
    if options.channels_last and workload.model == "conv4":
        parameters = [
            p.detach().to(memory_format=torch.channels_last).requires_grad_() if p.dim() == 4 else p for p in parameters
        ]
        for name in ("support_inputs", "query_inputs"):
            images = getattr(batch, name)
            flat = images.flatten(0, 1).contiguous(memory_format=torch.channels_last)
            setattr(batch, name, flat.unflatten(0, images.shape[:2]))
    convolve = bilinear_convolve if options.convolution == "bilinear" else F.conv2d
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    shares = [range(i, workload.tasks, options.task_threads) for i in range(options.task_threads)]
    pool = task_pool(options.task_threads, options.threads)

    def share(tasks):
        return meta_gradient(workload, batch, parameters, options.first_order, convolve, tasks)

    def repetition():
        results = list(pool.map(share, shares)) if pool else [share(shares[0])]
        total = results[0][1]
        for _, gradients in results[1:]:
            torch._foreach_add_(total, gradients)
        for parameter, gradient in zip(parameters, total):
            parameter.grad = gradient
        optimizer.step()
        return sum(loss for loss, _ in results)

    name = "maml-loop"
    name += "-bilinear" if options.convolution == "bilinear" else ""
    name += "-channels-last" if options.channels_last else ""
    name += f"-{options.task_threads}-task-threads" if options.task_threads > 1 else ""
    name += "-first-order" if options.first_order else ""
    return name, 1 if options.first_order else 2, repetition


if __name__ == "__main__":
    main(prepare, FLAGS)
