"""Adapting one task by gradient steps on every parameter: the latency a user of the adapted model waits for.

Forward and backward passes of the support set only, no graph kept; what happens when a trained MAML meets a new task.
"""

import torch
import torch.nn.functional as F
from common import main, make_batch, make_model, make_parameters

FLAGS = {"--channels-last": dict(action="store_true")}


def prepare(workload, options):
    if not workload.adaptation_only:
        raise SystemExit(f"'{workload.name}' is a training workload: use maml_loop.py or maml_vmap.py")
    initial, batch = make_parameters(workload), make_batch(workload)
    features, loss_function = make_model(workload)
    inputs, targets = batch.support_inputs[0], batch.support_targets[0]
    if options.channels_last and workload.model == "conv4":
        inputs = inputs.contiguous(memory_format=torch.channels_last)
        initial = [
            p.detach().to(memory_format=torch.channels_last).requires_grad_() if p.dim() == 4 else p for p in initial
        ]

    def repetition():
        values = [p.detach().clone().requires_grad_() for p in initial]
        for _ in range(workload.steps):
            loss = loss_function(F.linear(features(values, inputs), values[-2], values[-1]), targets)
            gradients = torch.autograd.grad(loss, values)
            with torch.no_grad():
                torch._foreach_add_(values, gradients, alpha=-workload.inner_rate)
        return loss.detach()

    return "adapt-all" + ("-channels-last" if options.channels_last else ""), 1, repetition


if __name__ == "__main__":
    main(prepare, FLAGS)
