"""Dropout beside an ensemble of networks that were trained apart, on the same data."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.data import load
from core.diagnosis.claims import SEEDS, UNDECIDED, Verdict, decided, interval, sum_up
from core.engine.forward import answers, draw_masks, forward, score
from core.engine.network import Stack
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.dropout.measured.ensemble import all_masks
from core.lessons.dropout.measured.modes import score_of_answers
from core.run import ENDS, Run
from core.work import work

APART, SAMPLED, COUNTED = 8, 200, 10
CLOSE, WORTH = 1.05, 1.1
FULL, THIN = "full size", "thinned size"


class Redrawn(Stack):
    """A Stack of the same data whose weights are drawn anew: as those of another seed."""

    def __init__(self, draw: int, experiments, tick):
        self.draw = draw
        super().__init__(experiments, tick)

    def _draw_parameters(self):
        own = self.experiments
        self.experiments = [e.but(seed=(e.seed + 1_000_003 * self.draw) % 2**32) for e in own]
        try:
            super()._draw_parameters()
        finally:
            self.experiments = own


@dataclass(frozen=True)
class Outcome:
    """What one way of comparing showed: condition and word, as core.diagnosis.claims.sum_up takes them."""

    condition: str
    word: str


@dataclass(frozen=True)
class Members:
    """Held-out losses [seeds] by what answers. thinned: how many thinned networks, all of them if `counted`.

    sampling: what sampling them may be off by, the standard error of the loss of their mean over draws,
    relative to that loss: the median over the seeds; 0 if counted.
    """

    experiment: Experiment
    losses: dict[str, np.ndarray]
    thinned: int
    counted: bool
    sampling: float

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """In which ways dropout is an ensemble; nothing is said of fewer than 8 seeds."""
        of = self.losses
        apart = f"the mean of {APART} trained apart, {FULL}"
        ways = (
            ("in that the mean of thinned networks loses at least a tenth less than one of them",
             of["one thinned network"] / of["their mean"], WORTH),
            ("in that one pass in evaluation mode loses at most a twentieth more than that mean",
             CLOSE * of["their mean"] / of["evaluation mode"], 1.0),
            (f"in that this pass loses at most a twentieth more than the mean of {APART} trained apart",
             CLOSE * of[apart] / of["evaluation mode"], 1.0),
        )  # fmt: skip
        return tuple(Outcome(condition, _word(ratio, bar)) for condition, ratio, bar in ways)

    @property
    def verdict(self) -> Verdict:
        """Of the sentence that there is a connection to ensembles."""
        return sum_up(self.outcomes)


def _word(ratios: np.ndarray, bar: float) -> str:
    ratios = np.nan_to_num(ratios, nan=0.0, posinf=np.inf)
    low, _, high = interval(ratios)
    return decided(low, high, bar) if len(ratios) >= SEEDS else UNDECIDED


def thin(e: Experiment) -> Experiment:
    """Without dropout, of as many units as a thinned network has on average, 1 at least."""
    return e.but(dropout=0, width=max(1, round(e.width * (1 - e.dropout))))


def cost(e: Experiment, seeds: int) -> float:
    """Work of all that is trained for `members`."""
    return seeds * (work(e) + APART * (work(e.but(dropout=0)) + work(thin(e))))


def members(e: Experiment, seeds: int = SEEDS, tick: Callable = lambda *_: None) -> Members:
    """Networks with dropout, the thinned networks inside, and networks without it that were trained apart.

    The thinned networks are counted out where there are at most 2^10, else sampled.
    """
    own = [e.but(seed=(e.seed + i) % 2**32) for i in range(seeds)]
    losses, sampling, thinned, counted = {}, [], 0, False

    def add(name, loss):
        losses.setdefault(name, []).append(loss if np.isfinite(loss) else np.inf)

    for run in train(own, ENDS, tick):
        tick()
        one, mean, error, thinned, counted = _inside(run, tick)
        y = load(run.experiment).y_test
        add("one thinned network", one)
        add("their mean", mean)
        add("evaluation mode", score(e, forward(e, run.weights, load(run.experiment).x_test).output, y)[0])
        sampling.append(error / mean if np.isfinite(mean) and mean else 0.0)
    for size, alone in ((FULL, [o.but(dropout=0) for o in own]), (THIN, [thin(o) for o in own])):
        groups = [train(alone, ENDS, tick, stack=partial(Redrawn, draw)) for draw in range(1, APART + 1)]
        for runs in zip(*groups, strict=True):
            one, mean = _together(runs)
            add(f"one network alone, {size}", one)
            add(f"the mean of {APART} trained apart, {size}", mean)
    found = {name: np.array(values) for name, values in losses.items()}
    return Members(e, found, thinned, counted, 0.0 if counted else float(np.median(sampling)))


def _together(runs: tuple[Run, ...]) -> tuple[float, float]:
    """The mean of the held-out losses, and the loss of the mean of the answers."""
    e, data = runs[0].experiment, load(runs[0].experiment)
    outputs = [forward(e, run.weights, data.x_test).output for run in runs]
    one = float(np.mean([score(e, output, data.y_test)[0] for output in outputs]))
    return one, score_of_answers(np.mean([answers(e, o) for o in outputs], axis=0), data.y_test)[0]


def _inside(run: Run, tick: Callable) -> tuple[float, float, float, int, bool]:
    """Mean loss of the thinned networks, the loss of their mean, its standard error, and their number."""
    e, data = run.experiment, load(run.experiment)
    units = e.width * sum(e.dropout_after(layer) > 0 for layer in range(e.depth))
    counted = units <= COUNTED and e.dropout_last and e.dropout < 1
    if counted:
        masks, chance = all_masks(e.depth * e.width, e.dropout)
        drawn = (mask.reshape(e.depth, e.width) for mask in masks)
    else:
        rng, chance = np.random.default_rng(e.seed), np.full(SAMPLED, 1 / SAMPLED)
        drawn = (draw_masks(e, rng, 1) for _ in range(SAMPLED))
    given, losses = [], []
    for mask in drawn:
        tick()
        output = forward(e, run.weights, data.x_test, mask).output
        given.append(answers(e, output))
        losses.append(score(e, output, data.y_test)[0])
    given = np.array(given)
    mean = np.tensordot(chance, given, 1)
    loss = score_of_answers(mean, data.y_test)[0]
    error = 0.0
    if not counted:
        rest = [score_of_answers((SAMPLED * mean - one) / (SAMPLED - 1), data.y_test)[0] for one in given]
        error = float(np.sqrt((SAMPLED - 1) * np.var(rest)))
    return float(chance @ losses), loss, error, len(chance), counted
