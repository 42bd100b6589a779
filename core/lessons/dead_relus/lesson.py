"""Units that never fire. Settings and sources: Lu 2020, Rister & Rubin 2020, Ioffe & Szegedy 2015."""

from core.diagnosis.claims import SEEDS, Case, Claim
from core.experiment import Experiment
from core.lessons.lesson import Lesson
from core.quotes import GOOGLE
from core.sweep import Sweep

START = Experiment(dataset="gaussians", noise=0, depth=2, width=64, learning_rate=1, batch_size=64, steps=100)
CALM = START.but(learning_rate=0.1)
SHIFTED = START.but(input_shift=3, learning_rate=0.3)
NEGATIVE = CALM.but(bias=-5)
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
MARGINS = (0.01, 30.0)
TABS = ("What kills", "What helps, and what does not", "Can it come back?", "See the hinges")
CAUSES = {
    "learning_rate": (0.01, 0.03, 0.1, 0.3, 0.5, 1.0, 2.0, 3.0, 10.0),
    "bias": (-6.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 0.5),
    "input_shift": (0.0, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0),
}


def swept(experiment: Experiment, setting: str) -> Sweep:
    """What kills: one setting over its values and eight seeds; all but the learning rate at a calm one."""
    calm = {} if setting == "learning_rate" else {"learning_rate": min(experiment.learning_rate, 0.1)}
    return Sweep.over(experiment.but(**calm), **{setting: CAUSES[setting]}, seed=range(SEEDS))


LESSON = Lesson(
    slug="dead_relus",
    title="Dead ReLUs",
    section="How it fails",
    icon=":material/heart_broken:",
    question="Which units died, and what killed them?",
    summary="A ReLU at or below 0 on a sample passes nothing on and gets no gradient from it. One that is so "
    "on every training sample is dead: momentum, weight decay or inputs moved by the layers below may still "
    "bring it back, its own gradient cannot. Asleep on one batch is not dead, and healthy networks have some "
    "dead units too.",
    start=START,
    controls=(
        "learning_rate",
        "activation",
        "init",
        "bias",
        "input_shift",
        "batchnorm",
        "depth",
        "seed",
    ),
    more=(
        "dataset",
        "width",
        "scaling",
        "optimizer",
        "momentum",
        "weight_decay",
        "clip_norm",
        "gain",
        "batch_size",
        "steps",
        "samples",
        "features",
        "residual",
    ),
    presets={
        "Learning rate 1": {},
        "Learning rate 0.1": CALM.changes(START),
        "Learning rate 3": {"learning_rate": 3},
        "Uncentred inputs": SHIFTED.changes(START),
        "The same, centred": SHIFTED.but(scaling="zscore").changes(START),
        "Negative bias": NEGATIVE.changes(START),
        "GELU, rate 1": {"activation": "gelu"},
        "LeakyReLU, rate 3": {"activation": "leaky_relu", "learning_rate": 3},
        "Batch normalization": {"batchnorm": True},
        "Born dead": CALM.but(depth=20, width=4).changes(START),
        "Many dead, all fine": FINE.changes(START),
    },
    variants={
        "a tenth of the learning rate": lambda e: {"learning_rate": max(e.learning_rate / 10, 1e-6)},
        "batch normalization": lambda e: {"batchnorm": True},
        "LeakyReLU": lambda e: {"activation": "leaky_relu"},
        "ELU": lambda e: {"activation": "elu"},
        "GELU": lambda e: {"activation": "gelu"},
        "He init": lambda e: {"init": "he", "gain": 1},
        "centred inputs": lambda e: {"scaling": "zscore"} if e.input_shift else {},
        "no negative bias": lambda e: {"bias": 0} if e.bias < 0 else {},
        "initial bias 0.1": lambda e: {"bias": 0.1},
        "weight decay 0.01": lambda e: {"weight_decay": 0.01},
        "LeakyReLU at rate 3": lambda e: {"activation": "leaky_relu", "learning_rate": 3},
    },
    claims=(
        Claim(
            sentence="Once the weighted sum for a ReLU unit falls below 0, the ReLU unit can get stuck.",
            source=GOOGLE,
            measure="stuck_units",
            goal="higher",
            at_least=0.2,
            can=True,
            cases=(
                Case("when it is below 0 on every sample", CALM, NEGATIVE),
                Case("when it is below 0 on most samples", CALM, CALM.but(bias=-1)),
                Case(
                    "when batch normalization follows the weighted sum",
                    CALM.but(batchnorm=True),
                    NEGATIVE.but(batchnorm=True),
                ),
            ),
            note="Compared are networks whose units all start with a bias of 0 and with a negative one. A "
            "unit that is above 0 on a single sample still learns from it.",
        ),
        Claim(
            sentence="Lowering the learning rate can help keep ReLU units from dying.",
            source=GOOGLE,
            measure="dead_units",
            goal="lower",
            at_least=0.1,
            can=True,
            cases=(
                Case("when large steps kill them", START, CALM),
                Case("when they are dead before the first step", NEGATIVE, NEGATIVE.but(learning_rate=0.01)),
                Case(
                    "when the inputs are uncentred",
                    CALM.but(input_shift=10, learning_rate=0.03),
                    CALM.but(input_shift=10, learning_rate=0.003),
                ),
            ),
        ),
        Claim(
            sentence="LeakyReLU helps against dying units.",
            source="Maas, Hannun & Ng 2013, Rectifier nonlinearities improve neural network acoustic models",
            measure="test_accuracy",
            goal="higher",
            at_least=0.03,
            cases=(
                Case("at a learning rate of 1", START, START.but(activation="leaky_relu")),
                Case(
                    "at a learning rate of 3",
                    START.but(learning_rate=3),
                    START.but(learning_rate=3, activation="leaky_relu"),
                ),
                Case("when units start far below 0", NEGATIVE, NEGATIVE.but(activation="leaky_relu")),
                Case("at a learning rate of 0.1", CALM, CALM.but(activation="leaky_relu")),
                Case(
                    "when inputs are uncentred",
                    SHIFTED.but(learning_rate=0.03),
                    SHIFTED.but(learning_rate=0.03, activation="leaky_relu"),
                ),
            ),
            note="A slope of 0.01 lets a hundredth of the gradient through: units below 0 crawl, they do not "
            "leap. At a high learning rate the network diverges where ReLU units would have died.",
        ),
        Claim(
            sentence="Dead units make a network worse.",
            source="A common reading of the above",
            measure="test_accuracy",
            goal="lower",
            at_least=0.03,
            cases=(
                Case("when large steps killed them", CALM, START),
                Case(
                    "when many of them die under Adam, on two-dimensional data",
                    FINE.but(learning_rate=0.003),
                    FINE,
                ),
            ),
            note="What counts is what the living units can still do: a wide layer has units to spare.",
        ),
    ),
    symptoms={
        "The same answer to every input": "Learning rate 3",
        "Many units never fire": "Uncentred inputs",
    },
)
