"""What moves the meta-parameters: torch.optim with its schedulers and clipping, and task weights from all inner products."""

import torch


def follow(case, tensors):
    """The values after every update."""
    values = tensors["values"].requires_grad_()
    rate, count = case["rate"], len(tensors["gradients"])
    optimizer = {
        "Adam": lambda: torch.optim.Adam([values], lr=rate),
        "AdamW": lambda: torch.optim.AdamW([values], lr=rate, weight_decay=case["weightDecay"]),
        "Sgd": lambda: torch.optim.SGD([values], lr=rate, momentum=case["momentum"]),
    }[case["optimizer"]]()
    schedule = {
        "Constant": lambda: torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _: 1),
        "Cosine": lambda: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, count, eta_min=rate / 100),
        "Step": lambda: torch.optim.lr_scheduler.MultiStepLR(optimizer, [count // 2, count * 3 // 4]),
    }[case["schedule"]]()
    path = []
    for gradient in tensors["gradients"]:
        values.grad = gradient.clone()
        if case["clipNorm"] > 0:
            torch.nn.utils.clip_grad_norm_([values], case["clipNorm"])
        optimizer.step()
        schedule.step()
        path.append(values.detach().clone())
    return {"path": torch.stack(path)}


def weigh(case, tensors):
    gradients, losses = tensors["gradients"], tensors["losses"]
    count = len(losses)
    products = gradients @ gradients.T
    kind = case["weighting"]
    if kind == "Uniform":
        weights = torch.full((count,), 1 / count, dtype=losses.dtype)
    elif kind == "Agreement":
        agreement = products.sum(1)
        weights = torch.clamp(agreement / agreement.abs().sum(), min=(0 if case["floor"] is None else float(case["floor"])) / count)
    elif kind == "Similarity":
        norms = torch.sqrt(torch.diagonal(products))
        angles = products / norms[:, None] / norms
        weights = torch.softmax(angles.sum(1) / torch.sqrt(angles.sum()) / (case["temperature"] or 0.5), 0)
    else:
        weights = torch.softmax(losses / (case["temperature"] or 1), 0)
    return {"weights": weights}
