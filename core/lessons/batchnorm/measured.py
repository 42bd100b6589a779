"""What batch normalization does to gradients, to the loss surface and to small batches, measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.data import load
from core.engine.autograd import output
from core.engine.forward import forward
from core.engine.network import Stack
from core.engine.objectives import objective
from core.engine.train import Interval, batches, train
from core.experiment import BN_EPSILON, Experiment
from core.run import ENDS, Run
from core.settings import number
from core.sweep import Sweep
from core.theory import variance_shift


@dataclass(frozen=True)
class Rescaled:
    """One network in float64 whose hidden weights are multiplied by each of `factors` [F].

    output, gradient: epsilon -> the largest change of the output, and of the weight gradients times the
        factor, relative to the largest value at factor 1: [F].
    radial: |<w, gradient>| / (|w| |gradient|), the largest over the hidden layers, with epsilon 0.
    bias, weight: the largest gradient of a bias before batch normalization, and of a weight there.
    norm, predicted [steps + 1]: the squared norm of the hidden weights while they train with epsilon 0, and
        its start plus learning_rate^2 times all squared gradients so far.
    """

    factors: np.ndarray
    output: dict[float, np.ndarray]
    gradient: dict[float, np.ndarray]
    radial: float
    bias: float
    weight: float
    norm: np.ndarray
    predicted: np.ndarray


FACTORS = np.logspace(-3, 3, 13)
STEPS, SEEDS = 60, 5
LENGTHS = (0.5, 1.0, 2.0, 3.0, 4.0)
SIZES = (2, 4, 8, 16, 32, 64)


class AnyBatch(Experiment):
    """An Experiment with batches below 32.

    Its last digits depend on the networks it trains with, so it is trained only by `small_batches`, always in
    the same company.
    """

    batch_size: int = number("Batch size", 32, 2, 4096, "Samples per step, a power of two.")


def _gradients(e: Experiment, weights, biases, x, y, epsilon):
    """Output, and the loss's gradients by weights and biases, with gamma 1 and beta 0."""
    weights, biases = ([p.detach().requires_grad_() for p in group] for group in (weights, biases))
    scales = [torch.full_like(b, value) for value in (1, 0) for b in biases[:-1]]
    answer = output(e, [*weights, *biases, *scales], x, epsilon)
    mean_loss = objective(e.loss, answer[None], y[None]).mean()
    gradients = torch.autograd.grad(mean_loss, [*weights, *biases])
    return answer.detach(), gradients[: len(weights)], gradients[len(weights) :]


def _off(values, reference) -> float:
    """The largest difference, relative to the largest reference value of its layer."""
    pairs = zip(values, reference, strict=True)
    return max(float((v - r).abs().max() / r.abs().max()) for v, r in pairs)


def _square(tensors) -> float:
    return sum(float(t.square().sum()) for t in tensors)


def rescaled(experiment: Experiment, tick: Callable[[float], None] | None = None) -> Rescaled:
    """BN(aWx) = BN(Wx) and what follows (Ioffe & Szegedy 2015, sec. 3.3; Arora, Li & Lyu 2019).

    The experiment's data and network with He's initial weights, float64, full batch, plain gradient descent.
    """
    e = experiment.but(init="he", gain=1, bias=0, precision="float64", batchnorm=True, batch_size=0)
    torch.set_num_threads(1)
    interval, stack = Interval(tick), Stack([e])
    x, y = stack.x_train[0], stack.y_train[0]
    weights, biases = [w[0] for w in stack.weight], [b[0] for b in stack.bias]

    def at(factor, epsilon):
        interval()
        return _gradients(e, [*(factor * w for w in weights[:-1]), weights[-1]], biases, x, y, epsilon)

    changed, gradient = {}, {}
    for epsilon in (0.0, BN_EPSILON):
        here, slopes, _ = at(1.0, epsilon)
        scaled = [(a, *at(a, epsilon)) for a in FACTORS]
        changed[epsilon] = np.array([_off([out], [here]) for _, out, _, _ in scaled])
        gradient[epsilon] = np.array(
            [_off([a * g for g in grads[:-1]], slopes[:-1]) for a, _, grads, _ in scaled]
        )
    _, slopes, bias_slopes = at(1.0, 0.0)
    hidden = list(zip(weights[:-1], slopes[:-1], strict=True))
    radial = max(float((w * g).sum().abs() / w.norm() / g.norm()) for w, g in hidden)
    norm, predicted = [_square(weights[:-1])], [_square(weights[:-1])]
    for _ in range(STEPS):
        interval()
        _, slopes, _ = _gradients(e, weights, biases, x, y, 0.0)
        weights = [w - e.learning_rate * g for w, g in zip(weights, slopes, strict=True)]
        norm.append(_square(weights[:-1]))
        predicted.append(predicted[-1] + e.learning_rate**2 * _square(slopes[:-1]))
    return Rescaled(
        FACTORS,
        changed,
        gradient,
        radial,
        max(float(g.abs().max()) for g in bias_slopes[:-1]),
        max(float(g.abs().max()) for _, g in hidden),
        np.array(norm),
        np.array(predicted),
    )


def along_gradient(
    experiment: Experiment, tick: Callable[[float], None] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The loss of each step's batch after steps of LENGTHS times the learning rate along its gradient.

    Santurkar et al. 2018, fig. 4a; He's initial weights, plain gradient steps. Returns the lengths of the
    steps [lengths] and the losses [2, seeds, steps, lengths], without and with batch normalization.
    """
    interval, e = Interval(tick), experiment.but(init="he", gain=1, bias=0, batchnorm=False)
    losses = np.full((2, SEEDS, STEPS, len(LENGTHS)), np.nan)
    torch.set_num_threads(1)
    with torch.inference_mode():
        for which in (False, True):
            stack = Stack(e.vary(batchnorm=[which], seed=range(SEEDS)), interval)
            for step, (x, y) in zip(range(STEPS), batches(stack), strict=False):
                stack.forward(x, y)
                stack.backward(y)
                here = stack.parameters.clone()
                for i, length in enumerate(LENGTHS):
                    torch.sub(here, stack.gradients, alpha=length * e.learning_rate, out=stack.parameters)
                    losses[int(which), :, step, i] = stack.forward(x, y)
                torch.sub(here, stack.gradients, alpha=e.learning_rate, out=stack.parameters)
                interval.done = (int(which) + step / STEPS) / 2
    return e.learning_rate * np.array(LENGTHS), losses


def small_batches(
    experiment: Experiment, tick: Callable[[float], None] | None = None
) -> dict[str, np.ndarray]:
    """Train with batches of SIZES, without and with batch normalization, equally many steps each.

    Returns the sizes [sizes], and train_loss and test_accuracy at the end, in evaluation mode:
    [2, sizes, seeds].
    """
    start = AnyBatch(**dict(experiment) | dict(init="he", gain=1, bias=0, batch_size=32))
    sweep = Sweep.over(start, batchnorm=(False, True), batch_size=SIZES, seed=range(SEEDS))
    runs = train(sweep.experiments, ENDS, tick)
    return {"sizes": np.array(SIZES)} | {
        name: sweep.of(runs, lambda run, name=name: getattr(run, name)[-1])
        for name in ("train_loss", "test_accuracy")
    }


def single_sample(tick: Callable[[float], None] | None = None) -> str:
    """What PyTorch says to a batch of one."""
    try:
        torch.nn.BatchNorm1d(1)(torch.zeros(1, 1))
    except ValueError as error:
        return str(error)
    raise RuntimeError("this version of PyTorch accepts a batch of one")


@dataclass(frozen=True)
class Shift:
    """Variance of weighted sums in evaluation mode over that learned in training mode, behind dropout.

    rates [n]; untrained, trained, formula: activation -> [n].
    """

    rates: np.ndarray
    untrained: dict[str, np.ndarray]
    trained: dict[str, np.ndarray]
    formula: dict[str, np.ndarray]


def shift(sweep: Sweep, runs: Sequence[Run], tick: Callable = lambda *_: None) -> Shift:
    """Means over the units of the second hidden layer (Li et al. 2019), over activation, rate and dropout."""

    def measured(run):
        tick()
        sums = forward(run.experiment, run.weights, load(run.experiment).x_train).sums[1]
        return float(sums.var(axis=0).mean() / run.weights["norm.1.running_var"].mean())

    rates, values = np.array(sweep.axes["dropout"]), sweep.of(runs, measured)
    names = sweep.axes["activation"]
    return Shift(
        rates,
        *(dict(zip(names, values[:, i], strict=True)) for i in (0, 1)),
        {name: variance_shift(name, rates) for name in names},
    )
