"""LESSON: what the Dropout page asks, shows and starts from."""

from core.lessons.dropout.claims import CLAIMS
from core.lessons.dropout.settings import BETWEEN, CIRCLES, CLEAN, GAP, START, XOR
from core.lessons.lesson import Lesson

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
        "After every layer, 50 %": {},
        "No dropout": {"dropout": 0.0},
        "Ten features, between two hidden layers": BETWEEN.changes(START),
        "Ten features, after every layer, 70 %": XOR.but(dropout=0.7).changes(START),
        "Drop out everything": {"dropout": 1.0},
        "Where it hurts": CLEAN.changes(START),
        "Where evaluation mode is worse": CIRCLES.changes(START),
        "With batch normalization": {"batchnorm": True},
        "Regression with a gap": GAP.changes(START),
    },
    claims=CLAIMS,
    symptoms={"Training fine, held-out data bad": "No dropout"},
)
