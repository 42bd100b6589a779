"""The settings of this lesson: where it starts, and what it varies."""

from collections.abc import Sequence

from core.diagnosis.claims import SEEDS, Case, Claim
from core.experiment import Experiment
from core.lessons.batchnorm.by_hand import ByHand
from core.quotes import KAGGLE
from core.sweep import Sweep
from core.work import WORK_LIMIT, work

START = ByHand(
    depth=6,
    width=64,
    gain=0.25,
    batchnorm=True,
    learning_rate=0.1,
    momentum=0,
    batch_size=64,
    steps=150,
    nudge=0.3,
)
GOOD = START.experiment.but(gain=1, batchnorm=False)
SMALL, MOONS = GOOD.but(depth=4, steps=400), GOOD.but(dataset="moons", depth=4, steps=100)
DEEP = GOOD.but(depth=20, width=32, learning_rate=0.01, steps=200)
SPIRALS = GOOD.but(dataset="spirals", depth=3, width=16, samples=128, noise=0.05, steps=1200)

TABS = (
    "Fewer epochs",
    "What it stands",
    "Inputs or inside",
    "Why",
    "Depth",
    "Evaluation mode",
    "Small batches",
    "With dropout",
)
SWEEPS = {
    "learning_rate": (0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
    "gain": (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 20),
    "input_spread": (1, 3, 10, 30, 100, 1000),
}
RATES, RACED = (0.03, 0.1, 0.3, 1, 3), 400
TARGETS = (0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005)
"""Held-out losses to get down to; of a regression, as shares of what guessing loses."""
DEPTHS, GAINS, SIZES = (10, 20, 30, 40, 50), (1, 0.3, 10), (2, 4, 8, 16, 32, 64)
SWEPT, LATEST, UNTRAINED = 5, 100, 1e-6
"""Seeds of a sweep, steps in which running statistics catch up, and a learning rate at which networks stay as
they were drawn."""


def he(experiment: Experiment) -> Experiment:
    """The experiment with He's weights and without batch normalization."""
    return experiment.but(init="he", gain=1, batchnorm=False)


def both(experiment: Experiment, seeds: int = SWEPT, **axes: Sequence) -> Sweep:
    """With He's weights over batchnorm, the settings given, and seed."""
    return Sweep.over(he(experiment), batchnorm=(False, True), **axes, seed=range(seeds))


def races(experiment: Experiment) -> Sweep:
    """At least 400 steps, as far as allowed, over batchnorm, five learning rates and its own, and seed."""
    allowed = int(experiment.steps * WORK_LIMIT / work(experiment))
    steps = max(experiment.steps, min(RACED, allowed))
    rates = sorted({*RATES, experiment.learning_rate})
    return both(experiment.but(steps=steps), learning_rate=rates)


SCALED = {
    "neither": {"scaling": "none", "batchnorm": False},
    "inputs only": {"scaling": "zscore", "batchnorm": False},
    "inside only": {"scaling": "none", "batchnorm": True},
    "both": {"scaling": "zscore", "batchnorm": True},
}
SPREAD, SCALED_RATES = 100, (1e-4, 0.001, 0.01, 0.1, 0.3, 1)
BRIDGE = (
    "Now, if it's good to normalize the data before it goes into the network, maybe also normalizing inside "
    "the network would be better!"
)


def spread(experiment: Experiment) -> Experiment:
    """With He's weights, on columns of very different size: its own, or else 100 times from first to last."""
    wide = experiment.input_spread if experiment.input_spread > 1 else SPREAD
    return he(experiment).but(input_spread=wide)


def scaled(experiment: Experiment) -> Sweep:
    """That experiment over what is normalized, learning rate and seed."""
    e = spread(experiment)
    return Sweep.made(
        lambda what, rate, seed: e.but(**SCALED[what], learning_rate=rate, seed=seed),
        what=SCALED,
        learning_rate=SCALED_RATES,
        seed=range(SEEDS),
    )


def bridge(experiment: Experiment) -> Claim:
    """The course's step from normalizing inputs to normalizing inside, on that experiment."""
    e = spread(experiment)
    neither, inputs, inside, two = (e.but(**changes) for changes in SCALED.values())
    return Claim(
        sentence=BRIDGE,
        source=KAGGLE,
        measure="test_loss",
        goal="lower",
        at_least=1.2,
        rates=SCALED_RATES,
        cases=(
            Case("besides the inputs", inputs, two),
            Case("instead of the inputs", inputs, inside),
            Case("where nothing else is normalized", neither, inside),
        ),
    )


def small(experiment: Experiment) -> Experiment:
    """A network of 6 x 64 units on this experiment's data: what the page takes apart at a fixed price."""
    return GOOD.but(**{name: getattr(experiment, name) for name in ("dataset", "activation", "seed")})


def deep(experiment: Experiment) -> Sweep:
    """Networks that only measure their first gradient, over batchnorm, depth and seed."""
    return both(small(experiment).but(samples=256, batch_size=0, steps=1), depth=DEPTHS)


def deepest(experiment: Experiment) -> Sweep:
    """The deepest of them, with batch normalization and the first seed, over gain: He's weights first."""
    start = deep(experiment).experiments[0].but(depth=DEPTHS[-1], batchnorm=True)
    return Sweep.over(start, gain=GAINS)


def sizes(experiment: Experiment) -> Sweep:
    """That network in batches of several sizes, equally many steps each, over batchnorm, size and seed."""
    return both(small(experiment), batch_size=SIZES)


SHIFTS = Sweep.over(
    Experiment(
        dataset="gaussians",
        features=10,
        samples=1024,
        depth=2,
        width=64,
        batchnorm=True,
        dropout_last=False,
        learning_rate=0.1,
        steps=100,
    ),
    activation=("identity", "relu"),
    learning_rate=(UNTRAINED, 0.1),
    dropout=(0.1, 0.3, 0.5, 0.7, 0.9),
)
"""Batch normalization behind dropout: networks that stay as they were drawn, and trained ones."""


class Behind(Experiment):
    """An Experiment that drops units of its last hidden layer only, where no batch normalization follows."""

    def dropout_after(self, layer: int) -> float:
        """The share of units dropped in a hidden layer, counted from 0."""
        return self.dropout if layer == self.depth - 1 else 0.0


def orders(experiment: Experiment, steps: int = 300) -> list[Sweep]:
    """Dropout between the layers, and behind the last alone, over dropout and seed."""
    e = small(experiment).but(batchnorm=True, depth=3, steps=steps, dropout_last=False)
    axes = dict(dropout=(0.1, 0.3, 0.5, 0.7, 0.9), seed=range(SEEDS))
    return [Sweep.over(start, **axes) for start in (e, Behind(**dict(e.but(dropout_last=True))))]
