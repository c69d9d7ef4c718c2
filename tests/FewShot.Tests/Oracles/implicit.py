"""The hypergradient f_x - d/dx <g_y, v> with g_yy v = f_y, by linear algebra of another form than an iteration's own."""

import torch
from task import derivative, flat, shaped


def krylov(hessian, residual, iterations, enough):
    """What conjugate gradients reach: the best of the span of r, Hr, H^2 r, ..., by an orthonormal basis and a small dense system."""
    basis, images, solution = [], [], torch.zeros_like(residual)
    vector = residual
    for _ in range(iterations):
        left = residual - (torch.stack(images, 1) @ weights if basis else 0)
        if left.norm() <= enough:
            break
        for _ in range(2):
            for known in basis:
                vector = vector - (known @ vector) * known
        basis.append(vector / vector.norm())
        images.append(hessian(basis[-1]))
        vector = images[-1]
        q = torch.stack(basis, 1)
        small = q.T @ torch.stack(images, 1)
        if torch.linalg.eigvalsh((small + small.T) / 2)[0] <= 0:
            raise ValueError("the system is not positive definite: conjugate gradients are not defined on it")
        weights = torch.linalg.solve(small, q.T @ residual)
        solution = q @ weights
    return solution


def steepest(hessian, residual, iterations):
    v = torch.zeros_like(residual)
    for _ in range(iterations):
        r = residual - hessian(v)
        v = v + (r @ r) / (r @ hessian(r)) * r
    return v


def series(hessian, residual, terms, step):
    """eta sum_{j < terms} (I - eta H)^j r = (I - (I - eta H)^terms) H^-1 r."""
    unit = torch.eye(len(residual), dtype=residual.dtype)
    dense = torch.stack([hessian(row) for row in unit])
    left = unit - torch.linalg.matrix_power(unit - step * dense, terms)
    return left @ torch.linalg.solve(dense, residual)


def solve(text, step, hessian, right, guess):
    name, _, count = text.partition(":")
    count = int(count or 20)
    residual = right if guess is None else right - hessian(guess)
    found = {
        "cg": lambda: krylov(hessian, residual, count, 1e-6 * right.norm()),
        "steepest": lambda: steepest(hessian, residual, count),
        "neumann": lambda: series(hessian, residual, count + 1, step),
        "fixed-point": lambda: series(hessian, residual, count, step),
    }[name]()
    return found if guess is None else guess + found


def implicit(task, descent, solver):
    names, warm = descent.ever_active(), task.learner["warmStart"]
    start = {name: task.extra[f"task:y:{name}"].requires_grad_() for name in names} if warm else None
    final = descent.states(lambda _: False, start)[-1]
    y = {name: final[name].detach().requires_grad_() for name in names}
    x, solution = list(task.phi.values()), list(y.values())
    theta = {**task.model, **y}
    answers = task.answer_query(theta)
    upper = task.query_loss(answers)
    slope = flat(derivative(descent.objective(theta, names), solution, keep=True))
    damping = task.learner.get("damping") or 0

    def hessian(vector):
        return flat(derivative(slope @ vector, solution)) + damping * vector

    guess = flat([task.extra[f"task:v:{name}"] for name in names]) if warm else None
    v = solve(task.learner["solver"] or solver, descent.alpha, hessian, flat(derivative(upper, solution)), guess)
    gradients = [direct - mixed for direct, mixed in zip(derivative(upper, x), derivative(slope @ v, x))]
    kept = {}
    if warm:
        kept = {f"task:y:{name}": value for name, value in y.items()}
        kept.update((f"task:v:{name}", part) for name, part in zip(names, shaped(v, solution)))
    return answers, upper, dict(zip(task.phi, gradients)), kept
