"""What batch normalization does, buys and costs. Sources: Ioffe & Szegedy 2015, Santurkar 2018, Yang 2019."""

from collections.abc import Sequence

from core.diagnosis.claims import Case, Claim
from core.experiment import Experiment
from core.lessons.batchnorm.by_hand import ByHand
from core.lessons.lesson import Lesson
from core.quotes import GOOGLE, KAGGLE
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
DEEP = GOOD.but(depth=20, learning_rate=0.01, steps=200)
PAPER = "Ioffe & Szegedy 2015, Batch Normalization, abstract"


SWEEPS = {
    "learning_rate": (0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10),
    "gain": (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 20),
    "input_spread": (1, 3, 10, 30, 100, 1000),
}
RATES, DEPTHS, GAINS = (0.03, 0.1, 0.3), (10, 20, 30, 40, 50), (1, 0.3, 10)
SEEDS, UNTRAINED = 5, 1e-6


def both(experiment: Experiment, **axes: Sequence) -> Sweep:
    """The experiment with He's weights over batchnorm, the settings given, and seed."""
    e = experiment.but(init="he", gain=1, batchnorm=False)
    return Sweep.over(e, batchnorm=(False, True), **axes, seed=range(SEEDS))


def races(experiment: Experiment) -> Sweep:
    """400 steps at three learning rates, as long as that is allowed, over batchnorm, rate and seed."""
    allowed = int(experiment.steps * WORK_LIMIT / work(experiment))
    steps = max(experiment.steps, min(400, allowed))
    return both(experiment.but(steps=steps), learning_rate=RATES)


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


def _with(condition, experiment):
    return Case(condition, experiment, experiment.but(batchnorm=True))


LESSON = Lesson(
    slug="batchnorm",
    title="Batch normalization",
    section="What helps",
    icon=":material/tune:",
    question="What does batch normalization buy, and what does it cost?",
    summary="Every hidden unit's inputs get mean 0 and deviation 1 over the batch, then a learned scale and "
    "shift. The network trains faster and from almost any start; a sample now depends on its batch, and in "
    "deep networks the first gradients explode.",
    start=START,
    controls=("batchnorm", "dataset", "gain", "learning_rate", "depth", "batch_size", "input_spread", "seed"),
    more=(
        "init",
        "activation",
        "width",
        "optimizer",
        "momentum",
        "steps",
        "dropout",
        "samples",
        "input_scale",
    ),
    presets={
        "Weights too small": {},
        "Weights too large": {"gain": 4},
        "Good weights": {"gain": 1},
        "High learning rate": MOONS.but(learning_rate=3, batchnorm=True).changes(START.experiment),
        "Default init, 12 layers": {"init": "pytorch", "gain": 1, "depth": 12},
        "One feature 100 times the other": {"gain": 1, "input_spread": 100},
        "Where it hurts: 20 layers": DEEP.but(batchnorm=True).changes(START.experiment),
        "A batch of 2 by hand": {"rows": 2},
        "A batch of 1 by hand": {"rows": 1},
    },
    claims=(
        Claim(
            sentence="Models with batchnorm tend to need fewer epochs to complete training.",
            source=KAGGLE,
            measure="steps_to_target",
            goal="lower",
            at_least=1.5,
            cases=(
                _with("at learning rate 0.03", SMALL.but(learning_rate=0.03)),
                _with("at learning rate 0.1", SMALL),
                _with("at learning rate 0.3", SMALL.but(learning_rate=0.3)),
                _with("in 20 layers with small steps", DEEP),
            ),
            note="In deep networks it makes the first gradients explode, and small steps undo that slowly.",
        ),
        Claim(
            sentence='Batchnorm can also fix various problems that can cause the training to get "stuck".',
            source=KAGGLE,
            can=True,
            measure="final_loss",
            goal="lower",
            at_least=5,
            cases=(
                _with("when the weights are too small", GOOD.but(gain=0.25)),
                _with("with the default init in 12 layers", GOOD.but(init="pytorch", depth=12)),
                _with("when the weights are too large", GOOD.but(gain=4)),
                _with("when all weights are zero", GOOD.but(init="zeros")),
            ),
            note="What is exactly zero it cannot scale up.",
        ),
        Claim(
            sentence="Batch Normalization allows us to use much higher learning rates and be less careful "
            "about initialization.",
            source=PAPER,
            measure="test_accuracy",
            goal="higher",
            at_least=0.25,
            cases=(
                _with("at learning rate 3", MOONS.but(learning_rate=3)),
                _with("at learning rate 30", MOONS.but(learning_rate=30)),
                _with("at a twentieth of He's weights", GOOD.but(gain=0.05)),
                _with("at twenty times He's weights", GOOD.but(gain=20)),
            ),
        ),
        Claim(
            sentence="Batch normalization can help prevent exploding gradients",
            source=GOOGLE,
            can=True,
            measure="first_over_last",
            goal="lower",
            at_least=1.2,
            cases=(
                _with("when the weights are too large", GOOD.but(gain=4, steps=5)),
                _with("when the weights are well chosen (He, 20 layers)", DEEP.but(steps=5)),
            ),
            note="At the start it multiplies the error signal's square by π / (π − 1) = 1.47 per ReLU layer, "
            "in narrow layers by more, whatever the weights (Yang et al. 2019): less than large weights do, "
            "more than good ones.",
        ),
        Claim(
            sentence="Batchnorm, in effect, performs a kind of coordinated rescaling of its inputs.",
            source=KAGGLE,
            measure="test_accuracy",
            goal="higher",
            at_least=0.4,
            cases=(
                _with("when every feature is 100 times too large", GOOD.but(depth=4, input_scale=100)),
                _with("when one feature is 1000 times the other", GOOD.but(depth=4, input_spread=1000)),
            ),
            note="It rescales what a unit sums up, not the single feature: next to one that is a thousand "
            "times larger, a small feature stays all but invisible.",
        ),
    ),
    symptoms={
        "Only the right initial weights train": "Weights too small",
        "Training only works with tiny learning rates": "High learning rate",
        "“Expected more than 1 value per channel”": "A batch of 1 by hand",
    },
)
