"""Experiments of this page. Sources: Lu 2020, Rister & Rubin 2020, Ioffe & Szegedy 2015."""

from core.diagnosis.claims import SEEDS, Case, Claim
from core.experiment import Experiment
from core.sweep import Sweep

START = Experiment(dataset="gaussians", noise=0, depth=2, width=64, learning_rate=1, batch_size=64, steps=100)
CALM = START.but(learning_rate=0.1)
SHIFTED = START.but(input_shift=3, learning_rate=0.3)
NEGATIVE = CALM.but(bias=-5)
ONE_LAYER = START.but(depth=1, bias=-4, steps=200)
FINE = CALM.but(dataset="moons", noise=0.1, optimizer="adam")
REVIVAL = CALM.but(depth=3, steps=300)
LINE = Experiment(dataset="curve", samples=128, depth=1, width=24, learning_rate=0.08, steps=300)
PLANE = LINE.but(dataset="moons", noise=0.1, learning_rate=3)
HINGES = (LINE, PLANE)
HINGE_RATES = (0.01, 0.03, 0.05, 0.08, 0.1, 0.3, 1.0, 3.0, 5.0)
REVIVALS = {
    "SGD": REVIVAL,
    "Adam": REVIVAL.but(optimizer="adam", learning_rate=0.003),
    "SGD with weight decay": REVIVAL.but(weight_decay=0.01),
}
BARELY, FAR = 0.01, 30.0
"""How far below 0 the highest weighted sum of a silenced unit is."""
BORN = ((2, 4, 8), 40, 4000)
"""Widths, layers and networks of each that are drawn to see how many are dead before the first step."""
TABS = (
    "What kills",
    "How many can die",
    "What helps, and what does not",
    "Can it come back?",
    "See the hinges",
)
CAUSES = {
    "learning_rate": (0.01, 0.03, 0.1, 0.3, 0.5, 1.0, 2.0, 3.0, 10.0),
    "bias": (-6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 0.5),
    "input_shift": (0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0),
}
CALM_RATE = 0.1
"""At no more than this, long steps kill few units by themselves."""
FEWER, BETTER = 0.1, 0.03
"""The smallest changes that matter: of the share of dead units, and of the held-out accuracy."""
SUSPECTS = {
    "learning_rate": ("the learning rate", lambda rate: max(rate / 10, 1e-6)),
    "momentum": ("momentum", lambda _: 0),
    "clip_norm": ("long gradients", lambda norm: min(norm or 0.1, 0.1)),
    "bias": ("the initial bias", lambda _: 0),
    "input_shift": ("the input shift", lambda _: 0),
    "weight_decay": ("weight decay", lambda _: 0),
}
"""What may kill: a setting, the cause in words, and what the setting becomes when the cause is taken away."""


def calmed(experiment: Experiment) -> Experiment:
    """The same at a learning rate at which long steps kill few units by themselves."""
    return experiment.but(learning_rate=min(experiment.learning_rate, CALM_RATE))


def killable(experiment: Experiment) -> Experiment:
    """The same, calmed, and with ReLU units: only these stay dead."""
    return calmed(experiment).but(activation="relu")


def swept(experiment: Experiment, setting: str) -> Sweep:
    """What kills: one setting over its values and eight seeds; all but the learning rate at a calm one."""
    start = experiment if setting == "learning_rate" else calmed(experiment)
    return Sweep.over(start, **{setting: CAUSES[setting]}, seed=range(SEEDS))


def suspected(experiment: Experiment) -> Claim:
    """That fewer units die once one cause alone is taken away: a case for every cause there is."""
    e, cases = experiment, []
    for setting, (cause, without) in SUSPECTS.items():
        other = e.but(**{setting: without(getattr(e, setting))})
        if other != e and setting not in e.unused:
            cases.append(Case(cause, e, other))
    return Claim("Taken away alone, it leaves fewer dead.", "", "shut_units", "lower", FEWER, tuple(cases))


def numbers_killed(width: int) -> tuple[int, ...]:
    """How many units of a layer are killed: none, all, and all but 1, 2, 4, 8, ..."""
    return tuple(sorted({0, width, *(width - 2**i for i in range(width.bit_length()) if 2**i <= width)}))
