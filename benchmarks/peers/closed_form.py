"""Adapting one task in closed form: features without a graph, then a head that is solved or averaged rather than descended.

--head ridge        ridge regression by Woodbury's identity, a system as large as the support set (R2-D2)
--head prototypes   the mean embedding of each class (prototypical networks)
"""

import torch
import torch.nn.functional as F
from common import main, make_batch, make_model, make_parameters

FLAGS = {"--head": dict(choices=("ridge", "prototypes"), required=True)}


def ridge(features, targets):
    x = F.pad(features, (0, 1), value=1.0) / len(features) ** 0.5
    gram = x @ x.T
    gram.diagonal().add_(1.0)
    solved = torch.cholesky_solve(targets / len(features) ** 0.5, torch.linalg.cholesky(gram))
    return x.T @ solved


def prototypes(features, targets):
    return targets.T @ features / targets.sum(0).unsqueeze(1)


def prepare(workload, options):
    if not workload.adaptation_only:
        raise SystemExit(f"'{workload.name}' is a training workload: use maml_loop.py or maml_vmap.py")
    body, batch = [p.detach() for p in make_parameters(workload)], make_batch(workload)
    embed, _ = make_model(workload)
    inputs = batch.support_inputs[0]
    targets = F.one_hot(batch.support_targets[0], workload.ways).float()
    solve = {"ridge": ridge, "prototypes": prototypes}[options.head]

    def repetition():
        with torch.no_grad():
            return solve(embed(body, inputs), targets).sum()

    return options.head, 1, repetition


if __name__ == "__main__":
    main(prepare, FLAGS)
