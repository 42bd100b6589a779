"""Claims: sentences from textbooks, tested by training pairs of networks that differ in one thing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.diagnosis.measures import MEASURES, Measure
from core.diagnosis.wording import words
from core.experiment import Experiment
from core.quotes import is_quote
from core.run import ENDS, Run
from core.sweep import Sweep
from core.words import listed

SEEDS = 8
TRUE, NOT_HERE, UNDECIDED, TRUE_IF = "true", "not here", "not decided", "true if …"


@dataclass(frozen=True)
class Case:
    """One condition under which a claim is tested: `without` and `helped` differ in one thing.

    measure: what is measured here, in the unit of the claim's own measure, which it takes the place of.
    same_rate: both sides keep the learning rate of their Experiments, whatever rates the claim tries.
    """

    condition: str
    without: Experiment
    helped: Experiment
    measure: str = ""
    same_rate: bool = False

    def labels(self) -> tuple[str, str]:
        """What differs, in words, on both sides."""
        changed = self.helped.changes(self.without)
        return tuple(
            ", ".join(words(type(side), name, getattr(side, name)) for name in changed)
            for side in (self.without, self.helped)
        )


@dataclass(frozen=True)
class Claim:
    """A sentence, its source, and the measure that must get better for it to hold.

    goal: "lower" or "higher" values are better, or "one": better is closer to 1 on a log scale.
    at_least: the smallest change that matters; a factor for logarithmic measures, else a difference.
    can: it says that something can happen, which one case proves and only none refutes.
    rates: learning rates at each of which every network is trained, on either side: the best value of each
    counts. So no side has a rate that suits only the other. Without them the Experiments have their own.
    snapshots: how often the measure wants a network to be measured on the way.
    """

    sentence: str
    source: str
    measure: str
    goal: str
    at_least: float
    cases: tuple[Case, ...]
    note: str = ""
    can: bool = False
    rates: tuple[float, ...] = ()
    snapshots: int = ENDS

    @property
    def quoted(self) -> bool:
        """Whether the sentence is the source's own, word for word; else it is a paraphrase."""
        return is_quote(self.sentence, self.source)

    @cached_property
    def sweep(self) -> Sweep:
        """Both sides of every case over the same seeds and the same learning rates."""
        return Sweep.made(
            lambda case, side, seed, rate: getattr(case, side).but(
                seed=seed, **({} if case.same_rate else rate)
            ),
            case=self.cases,
            side=("without", "helped"),
            seed=range(SEEDS),
            rate=[{"learning_rate": rate} for rate in self.rates] or [{}],
        )


@dataclass(frozen=True)
class Outcome:
    """What one case showed: both sides' values over the seeds, and the gain with its interval.

    A gain is a factor for logarithmic measures and a difference for others, positive (above 1) where the
    claim is right, in `better` of the pairs; there is none in `equal` of them. `interval` runs from the
    second smallest to the second largest of the 8 `gains`: it covers the median with 93 %, whatever their
    distribution (sign test). `word` is TRUE where all of it reaches `at_least`, NOT_HERE where none of it
    does, else UNDECIDED.
    """

    case: Case
    without: np.ndarray
    helped: np.ndarray
    gains: np.ndarray
    gain: float
    interval: tuple[float, float]
    better: int
    equal: int
    word: str

    @property
    def condition(self) -> str:
        """Under which it was tested."""
        return self.case.condition


@dataclass(frozen=True)
class Verdict:
    """`word` is TRUE, TRUE_IF, NOT_HERE or UNDECIDED; `sentence` says where; an outcome has a case's
    numbers."""

    word: str
    sentence: str
    outcomes: tuple


def gains_of(measure: Measure, goal: str, without: np.ndarray, helped: np.ndarray) -> np.ndarray:
    """Paired gains on the scale on which 0 is no change; diverged counts as worst."""
    if goal == "one":
        without, helped, goal = np.abs(np.log(without)), np.abs(np.log(helped)), "lower"
    elif measure.logarithmic:
        without, helped = np.log(np.maximum(without, 1e-12)), np.log(np.maximum(helped, 1e-12))
    both = np.isinf(without) & np.isinf(helped)
    with np.errstate(invalid="ignore"):
        gains = without - helped if goal == "lower" else helped - without
    return np.where(both, 0.0, np.nan_to_num(gains, nan=0.0, posinf=np.inf, neginf=-np.inf))


def interval(gains: np.ndarray) -> tuple[float, float, float]:
    """Lower end, median, upper end: of 8 or more the second from either end, of fewer the ends themselves."""
    ordered, cut = np.sort(gains), int(len(gains) >= SEEDS)
    with np.errstate(invalid="ignore"):
        middle = np.nan_to_num(np.median(ordered), nan=0.0, posinf=np.inf, neginf=-np.inf)
    return ordered[cut], middle, ordered[-1 - cut]


def decided(low: float, high: float, at_least: float) -> str:
    """What an interval says of a threshold."""
    return TRUE if low >= at_least else NOT_HERE if high < at_least else UNDECIDED


def judge(claim: Claim, runs: list[Run]) -> Verdict:
    """The verdict over the Runs of the claim's sweep."""
    best, outcomes = np.min if claim.goal == "lower" else np.max, []
    for case, found in zip(claim.cases, claim.sweep.of(runs), strict=True):
        of = MEASURES[case.measure or claim.measure].of
        measured = np.array([of(run) for run in found.flat]).reshape(found.shape)
        outcomes.append(outcome(claim, case, *best(measured, axis=-1)))
    return sum_up(outcomes, claim.can)


def outcome(claim: Claim, case: Case, without: np.ndarray, helped: np.ndarray) -> Outcome:
    """What the values of both sides over the seeds say in this case."""
    measure = MEASURES[claim.measure]
    gains = gains_of(measure, claim.goal, without, helped)
    scale = np.exp if measure.logarithmic else np.asarray
    low, middle, high = (float(scale(gain)) for gain in interval(gains))
    return Outcome(
        case,
        without,
        helped,
        scale(gains),
        middle,
        (low, high),
        better=int((gains > 0).sum()),
        equal=int((gains == 0).sum()),
        word=decided(low, high, claim.at_least),
    )


def sum_up(outcomes: Sequence, can: bool = False) -> Verdict:
    """The verdict over outcomes, each with the `condition` of a case and the `word` on it.

    can: the sentence says that something can happen, so that one case proves it.
    """
    where = {word: [o.condition for o in outcomes if o.word == word] for word in (TRUE, NOT_HERE, UNDECIDED)}
    if where[TRUE]:
        word = TRUE if can or len(where[TRUE]) == len(outcomes) else TRUE_IF
    else:
        word = UNDECIDED if where[UNDECIDED] else NOT_HERE
    starts = {TRUE: "Shown" if can else "True", NOT_HERE: "Not so", UNDECIDED: "Not decided"}
    sentences = [f"{starts[word]} {listed(conditions)}." for word, conditions in where.items() if conditions]
    return Verdict(word, " ".join(sentences), tuple(outcomes))
