"""Raw columns, scaled or not. Sources: the course's page on numerical data; IEEE 754 for overflow and NaN."""

from core.lessons.feature_scaling.claims import CLAIMS
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.table import PIPELINES
from core.lessons.lesson import Lesson

START = Houses()
NETWORK = {"depth": 2, "optimizer": "adam", "learning_rate": 0.01}
MODELS = {
    "linear, SGD": {"depth": 0, "optimizer": "sgd", "learning_rate": 0.1, "momentum": 0},
    "linear, Adam": {"depth": 0, "optimizer": "adam", "learning_rate": 0.1},
    "2 hidden layers, SGD": {"depth": 2, "optimizer": "sgd", "learning_rate": 0.05, "momentum": 0},
    "2 hidden layers, Adam": NETWORK,
}

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
    claims=CLAIMS,
    symptoms={
        "The loss is NaN as soon as training starts": "One missing value",
        "My columns have very different ranges": "Raw columns",
    },
)
