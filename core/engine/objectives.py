"""What training minimizes and is judged by: mse (regression), bce (two classes), cross_entropy (more).

Outputs and targets are [K, outputs, samples]; for cross_entropy the target is one-hot.
"""

import torch
from torch.nn import functional as F


def objective(kind: str, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The loss of every sample: [K, samples]."""
    if kind == "mse":
        return (output - target).square().mean(dim=1)
    if kind == "bce":
        return F.binary_cross_entropy_with_logits(output, target, reduction="none").mean(dim=1)
    return -torch.where(target > 0, F.log_softmax(output, dim=1), 0).sum(dim=1)


def objective_delta(kind: str, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Gradient of the mean loss of these samples by the network's output."""
    if kind == "mse":
        return (output - target) * (2 / output.shape[1] / output.shape[2])
    prediction = torch.sigmoid(output) if kind == "bce" else torch.softmax(output, dim=1)
    return (prediction - target) / output.shape[2]


def accuracy(kind: str, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Share of samples in the right class; for regression the explained variance R2: [K]."""
    if kind == "mse":
        spread = (target - target.mean(dim=2, keepdim=True)).square().mean(dim=(1, 2))
        return 1 - (output - target).square().mean(dim=(1, 2)) / spread
    right = (output > 0) == (target > 0) if kind == "bce" else output.argmax(1) == target.argmax(1)
    return right.to(output.dtype).flatten(1).mean(dim=1)


def chance(kind: str, target: torch.Tensor) -> float:
    """The loss of the best constant answer to targets [outputs, samples]: their variance, or entropy."""
    share = target.mean(dim=1)
    if kind == "mse":
        return float(target.var(dim=1, correction=0).mean())
    if kind == "bce":
        share = torch.cat([share, 1 - share])
    return float(torch.special.entr(share).sum())
