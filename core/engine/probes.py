"""PROBES: name -> what is recorded of every hidden layer at a snapshot, each as one short function.

A probe gets what one layer of K networks saw at this step and returns [K]. Norms are accumulated in float64:
the squares of a vanished float32 signal would underflow. A ratio to a norm of zero is NaN.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.linalg import vector_norm

from core.engine.activations import ACTIVATIONS

SAMPLED = 32
SATURATED = 0.06


@dataclass(frozen=True)
class Seen:
    """What one hidden layer of K networks saw at one step.

    The signals pre_activation (where the slope needs it, else the activation again), activation and delta
    are [K, units, batch], the weights [K, fan_out, fan_in]: `start` at step 0, `weight` before and `updated`
    after this step's update. `active` [K, units] is the share of the training set with a pre-activation > 0.
    """

    name: str
    pre_activation: torch.Tensor
    activation: torch.Tensor
    delta: torch.Tensor
    active: torch.Tensor
    weight: torch.Tensor
    gradient: torch.Tensor
    start: torch.Tensor
    updated: torch.Tensor


def norm(x: torch.Tensor) -> torch.Tensor:
    """Frobenius norm: [K, rows, columns] -> [K]."""
    return vector_norm(x, dim=(1, 2), dtype=torch.float64)


def rms(x: torch.Tensor) -> torch.Tensor:
    """Root mean square over units and samples: [K, units, batch] -> [K]."""
    return norm(x) / (x.shape[1] * x.shape[2]) ** 0.5


def mean(x: torch.Tensor) -> torch.Tensor:
    """Mean over units and samples: [K, units, batch] -> [K]."""
    return x.mean(dim=(1, 2)).double()


def ratio(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """a / b, NaN where b is 0: nothing can be said relative to nothing."""
    return a / torch.where(b == 0, torch.nan, b)


def activation_mean(seen):
    """Mean over batch and units of the activation function's output."""
    return mean(seen.activation)


def activation_std(seen):
    """Spread over samples: each unit's standard deviation over the batch, then RMS over units.

    Counted from the first sample, which costs no digits where all samples are nearly the same.
    """
    shifted = seen.activation.double() - seen.activation[..., :1]
    return rms(shifted.sub_(shifted.mean(dim=2, keepdim=True)))


def delta_norm(seen):
    """RMS over batch and units of dL/dz: L the loss of the batch, z what enters the activation function."""
    return rms(seen.delta)


def weight_grad_norm(seen):
    """Norm of the gradient of a layer's weight matrix, before clipping and weight decay."""
    return norm(seen.gradient)


def weight_norm(seen):
    """Norm of a layer's weight matrix before this step's update."""
    return norm(seen.weight)


def update_ratio(seen):
    """Norm of this step's update of a weight matrix over the norm of the matrix; near 1e-3 is usual."""
    return ratio(norm(seen.updated - seen.weight), norm(seen.weight))


def weight_moved(seen):
    """How far a weight matrix has come from where it started, relative to its norm there."""
    return ratio(norm(seen.weight - seen.start), norm(seen.start))


def saturated_fraction(seen):
    """Share of units and samples where the slope of the activation is below 0.06 (for tanh: |a| > 0.97) of 1,
    or of 1/4 for sigmoid, its steepest."""
    slope = torch.empty_like(seen.activation)
    ones = torch.ones_like(seen.activation)
    ACTIVATIONS[seen.name].backward(ones, seen.pre_activation, seen.activation, slope)
    steepest = 0.25 if seen.name == "sigmoid" else 1.0
    return mean(torch.lt(slope.abs_(), SATURATED * steepest, out=slope))


def dead_fraction(seen):
    """Share of units whose pre-activation is at or below 0 on the whole training set."""
    return torch.where(seen.active.isfinite(), seen.active == 0, torch.nan).double().mean(dim=1)


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


def histogram(signal: torch.Tensor, edges: np.ndarray) -> torch.Tensor:
    """Shares of the first 32 samples of a signal between the edges: [L, K, units, batch] -> [K, L, bins].

    Of the sorted values, so many reach up to each edge; the bins are the differences. What is not a number
    is in no bin.
    """
    values = torch.from_numpy(np.sort(signal[..., :SAMPLED].flatten(2).numpy()))
    ends = torch.from_numpy(np.append(edges, np.inf)).to(values.dtype).repeat(*values.shape[:2], 1)
    numbers = values.isnan().logical_not_().sum(dim=2, keepdim=True)
    values.nan_to_num_(torch.inf, torch.inf, -torch.inf)
    reached = torch.searchsorted(values, ends, right=True).minimum(numbers).transpose(0, 1)
    return torch.diff(reached, prepend=torch.zeros_like(reached[..., :1])) / values.shape[2]
