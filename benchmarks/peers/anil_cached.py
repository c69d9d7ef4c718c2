"""ANIL: only the head adapts, so the features of the support set are computed once and kept.

On adaptation workloads a repetition is one task: features without a graph, then the head's steps (--features-given
leaves the features out). On training workloads it is one meta-step: features with a graph, head adapted by
differentiable steps, meta-gradient, Adam; --task-threads N shares the tasks among N Python threads.
"""

import torch
import torch.nn.functional as F
from common import main, make_batch, make_model, make_parameters, shared_meta_step
from convolution import bilinear_convolve

FLAGS = {
    "--features-given": dict(action="store_true"),
    "--first-order": dict(action="store_true"),
    "--convolution": dict(choices=("autograd", "bilinear"), default="autograd"),
    "--task-threads": dict(type=int, default=1),
}


def adaptation(workload, options):
    initial, batch = make_parameters(workload), make_batch(workload)
    features, loss_function = make_model(workload)
    inputs, targets = batch.support_inputs[0], batch.support_targets[0]
    body = [p.detach() for p in initial]

    def embed():
        with torch.no_grad():
            return features(body, inputs)

    given = embed() if options.features_given else None

    def repetition():
        cached = embed() if given is None else given
        head = [p.detach().clone().requires_grad_() for p in initial[-2:]]
        for _ in range(workload.steps):
            loss = loss_function(F.linear(cached, *head), targets)
            gradients = torch.autograd.grad(loss, head)
            with torch.no_grad():
                torch._foreach_add_(head, gradients, alpha=-workload.inner_rate)
        return loss.detach()

    return "anil-cached" + ("-features-given" if options.features_given else ""), 1, repetition


def training(workload, options):
    if options.features_given:
        raise SystemExit(f"--features-given is for adaptation workloads, and '{workload.name}' trains the features")
    parameters, batch = make_parameters(workload), make_batch(workload)
    convolve = bilinear_convolve if options.convolution == "bilinear" else F.conv2d
    features, loss_function = make_model(workload, convolve)

    def task_gradient(task):
        cached = features(parameters, batch.support_inputs[task])
        head = parameters[-2:]
        for _ in range(workload.steps):
            loss = loss_function(F.linear(cached, *head), batch.support_targets[task])
            gradients = torch.autograd.grad(
                loss, head, create_graph=not options.first_order, retain_graph=True
            )
            head = [torch.sub(p, g, alpha=workload.inner_rate) for p, g in zip(head, gradients)]
        query = features(parameters, batch.query_inputs[task])
        loss = loss_function(F.linear(query, *head), batch.query_targets[task]) / workload.tasks
        return loss, torch.autograd.grad(loss, parameters)

    repetition = shared_meta_step(task_gradient, parameters, workload.tasks, options)
    name = "anil" + ("-bilinear" if options.convolution == "bilinear" else "")
    name += f"-{options.task_threads}-task-threads" if options.task_threads > 1 else ""
    return name + ("-first-order" if options.first_order else ""), 1 if options.first_order else 2, repetition


def prepare(workload, options):
    return (adaptation if workload.adaptation_only else training)(workload, options)


if __name__ == "__main__":
    main(prepare, FLAGS)
