"""Claims: sentences from textbooks, tested by training pairs of networks that differ in one thing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.diagnosis.measures import MEASURES, Measure
from core.experiment import Experiment
from core.run import Run
from core.settings import plain
from core.sweep import Sweep

SEEDS = 8


@dataclass(frozen=True)
class Case:
    """One condition under which a claim is tested: `without` and `helped` differ in one thing."""

    condition: str
    without: Experiment
    helped: Experiment

    def labels(self) -> tuple[str, str]:
        """What differs, as two short labels."""
        changed = self.helped.changes(self.without)
        return tuple(
            ", ".join(f"{name} {plain(getattr(side, name))}" for name in changed)
            for side in (self.without, self.helped)
        )


@dataclass(frozen=True)
class Claim:
    """A sentence, its source, and the measure that must get better for it to hold.

    goal: "lower" or "higher" values are better, or "one": better is closer to 1 on a log scale.
    at_least: the smallest change that matters; a factor for logarithmic measures, else a difference.
    """

    sentence: str
    source: str
    measure: str
    goal: str
    at_least: float
    cases: tuple[Case, ...]
    note: str = ""

    @property
    def sweep(self) -> Sweep:
        """Both sides of every case over the same seeds."""
        return Sweep.made(
            lambda case, side, seed: getattr(case, side).but(seed=seed),
            case=self.cases,
            side=("without", "helped"),
            seed=range(SEEDS),
        )


@dataclass(frozen=True)
class Outcome:
    """What one case showed: both sides' values over the seeds, and the gain with its interval.

    The gain is a factor for logarithmic measures and a difference for others, positive (above 1) when
    the claim is right: in `better` of the pairs. `interval` runs from the second smallest to the second
    largest of the 8 paired gains: it covers the median with 93 %, whatever their distribution (sign test).
    """

    case: Case
    without: np.ndarray
    helped: np.ndarray
    gain: float
    interval: tuple[float, float]
    better: int
    holds: bool

    @property
    def condition(self) -> str:
        """Under which it was tested."""
        return self.case.condition


@dataclass(frozen=True)
class Verdict:
    """`word` is holds, holds only when, or fails; `sentence` says where; an outcome has a case's numbers."""

    word: str
    sentence: str
    outcomes: tuple


def _gains(measure: Measure, goal: str, without: np.ndarray, helped: np.ndarray) -> np.ndarray:
    """Paired gains on the scale on which 0 is no change; diverged counts as worst."""
    if goal == "one":
        without, helped, goal = np.abs(np.log(without)), np.abs(np.log(helped)), "lower"
    elif measure.logarithmic:
        without, helped = np.log(np.maximum(without, 1e-12)), np.log(np.maximum(helped, 1e-12))
    both = np.isinf(without) & np.isinf(helped)
    with np.errstate(invalid="ignore"):
        gains = without - helped if goal == "lower" else helped - without
    return np.where(both, 0.0, np.nan_to_num(gains, nan=0.0, posinf=np.inf, neginf=-np.inf))


def judge(claim: Claim, runs: list[Run]) -> Verdict:
    """The verdict over the Runs of the claim's sweep."""
    measure, outcomes = MEASURES[claim.measure], []
    values = claim.sweep.of(runs, measure.of)
    for case, (without, helped) in zip(claim.cases, values, strict=True):
        gains = np.sort(_gains(measure, claim.goal, without, helped))
        scale = np.exp if measure.logarithmic else lambda x: x
        low, middle, high = (float(scale(g)) for g in (gains[1], np.median(gains), gains[-2]))
        outcomes.append(
            Outcome(case, without, helped, middle, (low, high), sum(gains > 0), low >= claim.at_least)
        )
    return sum_up(outcomes)


def sum_up(outcomes: Sequence) -> Verdict:
    """The verdict over outcomes, which tell under which `condition` a claim `holds` and under which not."""
    right, wrong = ([o.condition for o in outcomes if o.holds == side] for side in (True, False))
    if not wrong:
        word, sentence = "holds", f"Holds {_join(right)}."
    elif not right:
        word, sentence = "fails", f"Fails {_join(wrong)}."
    else:
        word, sentence = "holds only when", f"Holds {_join(right)}, but not {_join(wrong)}."
    return Verdict(word, sentence, tuple(outcomes))


def _join(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
