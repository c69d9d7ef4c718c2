"""MAML with all tasks of a meta-batch in one pass, each with its own fast weights.

--batching functorch   vmap over tasks and grad over parameters, the dozen lines of the functorch tutorial
--batching manual      the same by hand: batched matrix products, grouped convolutions, plain autograd
--traced               the functorch program traced once to a flat list of operations (make_fx), so that neither vmap
                       nor autograd runs again; `script` also compiles it to TorchScript, which leaves Python out
"""

import torch
import torch.nn.functional as F
from common import main, make_batch, make_model, make_parameters

FLAGS = {
    "--batching": dict(choices=("functorch", "manual"), default="functorch"),
    "--traced": dict(choices=("no", "fx", "script"), default="no"),
    "--first-order": dict(action="store_true"),
}


def functorch_meta_gradient(workload, first_order=False):
    """A function of (parameters, support inputs and targets, query inputs and targets): (gradients, loss)."""
    from functorch import grad, grad_and_value, vmap

    features, loss_function = make_model(workload)

    def loss_of(values, inputs, targets):
        return loss_function(F.linear(features(values, inputs), values[-2], values[-1]), targets)

    def task_loss(parameters, support_inputs, support_targets, query_inputs, query_targets):
        fast = parameters
        for _ in range(workload.steps):
            gradients = grad(loss_of)(fast, support_inputs, support_targets)
            if first_order:
                gradients = tuple(g.detach() for g in gradients)
            fast = tuple(torch.sub(p, g, alpha=workload.inner_rate) for p, g in zip(fast, gradients))
        return loss_of(fast, query_inputs, query_targets)

    # Each task's gradient is taken inside vmap and averaged outside. The other order, the gradient of the mean of a
    # vmap, is silently wrong in functorch 1.13 where the inner loop differentiates batch_norm (12 % in a layer's input
    # gradient, in double), though each of its parts is right; check.py would show it.
    def meta_gradient(parameters, *episode):
        gradients, losses = vmap(grad_and_value(task_loss), in_dims=(None, 0, 0, 0, 0))(parameters, *episode)
        return tuple(g.mean(0) for g in gradients), losses.mean()

    return meta_gradient


def batched_loss(workload):
    """Sum over tasks of the loss of inputs [tasks, examples, ...] under parameters [tasks, ...]."""
    tasks = workload.tasks

    def mlp(values, inputs, targets):
        x = F.relu(torch.baddbmm(values[1].unsqueeze(1), inputs, values[0].transpose(1, 2)))
        x = F.relu(torch.baddbmm(values[3].unsqueeze(1), x, values[2].transpose(1, 2)))
        x = torch.baddbmm(values[5].unsqueeze(1), x, values[4].transpose(1, 2))
        return F.mse_loss(x, targets, reduction="sum") / targets[0].numel()

    def conv4(values, inputs, targets):
        # Tasks become groups of channels: [examples, tasks * channels, height, width].
        x = inputs.transpose(0, 1).flatten(1, 2)
        for index in range(0, 16, 4):
            weight, bias, scale, shift = (v.flatten(0, 1) for v in values[index : index + 4])
            x = F.conv2d(x, weight, bias, padding=1, groups=tasks)
            x = F.batch_norm(x, None, None, scale, shift, training=True)
            x = F.max_pool2d(F.relu(x), 2)
        x = x.unflatten(1, (tasks, -1)).flatten(2).transpose(0, 1)
        x = torch.baddbmm(values[17].unsqueeze(1), x, values[16].transpose(1, 2))
        return F.cross_entropy(x.flatten(0, 1), targets.flatten(), reduction="sum") / targets.shape[1]

    return mlp if workload.model == "mlp" else conv4


def manual_meta_gradient(workload, first_order=False):
    loss_of = batched_loss(workload)

    def meta_gradient(parameters, support_inputs, support_targets, query_inputs, query_targets):
        fast = [p.expand(workload.tasks, *p.shape) for p in parameters]
        for _ in range(workload.steps):
            # Tasks share nothing, so the gradient of the sum is each task's own gradient.
            loss = loss_of(fast, support_inputs, support_targets)
            gradients = torch.autograd.grad(loss, fast, create_graph=not first_order)
            fast = [torch.sub(p, g, alpha=workload.inner_rate) for p, g in zip(fast, gradients)]
        loss = loss_of(fast, query_inputs, query_targets) / workload.tasks
        return torch.autograd.grad(loss, parameters), loss.detach()

    return meta_gradient


def trace(function, parameters, episode, script):
    """The program `function` runs on these shapes, as a flat list of operations."""
    from functorch import make_fx

    count = len(parameters)

    def flat(*tensors):
        gradients, loss = function(tensors[:count], *tensors[count:])
        return (*gradients, loss)

    traced = make_fx(flat)(*parameters, *episode)
    traced.graph.eliminate_dead_code()
    traced.recompile()
    if script:
        # Traced once more, because TorchScript's front end does not know every call of the generated Python.
        traced = torch.jit.freeze(torch.jit.trace(traced, (*parameters, *episode), check_trace=False).eval())

    def run(values, *tensors):
        *gradients, loss = traced(*values, *tensors)
        return gradients, loss

    return run


def prepare(workload, options):
    if workload.adaptation_only:
        raise SystemExit(f"'{workload.name}' has no query set: use adapt_one.py or anil_cached.py")
    parameters, batch = make_parameters(workload), make_batch(workload)
    episode = (batch.support_inputs, batch.support_targets, batch.query_inputs, batch.query_targets)
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    if options.batching == "manual":
        if options.traced != "no":
            raise SystemExit("--traced needs --batching functorch: make_fx does not see through torch.autograd.grad here")
        meta_gradient, values = manual_meta_gradient(workload, options.first_order), parameters
    else:
        # Detached views of the same memory: functorch differentiates by itself, the optimiser updates in place.
        meta_gradient, values = functorch_meta_gradient(workload, options.first_order), tuple(p.detach() for p in parameters)
        if options.traced == "script" and workload.model == "conv4":
            raise SystemExit("TorchScript 1.13 cannot trace the batched batch_norm of conv4: use --traced fx")
        if options.traced != "no":
            meta_gradient = trace(meta_gradient, values, episode, options.traced == "script")

    def repetition():
        gradients, loss = meta_gradient(values, *episode)
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient
        optimizer.step()
        return loss

    name = "maml-vmap" if options.batching == "functorch" else "maml-batched"
    name += {"no": "", "fx": "-traced", "script": "-scripted"}[options.traced]
    name += "-first-order" if options.first_order else ""
    return name, 1 if options.first_order else 2, repetition


if __name__ == "__main__":
    main(prepare, FLAGS)
