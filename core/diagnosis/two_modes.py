"""What goes wrong between training and evaluation mode: both differ, or dropout leaves too little.

Thresholds lie between what healthy and broken networks show in tests/benchmarks/diagnosis.py.
"""

from core.diagnosis.capacity import one_mode, without_dropout
from core.diagnosis.finding import (
    HALF,
    SHALLOW,
    Finding,
    Rule,
    broken_off,
    falling,
    finding,
    harm,
    outcome,
    severity,
    without_hidden_layers,
)
from core.diagnosis.modes import SAMPLES, four_modes
from core.diagnosis.numbers import ratio
from core.diagnosis.usual import LOW, above_usual, below_usual
from core.run import Run
from core.words import short

MODE_GAP = 2
MUCH_DROPOUT, FEW_LEFT, HIGH = 0.4, 8, 4


def mode_gap(run: Run) -> Finding | None:
    """The loss is much higher in evaluation than in training mode: same weights, same data."""
    severe = severity(run)
    if severe == "note":
        return None
    table = four_modes(run)
    worst, best = table[0]["loss"], table[-1]["loss"]
    if not worst > MODE_GAP * best:
        return None
    rows = min(run.experiment.samples, SAMPLES)
    return Finding(
        severe,
        f"The same weights lose {short(best)} on {rows} training samples in training mode, {short(worst)} in "
        f"evaluation mode: {_blame(table)}.",
        remedies=one_mode(run, table),
        quantity="loss in evaluation over that in training mode",
        measured=ratio(worst, best),
        threshold=MODE_GAP,
        table=table,
    )


SWITCHES = {
    (): "it takes dropout and the statistics of batches together to get the loss of training back",
    ("dropout",): "they have learned to work with units dropped, and do not without",
    ("batch",): "the running mean and variance of batch normalization are not those of the batches",
    ("dropout", "batch"): "the running variance was taken while units were dropped, and does not fit what "
    "arrives when none is",
}
"""What explains the gap, by the switches that close most of it alone."""


def _blame(table: tuple[dict, ...]) -> str:
    middle = (table[0]["loss"] * table[-1]["loss"]) ** 0.5
    return SWITCHES[
        tuple(row["switch"] for row in table[1:] if row["switch"] != "both" and row["loss"] < middle)
    ]


def _one_mode(run: Run) -> str:
    e = run.experiment
    return "" if e.dropout or e.batchnorm else "without dropout and batch normalization, both are the same"


MODE_GAP_RULE = Rule(
    mode_gap,
    "Training and evaluation mode differ",
    fires_on=SHALLOW.but(batchnorm=True, steps=15),
    source="Ioffe & Szegedy 2015, algorithm 2; Li et al. 2019 on dropout before batch norm",
    idle=lambda run: broken_off(run) or without_hidden_layers(run) or _one_mode(run),
)


def dropout_too_strong(run: Run) -> Finding | None:
    """The run fails in evaluation mode, where nothing is dropped, and dropout is all that holds it."""
    e = run.experiment
    usual = above_usual(run) <= HIGH and below_usual(run) <= LOW
    units = e.width * (1 - e.dropout)
    few = e.dropout < MUCH_DROPOUT
    strong = units <= FEW_LEFT and e.dropout >= MUCH_DROPOUT / 2 if few else True
    unfinished = e.dropout < HALF and falling(run)
    if not strong or not usual or unfinished or harm(run) == "note":
        return None
    evidence = dict(quantity="dropout", measured=e.dropout, threshold=MUCH_DROPOUT)
    if few:
        evidence = dict(quantity="units left at a step", measured=units, threshold=float(FEW_LEFT))
    even = "" if broken_off(run) else "even in evaluation mode, where none is dropped, "
    return finding(
        run,
        f"Dropout {short(e.dropout)} leaves about {short(units)} of {e.width} units of a layer at a step; "
        f"{even}{outcome(run)}.",
        without_dropout(run),
        **evidence,
    )


DROPOUT_TOO_STRONG = Rule(
    dropout_too_strong,
    "Dropout too strong",
    fires_on=SHALLOW.but(
        depth=1, width=2, activation="tanh", init="xavier", dataset="curve", dropout=0.5, steps=400
    ).but(optimizer="adam", learning_rate=0.02),
    source="Srivastava et al. 2014, section 7.3 and appendix A.4",
    idle=lambda run: without_hidden_layers(run) or ("" if run.experiment.dropout else "nothing is dropped"),
)
