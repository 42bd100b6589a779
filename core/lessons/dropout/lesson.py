"""Dropout. Settings and sources: Srivastava 2014, Baldi & Sadowski 2013, Gal & Ghahramani 2016, Li 2019."""

from core.diagnosis.claims import SEEDS, Case, Claim
from core.experiment import Experiment
from core.lessons.lesson import Lesson
from core.quotes import GOOGLE
from core.sweep import Sweep

START = Experiment(
    dataset="xor",
    features=10,
    samples=256,
    label_noise=0.1,
    depth=2,
    width=128,
    dropout=0.5,
    dropout_last=False,
    optimizer="adam",
    learning_rate=0.003,
    steps=300,
)
EVERY = START.but(dropout_last=True)
MOONS = EVERY.but(dataset="moons", features=0, noise=0.2, samples=128, steps=1000)
CLEAN = EVERY.but(dataset="spirals", features=0, label_noise=0, samples=512, width=32)
GAP = EVERY.but(
    dataset="gap", features=0, noise=0.1, label_noise=0, samples=64, width=64, dropout=0.1, steps=1000
)

RATES = (0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
FAMILIES = {
    "50 samples, 40 features, noise 1": (50, 40, 1.0),
    "50 samples, 40 features, noise 2": (50, 40, 2.0),
    "30 samples, 40 features, noise 0.5": (30, 40, 0.5),
    "100 samples, 40 features, noise 3": (100, 40, 3.0),
}

SMALL = START.but(
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

GLOSSARY = "Google Machine Learning Glossary, dropout regularization"


def rates(experiment: Experiment) -> Sweep:
    """The experiment over dropout from 0 to 1, and over the seeds from its own on."""
    seeds = [(experiment.seed + i) % 2**32 for i in range(SEEDS)]
    return Sweep.over(experiment, dropout=RATES, seed=seeds)


LESSON = Lesson(
    slug="dropout",
    title="Dropout",
    section="What helps",
    icon=":material/grid_off:",
    question="Why does it help to switch off half of the network?",
    summary="At every gradient step each sample loses a random share of the hidden units. "
    "What remains cannot rely on any single one of them.",
    start=START,
    controls=("dropout", "dropout_last", "dataset", "samples", "label_noise", "width", "depth", "seed"),
    more=(
        "features",
        "noise",
        "batchnorm",
        "activation",
        "optimizer",
        "learning_rate",
        "steps",
        "weight_decay",
        "batch_size",
        "residual",
        "init",
    ),
    presets={
        "Between two hidden layers, 50 %": {},
        "After every layer, 70 %": EVERY.but(dropout=0.7).changes(START),
        "No dropout": {"dropout": 0.0},
        "Drop out everything": EVERY.but(dropout=1).changes(START),
        "Two dimensions": MOONS.changes(START),
        "Where it hurts": CLEAN.changes(START),
        "With batch normalization": {"batchnorm": True},
        "Regression with a gap": GAP.changes(START),
    },
    claims=(
        Claim(
            sentence="The more you drop out, the stronger the regularization.",
            source=GOOGLE,
            measure="generalization_gap",
            goal="lower",
            at_least=0.01,
            cases=tuple(
                Case(f"from {low:g} to {high:g}", EVERY.but(dropout=low), EVERY.but(dropout=high))
                for low, high in ((0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9))
            ),
            note="Regularization is measured as what it is to close: held-out minus training loss.",
        ),
        Claim(
            sentence="1.0 = Drop out all nodes. The model learns nothing.",
            source=GOOGLE,
            measure="hidden_moved",
            goal="lower",
            at_least=0.01,
            cases=(
                Case("after every hidden layer", EVERY.but(dropout=0.9), EVERY.but(dropout=1)),
                Case("between hidden layers", START.but(dropout=0.9), START.but(dropout=1)),
            ),
            note="No weight of a hidden layer moves at all. The output bias still learns the mean.",
        ),
        Claim(
            sentence="Values between 0.0 and 1.0 = More useful.",
            source=GOOGLE,
            measure="test_loss",
            goal="lower",
            at_least=1.05,
            cases=(
                Case("against 0 on noisy labels", EVERY.but(dropout=0), EVERY.but(dropout=0.7)),
                Case("against 1 on noisy labels", EVERY.but(dropout=1), EVERY.but(dropout=0.7)),
                Case("against 0 on noisy labels in 2-D", MOONS.but(dropout=0), MOONS),
                Case("against 0 on clean spirals", CLEAN.but(dropout=0), CLEAN),
            ),
            note="Where nothing is there to overfit, dropout only takes units away.",
        ),
        Claim(
            sentence="Dropout is analogous to training the network to emulate an exponentially large "
            "ensemble of smaller networks.",
            source=GLOSSARY,
            measure="thinned_accuracy",
            goal="higher",
            at_least=0.01,
            cases=(
                Case("on noisy labels", EVERY.but(dropout=0), EVERY),
                Case("on noisy labels in 2-D", MOONS.but(dropout=0), MOONS),
                Case("on clean spirals", CLEAN.but(dropout=0), CLEAN),
            ),
            note="Half of the units removed for good: after training with dropout, is what is left a "
            "network that works by itself?",
        ),
    ),
    symptoms={"Training fine, held-out data bad": "No dropout"},
)
