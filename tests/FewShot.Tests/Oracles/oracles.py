"""What every row of the catalogue should compute, by formulas alone, in double; no code is shared with FewShot.

    oracles.py FOLDER

reads cases.json (a list) and cases.safetensors (the tensors of case i under "i/") in the folder, and writes
results.safetensors (results of case i under "i/") and results.json: the rows known, and the error of each case that
could not be computed. A case of kind "learner" has the specification of a learner; its results are "answers" and "loss" of
training, "gradient:NAME" of every meta-parameter, "observed:NAME" of running statistics, "task:y:NAME" and "task:v:NAME" of a warm start,
and "adapted", the answers of a user's adaptation. The other kinds are "optimizer" and "weighting".
"""

import json
import pathlib
import sys
import traceback

import closed_forms
import numpy
import outer
import tensor_file
import torch
from descent import Descent, energy, hessian_free, reptile, unrolled
from implicit import implicit
from task import Task


def gradient_row(meta_gradient, **descent):
    """A row of gradient descent: the inner loop's own values, and how the query loss reaches the meta-parameters."""

    def row(task):
        inner = Descent(task, **descent)
        return (*meta_gradient(task, inner), inner.adapted())

    return row


def closed_row(rule):
    def row(task):
        answers, loss, gradients = rule(task)
        return answers, loss, gradients, answers

    return row


def exact(**options):
    return lambda task, inner: unrolled(task, inner, task.learner["exactSteps"], **options)


def solved(solver):
    return lambda task, inner: implicit(task, inner, solver)


def truncated(task, inner):
    steps = task.learner["exactSteps"]
    return unrolled(task, inner, 1 if steps is None else steps)


LOWER = dict(pattern="head", regularization="squared-norm")

ROWS = {
    "maml": gradient_row(exact()),
    "fomaml": gradient_row(lambda task, inner: unrolled(task, inner, 0)),
    "anil": gradient_row(exact(), pattern="head"),
    "boil": gradient_row(exact(), pattern="body"),
    "meta-sgd": gradient_row(exact(), rates="parameter"),
    "maml++": gradient_row(exact(multi_step=True), rates="layerAndStep"),
    "reptile": gradient_row(reptile),
    "r2d2": closed_row(closed_forms.ridge),
    "protonet": closed_row(closed_forms.prototypes),
    "protonet-cosine": closed_row(closed_forms.prototypes_cosine),
    "matching": closed_row(closed_forms.matching),
    "lr-d2": closed_row(closed_forms.logistic),
    "fiml": closed_row(closed_forms.steepest_head),
    "amfs": closed_row(closed_forms.kernel_regression),
    "amfs-inner": closed_row(closed_forms.kernel_regression),
    "amfs-outer": gradient_row(exact()),
    "meta-rkhs-i": gradient_row(energy),
    "meta-rkhs-i-norm": gradient_row(lambda task, inner: energy(task, inner, one_batch=True)),
    "meta-rkhs-ii": closed_row(closed_forms.tangent_flow),
    "mrml": gradient_row(solved("cg"), **LOWER),
    "imaml": gradient_row(solved("cg:5"), regularization="proximal"),
    "itd-bio": gradient_row(exact(), **LOWER),
    "aid-bio": gradient_row(solved("fixed-point"), **LOWER),
    "neumann": gradient_row(solved("neumann"), **LOWER),
    "truncated": gradient_row(truncated),
    "hf-maml": gradient_row(hessian_free),
}


def learner_case(case, tensors):
    def part(prefix):
        return {name[len(prefix):]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}

    name = case["learner"]["method"]
    if name not in ROWS:
        raise KeyError(f"row {name} has no oracle: write one in {__file__}")
    task = Task(case["learner"], part("meta/"), part("episode/"), part("extra/"))
    answers, loss, gradients, *kept, adapted = ROWS[name](task)
    results = {"answers": answers, "loss": loss, **{f"gradient:{n}": g for n, g in gradients.items()}, **(kept[0] if kept else {})}
    if task.statistics == "running":
        seen = {}
        task.embed_support(task.phi, seen)
        results.update({f"observed:{n}": value for n, value in seen.items()})
    results["adapted"] = torch.softmax(adapted, 1) if task.classifies else adapted
    return results


KINDS = {"learner": learner_case, "optimizer": outer.follow, "weighting": outer.weigh}


def main():
    torch.set_num_threads(1)
    folder = pathlib.Path(sys.argv[1])
    cases = json.loads((folder / "cases.json").read_text())
    given = [{} for _ in cases]
    for name, value in tensor_file.read(folder / "cases.safetensors").items():
        index, _, own = name.partition("/")
        given[int(index)][own] = torch.tensor(value.astype(numpy.float64))
    results, errors = {}, {}
    for index, (case, tensors) in enumerate(zip(cases, given)):
        try:
            for name, value in KINDS[case["kind"]](case, tensors).items():
                results[f"{index}/{name}"] = value.detach().numpy()
        except Exception:
            errors[str(index)] = traceback.format_exc()
    tensor_file.write(folder / "results.safetensors", results)
    (folder / "results.json").write_text(json.dumps({"rows": list(ROWS), "errors": errors, "torch": torch.__version__}))


if __name__ == "__main__":
    main()
