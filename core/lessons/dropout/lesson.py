"""LESSON: what the Dropout page asks, shows and starts from."""

from core.lessons.dropout.claims import CLAIMS
from core.lessons.dropout.settings import BETWEEN, CIRCLES, CLEAN, GAP, MOONS, XOR
from core.lessons.lesson import Lesson

LESSON = Lesson(
    slug="dropout",
    title="Dropout",
    section="What helps",
    icon=":material/grid_off:",
    question="Why does it help to switch off half of the network?",
    summary="At every gradient step each sample loses a random share of the hidden units. "
    "What remains cannot rely on any single one of them.",
    start=BETWEEN,
    opens=MOONS.changes(BETWEEN),
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
        "After every layer, 50 %": MOONS.changes(BETWEEN),
        "No dropout": MOONS.but(dropout=0).changes(BETWEEN),
        "Ten features, between two hidden layers": {},
        "Ten features, after every layer, 70 %": XOR.but(dropout=0.7).changes(BETWEEN),
        "Drop out everything": MOONS.but(dropout=1).changes(BETWEEN),
        "Where it hurts": CLEAN.changes(BETWEEN),
        "Where evaluation mode is worse": CIRCLES.changes(BETWEEN),
        "With batch normalization": MOONS.but(batchnorm=True).changes(BETWEEN),
        "Regression with a gap": GAP.changes(BETWEEN),
    },
    claims=CLAIMS,
    symptoms={"Training fine, held-out data bad": "No dropout"},
)
