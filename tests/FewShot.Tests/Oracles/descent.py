"""Inner loops of gradient descent and the meta-gradients that follow them: unrolled, Reptile, the energy functional, differences."""

import torch
from task import changing, derivative

# (mu/2)|theta|^2 of a lower level, and iMAML's (lambda/2)|theta - phi|^2.
SQUARED_NORM, PROXIMAL = 0.1, 2.0


class Descent:
    """theta_l <- theta_l - alpha Lambda[s, l] dL_S/dtheta_l, the derivative a partial one at theta^s, whatever made that point."""

    def __init__(self, task, pattern="all", rates="fixed", regularization=None):
        learner = task.learner
        self.task, self.regularization = task, regularization
        self.pattern = learner["pattern"] or pattern
        self.rates = learner["rates"] or rates
        self.steps, self.alpha = learner["innerSteps"], learner["innerRate"]

    def active(self, step):
        layers = changing(self.pattern, step, self.steps, self.task.layers)
        return [name for name in self.task.model if name.split(".")[0] in layers]

    def ever_active(self):
        return list(dict.fromkeys(name for step in range(self.steps) for name in self.active(step)))

    def rate(self, name, step):
        layer = name.split(".")[0]
        key = {
            "scalar": "inner_rate",
            "layer": f"inner_rate.{layer}",
            "layerAndStep": f"inner_rate.step{step}.{layer}",
            "parameter": f"inner_rate.{name}",
        }
        return self.alpha if self.rates == "fixed" else self.task.phi[key[self.rates]]

    def objective(self, theta, names):
        loss = self.task.loss(self.task.answer_support(theta), self.task.support_targets)
        if self.regularization == "squared-norm":
            loss = loss + SQUARED_NORM / 2 * sum((theta[name] ** 2).sum() for name in names)
        if self.regularization == "proximal":
            loss = loss + PROXIMAL / 2 * sum(((theta[name] - self.task.phi[name]) ** 2).sum() for name in names)
        return loss

    def states(self, exact, start=None):
        theta = {**self.task.model, **(start or {})}
        states = [theta]
        for step in range(self.steps):
            names = self.active(step)
            if names:
                # Copies are the variables of the partial derivative: none of them is made of another.
                here = {name: value.clone() for name, value in theta.items()}
                gradients = derivative(self.objective(here, names), [here[name] for name in names], keep=True)
                gradients = [g if exact(step) else g.detach() for g in gradients]
                theta = {**theta, **{name: theta[name] - self.rate(name, step) * g for name, g in zip(names, gradients)}}
            states.append(theta)
        return states

    def adapted(self):
        """The answers that a user gets."""
        return self.task.answer_query(self.states(lambda _: True)[-1])


def unrolled(task, descent, exact_steps=None, multi_step=False):
    last = descent.steps if exact_steps is None else exact_steps
    states = descent.states(lambda step: step >= descent.steps - last)
    answers = task.answer_query(states[-1])
    loss = objective = task.query_loss(answers)
    if multi_step:
        objective = sum(w * task.query_loss(task.answer_query(state)) for w, state in zip(task.extra["step_weights"], states[1:]))
    return answers, loss, dict(zip(task.phi, derivative(objective, list(task.phi.values()))))


def reptile(task, descent):
    theta = descent.states(lambda _: False)[-1]
    answers = task.answer_query(theta)
    return answers, task.query_loss(answers), {name: task.phi[name] - theta[name] for name in task.phi}


def energy(task, descent, one_batch=False):
    """L_Q - alpha <grad L_S, grad L_Q> at the meta-parameters."""
    variables = list(task.phi.values())
    answers = task.answer_query(task.model)
    query = task.query_loss(answers)
    support = query if one_batch else task.loss(task.answer_support(task.model), task.support_targets)
    left, right = derivative(support, variables, keep=True), derivative(query, variables, keep=True)
    total = query - descent.alpha * sum((a * b).sum() for a, b in zip(left, right))
    return answers, query, dict(zip(task.phi, derivative(total, variables)))


def hessian_free(task, descent):
    """
    v <- v - alpha (the shorter of grad L_S(theta + d v) - grad L_S(theta) and grad L_S(theta) - grad L_S(theta - d v)) / d, backwards; d is a part of
    |theta| / |v|, given with the case. A correction longer than four times v leaves v as it is.
    """
    states = [{name: value.detach().requires_grad_() for name, value in state.items()} for state in descent.states(lambda _: False)]
    answers = task.answer_query(states[-1])
    loss = task.query_loss(answers)
    v = derivative(loss, list(states[-1].values()))

    def length(parts):
        return torch.sqrt(sum((part.detach() ** 2).sum() for part in parts))

    def slope(theta, distance):
        moved = {name: (value.detach() + distance * part).requires_grad_() for (name, value), part in zip(theta.items(), v)}
        return derivative(descent.objective(moved, list(moved)), list(moved.values()))

    for theta in reversed(states[:-1]):
        delta = task.extra["delta"] * length(theta.values()) / length(v)
        here = slope(theta, 0)
        sides = [[(a - b) / distance for a, b in zip(slope(theta, distance), here)] for distance in (delta, -delta)]
        correction = [descent.alpha * change for change in min(sides, key=length)]
        if length(correction) < 4 * length(v):
            v = [part - change for part, change in zip(v, correction)]
    return answers, loss, dict(zip(task.phi, v))
