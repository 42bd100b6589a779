"""Raw columns, scaled or not. Sources: the course's page on numerical data; IEEE 754 for overflow and NaN."""

from core.diagnosis.claims import Case, Claim
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.table import PIPELINES
from core.lessons.lesson import Lesson
from core.quotes import SLIDES

START = Houses()
CLEAN = START.but(outlier_share=0)
NETWORK = {"depth": 2, "optimizer": "adam", "learning_rate": 0.01}
MODELS = {
    "linear, SGD": {"depth": 0, "optimizer": "sgd", "learning_rate": 0.1, "momentum": 0},
    "linear, Adam": {"depth": 0, "optimizer": "adam", "learning_rate": 0.1},
    "2 hidden layers, SGD": {"depth": 2, "optimizer": "sgd", "learning_rate": 0.05, "momentum": 0},
    "2 hidden layers, Adam": NETWORK,
}
COURSE = "Google Machine Learning Crash Course, Numerical data: normalization"

LESSON = Lesson(
    slug="feature_scaling",
    title="Feature scaling",
    section="How it fails",
    icon=":material/straighten:",
    question="What do raw columns do to training?",
    summary="A raw table has ages in tens, incomes in ten thousands, a few absurd values and gaps. Watch how "
    "each way of scaling changes how fast a model learns, or what it can learn, and where NaN comes from.",
    start=START,
    controls=(
        "scaling",
        "depth",
        "optimizer",
        "learning_rate",
        "outlier",
        "clip",
        "missing",
        "seed",
    ),
    more=(
        "age",
        "rooms",
        "income",
        "population",
        "sensor",
        "impute",
        "fit_on",
        "samples",
        "outlier_share",
        "income_spread",
        "noise",
        "width",
        "momentum",
        "steps",
    ),
    presets={
        "Raw columns": {},
        "z-score": {"scaling": "zscore"},
        "log, clip, z-score": {"scaling": "log_clip_zscore"},
        "A stuck sensor sets the range": {"scaling": "linear", "outlier": 10_000},
        "Raw columns, Adam": NETWORK,
        "A network on z-scores": {"scaling": "zscore", **NETWORK},
        "Raw columns, tiny step": {"learning_rate": 1e-12},
        "One missing value": {"scaling": "log_clip_zscore", "missing": 1},
        "Missing value, filled": {"scaling": "log_clip_zscore", "missing": 1, "impute": True},
    },
    variants={title: lambda e, name=name: e.everywhere(name).changes(e) for name, title in PIPELINES.items()}
    | {"gaps filled": lambda e: {"impute": True} if e.draw().isna().any(axis=None) else {}},
    claims=(
        Claim(
            sentence="Roughly zero-centered, [-1, 1] range often works well",
            source=SLIDES,
            measure="final_loss",
            goal="lower",
            at_least=1.1,
            cases=(
                Case("against raw columns", CLEAN, CLEAN.but(scaling="linear")),
                Case(
                    "against [0, 1], which is not centred",
                    CLEAN.but(scaling="unit"),
                    CLEAN.but(scaling="linear"),
                ),
                Case(
                    "against the z-score, which has no fixed range",
                    CLEAN.but(scaling="zscore"),
                    CLEAN.but(scaling="linear"),
                ),
            ),
            note="Heavy tails push nearly all rows to one end of the range: mapped to [-1, 1] they are not "
            "centred at all.",
        ),
        Claim(
            sentence="Normalization helps gradient descent converge.",
            source=COURSE,
            measure="final_loss",
            goal="lower",
            at_least=1.1,
            cases=(
                Case("for a linear model by SGD", START, START.but(scaling="zscore")),
                Case(
                    "for a network by SGD",
                    START.but(depth=2, learning_rate=0.05),
                    START.but(depth=2, learning_rate=0.05, scaling="zscore"),
                ),
                Case("for a network by Adam", START.but(**NETWORK), START.but(scaling="zscore", **NETWORK)),
            ),
        ),
        Claim(
            sentence="Normalization helps avoid the NaN trap.",
            source=COURSE,
            measure="survived",
            goal="higher",
            at_least=1,
            cases=(
                Case("when raw values overflow", START, START.but(scaling="zscore")),
                Case("when a value is missing", START.but(missing=1), START.but(missing=1, scaling="zscore")),
            ),
            note="Scaling keeps numbers small; it passes a gap on. Filling gaps is a step of its own.",
        ),
        Claim(
            sentence="Avoiding outlier values can also help",
            source=SLIDES,
            can=True,
            measure="test_r2",
            goal="higher",
            at_least=0.02,
            cases=(
                Case(
                    "when a sensor sticks",
                    START.but(scaling="log_zscore"),
                    START.but(scaling="log_clip_zscore"),
                ),
                Case(
                    "when there are no outliers",
                    CLEAN.but(scaling="log_zscore"),
                    CLEAN.but(scaling="log_clip_zscore"),
                ),
            ),
        ),
        Claim(
            sentence="Log scaling helps when a feature follows a power law.",
            source=COURSE,
            measure="test_r2",
            goal="higher",
            at_least=0.02,
            cases=(
                Case(
                    "for a linear model",
                    START.but(scaling="clip_zscore"),
                    START.but(scaling="log_clip_zscore"),
                ),
                Case(
                    "for a network, which could find the logarithm by itself",
                    START.but(scaling="clip_zscore", **NETWORK),
                    START.but(scaling="log_clip_zscore", **NETWORK),
                ),
                Case(
                    "on a column that is uniform",
                    START.but(scaling="log_clip_zscore"),
                    START.but(scaling="log_clip_zscore", age="log_clip_zscore"),
                ),
            ),
        ),
    ),
    symptoms={
        "The loss is NaN as soon as training starts": "One missing value",
        "My columns have very different ranges": "Raw columns",
    },
)
