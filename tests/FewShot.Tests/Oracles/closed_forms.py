"""Adaptation in closed form, each by another form of the mathematics than the product's.

Constants such as 1e-4 are the guards that the product has beside the formulas.
"""

import torch
from task import changing, derivative, flat


def finish(task, answers):
    loss = task.query_loss(answers)
    return answers, loss, dict(zip(task.phi, derivative(loss, list(task.phi.values()))))


def with_ones(x):
    return torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], 1)


def classes(task):
    """The support examples of each class."""
    return [(task.support_targets[:, c] == 1).nonzero()[:, 0] for c in range(task.ways)]


def ridge(task):
    """The normal equations of neither form: least squares of [X; sqrt(lambda) I] W = [Y; 0] by a QR factorisation."""
    x = with_ones(task.embed_support(task.phi))
    n, e = x.shape
    root = torch.sqrt(task.positive("ridge.regularization"))
    q, r = torch.linalg.qr(torch.cat([x / n**0.5, root * torch.eye(e, dtype=x.dtype)]))
    weight = torch.linalg.solve_triangular(r, q[:n].T @ task.support_targets / n**0.5, upper=True)
    values = with_ones(task.embed_query(task.phi)) @ weight
    return finish(task, task.phi["ridge.scale"] * values + task.phi["ridge.shift"] if task.classifies else values)


def logistic(task, iterations=5):
    """Newton's method in the weights, one class against the rest: (X'SX + lambda I) w = X'Sz."""
    x = with_ones(task.embed_support(task.phi))
    penalty = (task.positive("logistic.regularization") + 1e-4) * torch.eye(x.shape[1], dtype=x.dtype)
    columns = []
    for y in task.support_targets.T:
        w = torch.zeros(x.shape[1], dtype=x.dtype)
        for _ in range(iterations):
            mean = torch.sigmoid(x @ w)
            s = torch.clamp(mean * (1 - mean), min=1e-4)
            z = x @ w + (y - mean) / s
            w = torch.linalg.solve(x.T @ (s[:, None] * x) + penalty, x.T @ (s * z))
        columns.append(w)
    return finish(task, task.phi["logistic.scale"] * with_ones(task.embed_query(task.phi)) @ torch.stack(columns, 1))


def prototypes(task):
    x, z = task.embed_support(task.phi), task.embed_query(task.phi)
    means = torch.stack([x[members].mean(0) for members in classes(task)])
    return finish(task, 2 * z @ means.T - (z**2).sum(1, keepdim=True) - (means**2).sum(1))


def cosines(a, b):
    return a @ b.T / torch.sqrt(((a**2).sum(1, keepdim=True) + 1e-12) * ((b**2).sum(1) + 1e-12))


def prototypes_cosine(task):
    x, z = task.embed_support(task.phi), task.embed_query(task.phi)
    means = torch.stack([x[members].mean(0) for members in classes(task)])
    return finish(task, task.phi["prototypes.scale"] * cosines(z, means))


def matching(task):
    x, z = task.embed_support(task.phi), task.embed_query(task.phi)
    likeness = task.phi["matching.scale"] * cosines(z, x)
    total = torch.logsumexp(likeness, 1)
    shares = [torch.exp(torch.logsumexp(likeness[:, members], 1) - total) for members in classes(task)]
    return finish(task, torch.log(torch.stack(shares, 1) + 1e-6))


def steepest_head(task, steps=5):
    """Gradient and line search written out: r = v (m s + (1 - m) max(s, 0) - t), J = diag(dr/ds) X."""

    def features(z):
        return z / torch.sqrt((z**2).sum(1, keepdim=True) + 1e-6)

    def choose(part):
        own, other = (task.phi[f"descent.{kind}_{part}"] for kind in ("own", "other"))
        return torch.where(task.support_targets == 1, own, other)

    x, factor, slope, target = features(task.embed_support(task.phi)), choose("weight"), choose("slope"), choose("target")
    penalty = task.positive("descent.ridge")
    w = torch.stack([x[members].mean(0) for members in classes(task)], 1)
    for _ in range(steps):
        s = x @ w
        tilt = factor * torch.where(s > 0, torch.ones_like(slope), slope)
        g = x.T @ (tilt * (tilt * s - factor * target)) + penalty * w
        curvature = ((tilt * (x @ g)) ** 2).sum() + penalty * (g**2).sum()
        w = w - g * (g**2).sum() / (curvature + 1e-12)
    return finish(task, task.phi["descent.scale"] * features(task.embed_query(task.phi)) @ w)


def jacobian(task, answers, pattern):
    layers = changing(pattern, 0, 1, task.layers)
    parameters = [value for name, value in task.model.items() if name.split(".")[0] in layers]
    return torch.stack([flat(derivative(answer, parameters, keep=True)) for answer in answers.reshape(-1)])


def centred(task):
    return task.support_targets - 1 / task.ways if task.classifies else task.support_targets


def kernel_regression(task):
    """One system over examples and outputs, Jacobians written out for both sets, even where the head alone would make it small."""
    pattern = task.learner["pattern"] or "head"
    x, z = task.embed_support(task.phi), task.embed_query(task.phi)
    at_support, at_query = task.answer_support(task.phi), task.answer_query(task.phi)
    left, right = jacobian(task, at_support, pattern), jacobian(task, at_query, pattern)
    scale = task.positive("kernel.tangent_scale") / (left**2).sum(1).mean()

    def distances(a, b):
        return ((a[:, None] - b[None]) ** 2).sum(2)

    width = task.positive("kernel.width") * (distances(x, x).mean() + 1e-6)

    def kernel(z, tangents):
        bell = task.positive("kernel.rbf_scale") * torch.exp(-distances(z, x) / (2 * width))
        return torch.kron(bell, torch.eye(task.ways, dtype=x.dtype)) + scale * tangents @ left.T

    system = kernel(x, left) + (task.positive("kernel.ridge") + 1e-4) * torch.eye(left.shape[0], dtype=x.dtype)
    coefficients = torch.linalg.solve(system, (centred(task) - at_support).reshape(-1))
    answers = at_query + (kernel(z, right) @ coefficients).view_as(at_query)
    return finish(task, task.phi["kernel.factor"] * answers if task.classifies else answers)


def tangent_flow(task):
    """f + H(x, X) int_0^t exp(-sH) ds (Y - f(X)), the integral as a block of the exponential of [[-tH, tI], [0, 0]]."""
    pattern, time = task.learner["pattern"] or "head", float(task.learner["flowTime"] or "inf")
    at_support, at_query = task.answer_support(task.phi), task.answer_query(task.phi)
    left, right = jacobian(task, at_support, pattern), jacobian(task, at_query, pattern)
    h = left @ left.T
    unit = torch.eye(len(h), dtype=h.dtype)
    residual = (centred(task) - at_support).reshape(-1)
    if time == float("inf"):
        coefficients = torch.linalg.solve(h + 1e-3 * torch.diagonal(h).mean() * unit, residual)
    else:
        zero = torch.zeros_like(h)
        whole = torch.matrix_exp(torch.cat([torch.cat([-time * h, time * unit], 1), torch.cat([zero, zero], 1)]))
        coefficients = whole[: len(h), len(h):] @ residual
    answers = at_query + (right @ left.T @ coefficients).view_as(at_query)
    return finish(task, task.phi["flow.factor"] * answers if task.classifies else answers)
