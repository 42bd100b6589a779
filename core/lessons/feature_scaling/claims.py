"""CLAIMS: what the course and others say of scaling, each put to the test by pairs of trainings."""

from core.diagnosis.claims import Case, Claim
from core.lessons.feature_scaling.controlled import PowerLaw, Resized
from core.lessons.feature_scaling.houses import Houses
from core.quotes import KAGGLE, SLIDES

COURSE = "Google Machine Learning Crash Course, Numerical data: normalization"
RATES = tuple(float(f"{10 ** (k / 2):.1e}") for k in range(-28, 3))
"""Two a decade, from what raw columns need to what none can take."""
STEADY_RATES = tuple(float(f"{10 ** (k / 4):.2e}") for k in range(-16, 3))
LINEAR = Houses()
CLEAN = LINEAR.but(outlier_share=0)
SMALL = CLEAN.but(samples=128, width=16, steps=100)
BY_SGD = {"depth": 2}
BY_ADAM = {"depth": 2, "optimizer": "adam", "learning_rate": 0.01}
SPREAD = Resized(**dict(SMALL.but(scaling="log_clip_zscore", samples=64, steps=50)), spread=100)
KEPT = SPREAD.but(held="largest")


def _scaled(condition: str, start, before: str, after: str) -> Case:
    return Case(condition, start.but(scaling=before), start.but(scaling=after))


CLAIMS = (
    Claim(
        sentence="Roughly zero-centered, [-1, 1] range often works well",
        source=SLIDES,
        measure="steps_to_learned",
        goal="lower",
        at_least=1.5,
        rates=RATES,
        cases=(
            _scaled("against raw columns", SMALL, "none", "linear"),
            _scaled("against [0, 1]", SMALL, "unit", "linear"),
            _scaled("against the z-score", SMALL, "zscore", "linear"),
        ),
        note="Compared is how soon a linear model learns. A range of [-1, 1] is not yet centred: the "
        "heavy tail of population pushes more than three quarters of its rows into the lowest twentieth.",
    ),
    Claim(
        sentence="Helps gradient descent converge",
        source=SLIDES,
        measure="final_loss",
        goal="lower",
        at_least=1.1,
        rates=RATES,
        cases=(
            _scaled("for a linear model by SGD", SMALL, "none", "zscore"),
            _scaled("for a network by SGD", SMALL.but(**BY_SGD), "none", "zscore"),
            _scaled("for a network by Adam", SMALL.but(**BY_ADAM), "none", "zscore"),
        ),
        note="What is to help is scaling; it is tested with the z-score against raw columns.",
    ),
    Claim(
        sentence="With scaled features models converge more quickly.",
        source=COURSE,
        measure="steps_to_learned",
        goal="lower",
        at_least=1.5,
        rates=RATES,
        cases=(
            _scaled("from raw columns to the z-score in a linear model", SMALL, "none", "zscore"),
            _scaled("from [0, 1] to the z-score in a linear model", SMALL, "unit", "zscore"),
            _scaled("from [0, 1] to the z-score in a network", SMALL.but(**BY_SGD), "unit", "zscore"),
            _scaled(
                "from [0, 1] to the z-score in a network by Adam", SMALL.but(**BY_ADAM), "unit", "zscore"
            ),
        ),
    ),
    Claim(
        sentence="Avoid NaN trap",
        source=SLIDES,
        measure="survived",
        goal="higher",
        at_least=1,
        cases=(
            _scaled("when the step is too long for raw columns", LINEAR, "none", "zscore"),
            _scaled(
                "when it is short enough for raw columns", LINEAR.but(learning_rate=1e-12), "none", "zscore"
            ),
            _scaled("when a value is missing", LINEAR.but(missing=1), "none", "zscore"),
        ),
        note="Both sides have the same learning rate. Scaling keeps numbers small; it passes a gap on. "
        "Filling gaps is a step of its own.",
    ),
    Claim(
        sentence="Features that tend to produce activations of very different sizes can make for unstable "
        "training behavior.",
        source=KAGGLE,
        can=True,
        measure="steady_rate",
        goal="higher",
        at_least=2,
        rates=STEADY_RATES,
        cases=(
            Case("for a linear model", SPREAD, SPREAD.but(spread=1)),
            Case("for a network", SPREAD.but(**BY_SGD), SPREAD.but(spread=1, **BY_SGD)),
            Case("for a network by Adam", SPREAD.but(**BY_ADAM), SPREAD.but(spread=1, **BY_ADAM)),
            Case(
                "for a network whose small columns are brought up to the largest",
                KEPT.but(**BY_SGD),
                KEPT.but(spread=1, **BY_SGD),
            ),
            Case(
                "for a network by Adam whose small columns are brought up to the largest",
                KEPT.but(**BY_ADAM),
                KEPT.but(spread=1, **BY_ADAM),
            ),
        ),
        note="The columns are the same on both sides, only multiplied: to sizes that differ, or to "
        "one, in the middle between them or as large as the largest.",
    ),
    Claim(
        sentence="Avoiding outlier values can also help",
        source=SLIDES,
        can=True,
        measure="test_r2",
        goal="higher",
        at_least=0.02,
        cases=(
            _scaled("when a sensor sticks", LINEAR, "log_zscore", "log_clip_zscore"),
            _scaled("when there are no outliers", CLEAN, "log_zscore", "log_clip_zscore"),
        ),
    ),
    Claim(
        sentence="Log scaling helps when a feature follows a power law.",
        source=COURSE,
        measure="test_r2",
        goal="higher",
        at_least=0.02,
        cases=(
            _scaled("where the target follows its logarithm", PowerLaw(), "zscore", "log_zscore"),
            _scaled(
                "for a network where the target follows its logarithm",
                PowerLaw(**BY_ADAM),
                "zscore",
                "log_zscore",
            ),
            _scaled(
                "where the target follows the feature itself",
                PowerLaw(follows="feature"),
                "zscore",
                "log_zscore",
            ),
            _scaled("on log-normal columns", LINEAR, "clip_zscore", "log_clip_zscore"),
            Case(
                "on age, which is uniform",
                LINEAR.but(scaling="log_clip_zscore", age="clip_zscore"),
                LINEAR.but(scaling="log_clip_zscore", age="log_clip_zscore"),
            ),
        ),
        note="Where no network is named the model is linear. For such a model what decides is what "
        "the target follows: the price follows the logarithms of the log-normal columns, and the age of a "
        "house itself.",
    ),
)
