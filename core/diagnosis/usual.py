"""Learning rates that suit a network: what is usual, and how far off the present one is."""

from core.engine.optimizers import OPTIMIZERS, momentum
from core.run import Run
from core.words import short

MOMENTUM = 0.9
LOW, FAR_OFF = 1.5, 30


def rounded(value: float) -> float:
    return float(f"{value:.0e}")


def usual_rate(run: Run, optimizer: str) -> float:
    """The learning rate with which this optimizer trains networks of good initial weights, or a linear model.

    Without hidden layers mse is a parabola whose curvature is at most 2 (1 + inputs x mean square of the
    features), and gradient descent converges below 2 / curvature (Widrow & Stearns 1985); this is half of it.
    """
    e, kind = run.experiment, OPTIMIZERS[optimizer]
    if e.depth:
        rate = kind.rate
    else:
        rate = kind.linear_rate if kind.rescales else 0.5 / (1 + e.inputs * run.input_mean_square)
    return rounded(rate * (1 - e.momentum if kind.has_momentum else 1))


def steady_rate(run: Run) -> dict[str, float]:
    """A learning rate that suits good initial weights, where the present one is far off.

    Measured on networks of 4 to 30 layers: with rate = learning_rate / (1 - momentum), training is steady
    while rate x depth x mean square of the features is below 2, or 1 for regression and in small batches.
    """
    e, kind = run.experiment, OPTIMIZERS[run.experiment.optimizer]
    usual, rate = usual_rate(run, e.optimizer), e.learning_rate / (1 - momentum(e))
    noisy = e.loss == "mse" or e.batch < e.samples
    fits = e.depth <= 16 and rate * e.depth * run.input_mean_square <= (1 if noisy else 2)
    low, high = kind.usual
    if not e.depth:
        steady = usual / 10 <= e.learning_rate <= 2 * usual
    else:
        steady = low <= rate <= high or (rate > high and fits and not kind.rescales)
    return {} if steady else {"learning_rate": usual}


def below_usual(run: Run) -> float:
    """How many times smaller than the lowest usual one the learning rate is, to three digits."""
    e, kind = run.experiment, OPTIMIZERS[run.experiment.optimizer]
    lowest = kind.usual[0] * (1 - momentum(e)) if e.depth else usual_rate(run, e.optimizer) / 10
    return _three_digits(lowest / e.learning_rate)


def above_usual(run: Run) -> float:
    """How many times larger than what such networks bear the learning rate is, to three digits: scaled,
    momentum up to 0.9."""
    e, kind = run.experiment, OPTIMIZERS[run.experiment.optimizer]
    if kind.rescales:
        return _three_digits(e.learning_rate / (kind.usual[1] if e.depth else kind.linear_rate))
    rate = e.learning_rate / (1 - min(momentum(e), MOMENTUM))
    return _three_digits(rate * e.depth / 2 if e.depth else rate * (1 + e.inputs))


def _three_digits(times: float) -> float:
    """As it is printed: what is said to be too high is never "1 times" what is borne."""
    return float(f"{times:.3g}")


def too_high(run: Run) -> str:
    """The learning rate against what such networks bear, as half a sentence."""
    rate = f"the learning rate {short(run.experiment.learning_rate)}"
    return f"{rate} is {short(above_usual(run))} times what such networks usually bear"


def too_low(run: Run) -> str:
    """The learning rate against the lowest usual one, as half a sentence."""
    rate = f"the learning rate {short(run.experiment.learning_rate)}"
    return f"{rate} is {short(below_usual(run))} times lower than is usual"
