"""PROBES: what is recorded of every hidden layer at a snapshot, each as one short function.

A probe gets what L layers of K networks saw at this step and returns [L, K]. Norms are accumulated in
float64: the squares of a vanished float32 signal would underflow.
"""

from dataclasses import dataclass

import torch
from torch.linalg import vector_norm

from core.activations import ACTIVATIONS
from core.run import DELTA_EDGES, activation_edges

SAMPLED = 64
SATURATED = 0.06


@dataclass(frozen=True)
class Seen:
    """What the hidden layers of a stack saw at one step. Signals are [L, K, units, batch], lists have a tensor
    [K, fan_out, fan_in] per layer; `active` [L, K, units] is the share of the training set with z > 0, and
    `start`, `weight` and `updated` are the weights at step 0, before and after this step's update."""

    name: str
    pre_activation: torch.Tensor
    activation: torch.Tensor
    delta: torch.Tensor
    active: torch.Tensor
    weight: list[torch.Tensor]
    gradient: list[torch.Tensor]
    start: list[torch.Tensor]
    updated: list[torch.Tensor]


def rms(x: torch.Tensor) -> torch.Tensor:
    """Root mean square over units and samples: [L, K, U, B] -> [L, K]."""
    return vector_norm(x, dim=(2, 3), dtype=torch.float64) / (x.shape[2] * x.shape[3]) ** 0.5


def norm(matrices: list[torch.Tensor]) -> torch.Tensor:
    """Frobenius norm of every weight matrix: L times [K, out, in] -> [L, K]."""
    return torch.stack([vector_norm(w, dim=(1, 2), dtype=torch.float64) for w in matrices])


def mean(x: torch.Tensor) -> torch.Tensor:
    """Mean over units and samples: [L, K, U, B] -> [L, K]."""
    return x.mean(dim=(2, 3)).double()


def activation_mean(seen):
    """Mean over batch and units of the activation function's output."""
    return mean(seen.activation)


def activation_std(seen):
    """Standard deviation of the same."""
    centre = mean(seen.activation).to(seen.activation.dtype)
    return rms(seen.activation - centre[:, :, None, None])


def delta_norm(seen):
    """RMS over batch and units of the gradient of the batch-mean loss by what enters the activation function."""
    return rms(seen.delta)


def weight_grad_norm(seen):
    """Norm of the gradient of a layer's weight matrix, before clipping."""
    return norm(seen.gradient)


def weight_norm(seen):
    """Norm of a layer's weight matrix before this step's update."""
    return norm(seen.weight)


def update_ratio(seen):
    """Norm of this step's update of a weight matrix over the norm of the matrix; near 1e-3 is usual."""
    return norm([after - before for after, before in zip(seen.updated, seen.weight, strict=True)]) / norm(
        seen.weight
    )


def weight_moved(seen):
    """How far a weight matrix has come from where it started, relative to its norm there."""
    return norm([now - start for now, start in zip(seen.weight, seen.start, strict=True)]) / norm(seen.start)


def saturated_fraction(seen):
    """Share of units and samples where the slope of the activation is below 0.06 (for tanh: |a| > 0.97) of 1,
    or of 1/4 for sigmoid, its steepest."""
    slope = torch.empty_like(seen.activation)
    ones = torch.ones_like(seen.activation)
    ACTIVATIONS[seen.name].backward(ones, seen.pre_activation, seen.activation, slope)
    steepest = 0.25 if seen.name == "sigmoid" else 1.0
    return mean((slope.abs_() < SATURATED * steepest).to(slope.dtype))


def dead_fraction(seen):
    """Share of units whose pre-activation is at or below 0 on the whole training set."""
    return torch.where(seen.active.isfinite(), seen.active == 0, torch.nan).double().mean(dim=2)


PROBES = {
    f.__name__: f
    for f in (
        activation_mean,
        activation_std,
        delta_norm,
        weight_grad_norm,
        weight_norm,
        update_ratio,
        weight_moved,
        saturated_fraction,
        dead_fraction,
    )
}


def _histogram(x: torch.Tensor, edges) -> torch.Tensor:
    layers, networks, bins = x.shape[0], x.shape[1], len(edges) + 1
    index = torch.bucketize(x[..., :SAMPLED].contiguous(), torch.as_tensor(edges, dtype=x.dtype))
    index = index.reshape(layers * networks, -1) + bins * torch.arange(layers * networks)[:, None]
    counts = torch.bincount(index.flatten(), minlength=bins * layers * networks)
    return counts.view(layers, networks, bins) * (layers * networks / index.numel())


def activation_histogram(seen) -> torch.Tensor:
    """Shares of the activations of the first 64 samples: [L, K, bins]."""
    return _histogram(seen.activation, activation_edges(seen.name))


def delta_histogram(seen) -> torch.Tensor:
    """Shares of |delta| of the first 64 samples: [L, K, bins]."""
    return _histogram(seen.delta.abs(), DELTA_EDGES)
