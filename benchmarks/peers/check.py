"""Do the peers compute the same thing? Loss and meta-gradient of each training variant, in double, on small episodes.

The plain loop is the definition. The first-order gradient must differ from it, or a comparison would not notice a
variant that silently dropped the second derivatives. Exits with 1 where a variant fails.
"""

import dataclasses
import sys

import torch
import torch.nn.functional as F
from common import WORKLOADS, Batch, make_batch, make_parameters
from convolution import bilinear_convolve
from maml_loop import meta_gradient
from maml_vmap import functorch_meta_gradient, manual_meta_gradient, trace

TOLERANCE = 1e-8


def relative_difference(left, right):
    left, right = (torch.cat([g.flatten() for g in side]) for side in (left, right))
    return float((left - right).norm() / right.norm())


def variants(workload, batch, parameters):
    """(name, first order?, gradients) of every way of computing the meta-gradient."""
    episode = (batch.support_inputs, batch.support_targets, batch.query_inputs, batch.query_targets)
    values = tuple(p.detach() for p in parameters)
    for first_order in (False, True):
        suffix = " first order" if first_order else ""
        if workload.model == "conv4":
            yield "loop, bilinear" + suffix, first_order, meta_gradient(
                workload, batch, parameters, first_order, bilinear_convolve
            )[1]
        yield "vmap" + suffix, first_order, functorch_meta_gradient(workload, first_order)(values, *episode)[0]
        yield "vmap, traced" + suffix, first_order, trace(
            functorch_meta_gradient(workload, first_order), values, episode, False
        )(values, *episode)[0]
        if workload.model == "mlp":
            yield "vmap, scripted" + suffix, first_order, trace(
                functorch_meta_gradient(workload, first_order), values, episode, True
            )(values, *episode)[0]
        yield "batched" + suffix, first_order, manual_meta_gradient(workload, first_order)(parameters, *episode)[0]


def main():
    torch.set_num_threads(1)
    failed = False
    for name, tasks in (("sine-25x10-5steps", 3), ("omniglot-32x5w1s-1q-1step", 2)):
        workload = dataclasses.replace(WORKLOADS[name], tasks=tasks, steps=2)
        parameters = [p.detach().double().requires_grad_() for p in make_parameters(workload)]
        batch = Batch(*(
            t.double() if t.is_floating_point() else t for t in dataclasses.astuple(make_batch(workload))
        ))
        exact, first = (meta_gradient(workload, batch, parameters, order)[1] for order in (False, True))
        print(f"{workload.model}: first order differs from exact by {relative_difference(first, exact):.3f}")
        failed |= relative_difference(first, exact) < 0.01
        for variant, first_order, gradients in variants(workload, batch, parameters):
            difference = relative_difference(gradients, first if first_order else exact)
            passed = difference <= TOLERANCE
            failed |= not passed
            print(f"  {variant:28} {difference:.1e} {'ok' if passed else 'FAILED'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
