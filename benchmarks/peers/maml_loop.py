"""MAML as most of its users write it: a Python loop over tasks, torch.autograd.grad for the inner steps.

--first-order            stop at the first derivative (FOMAML)
--convolution bilinear   second derivatives by ordinary convolutions (convolution.py)
--task-threads N         N Python threads share the tasks (each uses --threads inside an operation)
--channels-last          NHWC memory format
"""

import torch
import torch.nn.functional as F
from common import main, make_batch, make_model, make_parameters, shared_meta_step, sum_over_tasks
from convolution import bilinear_convolve

FLAGS = {
    "--first-order": dict(action="store_true"),
    "--convolution": dict(choices=("autograd", "bilinear"), default="autograd"),
    "--task-threads": dict(type=int, default=1),
    "--channels-last": dict(action="store_true"),
}


def task_gradient_of(workload, batch, parameters, first_order=False, convolve=F.conv2d):
    """A function of a task that gives its part of the meta-batch's mean query loss, and of its gradient."""
    features, loss_function = make_model(workload, convolve)

    def loss_of(values, inputs, targets):
        return loss_function(F.linear(features(values, inputs), values[-2], values[-1]), targets)

    def task_gradient(task):
        fast = parameters
        for _ in range(workload.steps):
            loss = loss_of(fast, batch.support_inputs[task], batch.support_targets[task])
            gradients = torch.autograd.grad(loss, fast, create_graph=not first_order)
            fast = [torch.sub(p, g, alpha=workload.inner_rate) for p, g in zip(fast, gradients)]
        loss = loss_of(fast, batch.query_inputs[task], batch.query_targets[task]) / workload.tasks
        return loss, torch.autograd.grad(loss, parameters)

    return task_gradient


def meta_gradient(workload, batch, parameters, first_order=False, convolve=F.conv2d):
    """(mean query loss of the meta-batch, its gradient)."""
    return sum_over_tasks(task_gradient_of(workload, batch, parameters, first_order, convolve), range(workload.tasks))


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
    task_gradient = task_gradient_of(workload, batch, parameters, options.first_order, convolve)
    repetition = shared_meta_step(task_gradient, parameters, workload.tasks, options)

    name = "maml-loop"
    name += "-bilinear" if options.convolution == "bilinear" else ""
    name += "-channels-last" if options.channels_last else ""
    name += f"-{options.task_threads}-task-threads" if options.task_threads > 1 else ""
    name += "-first-order" if options.first_order else ""
    return name, 1 if options.first_order else 2, repetition


if __name__ == "__main__":
    main(prepare, FLAGS)
