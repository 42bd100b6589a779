"""Dropout: the experiments of the page. Sources: Srivastava 2014, Baldi & Sadowski 2013, Gal & Ghahramani
2016."""

from collections.abc import Mapping

from core.diagnosis.claims import SEEDS
from core.experiment import Experiment
from core.run import Run
from core.sweep import Sweep

MOONS = Experiment(
    dataset="moons",
    noise=0.2,
    samples=128,
    label_noise=0.1,
    depth=2,
    width=64,
    dropout=0.5,
    optimizer="adam",
    learning_rate=0.01,
    steps=500,
)
XOR = Experiment(
    dataset="xor",
    features=10,
    samples=256,
    label_noise=0.1,
    depth=2,
    width=128,
    dropout=0.5,
    optimizer="adam",
    learning_rate=0.003,
    steps=300,
)
BETWEEN = XOR.but(dropout_last=False)
CLEAN = XOR.but(dataset="spirals", features=0, label_noise=0, samples=512, width=32)
CIRCLES = BETWEEN.but(dataset="circles", features=0)
GAP = XOR.but(
    dataset="gap", features=0, noise=0.1, label_noise=0, samples=64, width=64, dropout=0.1, steps=1000
)

RATES = (0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 1)
HURTS = {
    "two spirals, every label right": CLEAN,
    "8 units a layer, every label right": MOONS.but(width=8, label_noise=0, noise=0.1),
    "a regression, 64 samples": MOONS.but(
        dataset="curve", noise=0.1, label_noise=0, samples=64, learning_rate=0.003
    ),
}
FAMILIES = {
    "50 samples, 40 features, noise 1": (50, 40, 1.0),
    "50 samples, 40 features, noise 2": (50, 40, 2.0),
    "30 samples, 40 features, noise 0.5": (30, 40, 0.5),
    "100 samples, 40 features, noise 3": (100, 40, 3.0),
}

SMALL = BETWEEN.but(
    features=0,
    samples=128,
    label_noise=0,
    dropout=0.2,
    dropout_last=True,
    learning_rate=0.01,
    precision="float64",
)
SMALL_NETWORKS = {
    "linear output": SMALL.but(dataset="curve", depth=1, width=10),
    "softmax output": SMALL.but(dataset="blobs", noise=0.5, depth=1, width=10),
    "two ReLU layers": SMALL.but(dataset="moons", noise=0.1, depth=2, width=5),
}
COUNTED_OUT = MOONS.but(width=5, dropout=0.2)
"""Small enough for all of its 1,024 thinned networks."""
TABS = ("How much", "What else helps", "An ensemble?", "How sure", "Why: linear regression")


def _seeds(experiment: Experiment, number: int = SEEDS) -> list[int]:
    return [(experiment.seed + i) % 2**32 for i in range(number)]


def rate_of(experiment: Experiment) -> float:
    """Its own dropout, or 0.5 where it has none: what it is compared with."""
    return experiment.dropout or 0.5


def paired(experiment: Experiment) -> Sweep:
    """Without dropout and with it, over the seeds from the experiment's own on."""
    return Sweep.over(experiment, dropout=(0, rate_of(experiment)), seed=_seeds(experiment))


def one_pair(runs: Mapping[str, Run]) -> tuple[Sweep, list[Run]]:
    """The two runs on the screen, without dropout and with it, as a sweep over one seed."""
    e = runs["no dropout"].experiment
    rate = max(run.experiment.dropout for run in runs.values())
    return Sweep.over(e, dropout=(0, rate), seed=(e.seed,)), list(runs.values())


def rates(experiment: Experiment) -> Sweep:
    """The experiment over dropout from 0 to 1, and over the seeds from its own on."""
    return Sweep.over(experiment, dropout=RATES, seed=_seeds(experiment))


def rivals(experiment: Experiment) -> dict[str, Sweep]:
    """What may help a network without dropout, each in several strengths; "nothing" is that network itself.

    Over half as many seeds again as it is judged on: on those the strength is chosen.
    """
    alone = experiment.but(dropout=0)
    tried = {
        "nothing": [{}],
        "dropout": [{"dropout": p} for p in sorted({0.2, 0.5, 0.8, experiment.dropout or 0.5} - {1})],
        "weight decay": [{"weight_decay": decay} for decay in (3e-3, 0.01, 0.03)],
        "fewer units": [{"width": w} for n in (16, 8, 4) if (w := experiment.width // n)],
        "twice the data": [{"samples": n}] if (n := 2 * alone.samples) in alone.offered("samples") else [],
    }
    seeds = _seeds(experiment, 3 * SEEDS // 2)
    return {
        name: Sweep.made(lambda change, seed: alone.but(seed=seed, **change), strength=changes, seed=seeds)
        for name, changes in tried.items()
        if changes
    }
