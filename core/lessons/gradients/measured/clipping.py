"""What clipping does to the gradients of a run, and where PyTorch's clipping cannot help."""

from dataclasses import dataclass

import numpy as np
import torch

from core.engine.train import clipped, train
from core.experiment import Experiment
from core.run import Run
from core.words import short


@dataclass(frozen=True)
class Clipping:
    """Norms [steps] of the whole gradient as it came and as the optimizer got it, NaN once diverged.

    The gradient with the largest finite norm, at `step`, three times: as it came, with its norm clipped to
    `limit`, with every value clipped to it. arrows [3, 2]: two of its components; cosine [3]: of the angle
    to how it came, over all components; norm [3].
    """

    run: Run
    limit: float
    before: np.ndarray
    after: np.ndarray
    step: int
    arrows: np.ndarray
    cosine: np.ndarray
    norm: np.ndarray


HARD_CASES = {
    "usual": (3.0, 4.0),
    "its norm overflows": (3e30, 4e30),
    "one value is inf": (np.inf, 1.0),
    "one value is NaN": (np.nan, 1.0),
}


def record(experiment: Experiment, limit: float, tick=None) -> Clipping:
    """Train and take the norm of every gradient, and the largest apart: clipped to `limit` in both ways."""
    norms, kept = np.full((experiment.steps, 2), np.nan), [0.0, 0, None]

    def watch(step, stack, loss):
        if step == experiment.steps or not loss.isfinite().all():
            return
        gradient = stack.gradients.double()
        given = clipped(stack, torch.tensor([experiment.clip_norm], dtype=stack.dtype)).double()
        norms[step] = gradient.norm().item(), given.norm().item()
        if kept[0] < norms[step, 0] < np.inf:
            kept[:] = norms[step, 0], step, gradient.numpy().copy()

    [run] = train([experiment], tick=tick, watch=watch)
    largest, step, gradient = kept
    if gradient is None:
        return Clipping(run, limit, *norms.T, 0, np.zeros((3, 2)), np.ones(3), np.zeros(3))
    versions = np.stack(
        [gradient, gradient * min(1, limit / (largest + 1e-6)), np.clip(gradient, -limit, limit)]
    )
    lengths = np.linalg.norm(versions, axis=1)
    size = np.abs(gradient)
    pair = [size.argmax(), np.abs(size - size.max() / 3).argmin()]
    return Clipping(
        run, limit, *norms.T, step, versions[:, pair], versions @ gradient / lengths / largest, lengths
    )


def hard_cases(tick=None) -> dict[str, dict[str, str]]:
    """What PyTorch's two functions make of four gradients in float32, limit 1: function -> case -> text."""
    table = {"gradient": {name: _text(values) for name, values in HARD_CASES.items()}}
    for function in (torch.nn.utils.clip_grad_norm_, torch.nn.utils.clip_grad_value_):
        column = table[function.__name__] = {}
        for name, values in HARD_CASES.items():
            w = torch.zeros(2, requires_grad=True)
            w.grad = torch.tensor(values)
            function([w], 1.0)
            column[name] = _text(w.grad.tolist())
    return table


def _text(values) -> str:
    return "(" + ", ".join(short(v) for v in values) + ")"
