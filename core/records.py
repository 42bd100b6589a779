"""What is measured beyond a Run: plain records in numpy, which load without torch."""

from dataclasses import dataclass

import numpy as np

from core.run import Run


@dataclass(frozen=True)
class Sharpness:
    """lambda_max of the training loss's Hessian, `values` [n], before the update of each step in `at` [n]."""

    run: Run
    at: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Descent:
    """Steps of torch.optim.SGD on a function with a known course, in float64.

    ratio: the learning rate, as a multiple of what the case compares it with. loss [steps + 1] as PyTorch
    measured it, predicted [steps + 1] in closed form; so too the curvature, constant for a parabola.
    """

    ratio: float
    learning_rate: float
    momentum: float
    loss: np.ndarray
    predicted: np.ndarray
    curvature: np.ndarray
    predicted_curvature: np.ndarray


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


@dataclass(frozen=True)
class Autopsy:
    """How a run became non-finite, over its last steps `at` [S], of which the last is the fatal one.

    largest: kind of tensor -> [S, layers] of its largest magnitude, NaN for what is not a number and for
        what was not computed any more. Layers are those with weights: the last of them is the output.
    kind, layer, step: the first tensor that was not finite, in the order in which a step computes them;
        layer counts from 1. value: the first such number in it; share: how much of it was not finite.
    sharpness: lambda_max before the first step, NaN if that is not finite.
    """

    run: Run
    at: np.ndarray
    largest: dict[str, np.ndarray]
    kind: str
    layer: int
    step: int
    value: float
    share: float
    sharpness: float
