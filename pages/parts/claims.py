"""What the textbooks say, and whether it is so: sentences, verdicts, and the trainings behind them."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from core.charts.claims import effect, effects
from core.diagnosis.claims import (
    NOT_HERE,
    SEEDS,
    TRUE,
    TRUE_IF,
    UNDECIDED,
    Claim,
    Outcome,
    Verdict,
    judge,
)
from core.diagnosis.measures import MEASURES
from core.lessons.backprop.claims import ExactClaim
from core.lessons.lesson import Lesson
from core.run import ENDS
from pages.parts import say
from pages.parts.show import asked
from pages.parts.training import is_cached, trained

VERDICTS = {
    TRUE: ":green-badge[true]",
    TRUE_IF: ":orange-badge[true if …]",
    UNDECIDED: ":blue-badge[not decided]",
    NOT_HERE: ":gray-badge[not here]",
}


def verdict(holds: bool, sentence: str) -> None:
    """A statement that was checked on the runs above."""
    say.markdown(f"{VERDICTS[TRUE if holds else NOT_HERE]} {sentence}")


def tested(lesson: Lesson) -> None:
    """The textbook's sentences, each tested by pairs of trainings."""
    say.subheader("Textbook claims, tested")
    say.caption("Every pair differs in one setting and shares data, seed and batch order; 8 seeds each.")
    for i, claim in enumerate(lesson.claims):
        _claim(claim, f"{lesson.slug}.claim.{i}")


@st.fragment
def _claim(claim: Claim, key: str) -> None:
    with st.container(border=True, key=key):
        _sentence(claim)
        experiments = claim.sweep.experiments
        label = f"Test it: train {len(experiments)} networks"
        if is_cached(experiments, ENDS) or asked(key, label, experiments):
            judged = judge(claim, trained(experiments, ENDS))
            _said(judged, claim.note)
            figure = effects(claim, judged)
            about = figure.layout.meta
            st.plotly_chart(figure, key=f"{key}.effects", alt=about["alt"], config={"displayModeBar": False})
            say.caption(about["how"])
            _numbers({outcome.condition: _compared(claim, outcome) for outcome in judged.outcomes})
            say.caption(f"Measured: {MEASURES[claim.measure].help}")


def _compared(claim: Claim, outcome: Outcome) -> str:
    """Both sides of a case and the gain, in words."""
    measure, labels = MEASURES[claim.measure], outcome.case.labels()
    values = (float(np.median(side)) for side in (outcome.without, outcome.helped))
    medians = "; ".join(f"{label}: {measure.text(v)}" for label, v in zip(labels, values, strict=True))
    sides = [f"with {label}" for label in labels]
    low, middle, high = (
        effect(claim, gain, sides) for gain in (outcome.interval[0], outcome.gain, outcome.interval[1])
    )
    spread = "over the whole 93 % interval" if low == high else f"93 % interval: {low} to {high}"
    return (
        f"{measure.title}, medians over {SEEDS} seeds: {medians}. Pair by pair {middle} ({spread}); asked "
        f"for: {effect(claim, claim.at_least)}. In the right direction in {outcome.better} of {SEEDS} pairs."
    )


def exact(tested: Sequence[ExactClaim], verdicts: Sequence[Verdict]) -> None:
    """The textbook's sentences that need no training of pairs: exact computations, done already."""
    say.subheader("Textbook claims, tested")
    for claim, judged in zip(tested, verdicts, strict=True):
        with st.container(border=True):
            _sentence(claim)
            _said(judged, claim.note)
            _numbers({o.condition: f"{_capital(o.sentence)}." for o in judged.outcomes})


def _sentence(claim: Claim | ExactClaim) -> None:
    """In quotation marks only where the source says exactly that."""
    if claim.quoted:
        say.markdown(f"“{claim.sentence}”")
        say.caption(f"Word for word: {claim.source}.")
    else:
        say.markdown(claim.sentence)
        say.caption(f"In our words, after: {claim.source}.")


def _said(judged: Verdict, note: str) -> None:
    say.markdown(f"{VERDICTS[judged.word]} {judged.sentence} {note}")


def _numbers(sentences: Mapping[str, str]) -> None:
    with st.expander("The numbers"):
        say.markdown("\n".join(f"- **{_capital(name)}.** {said}" for name, said in sentences.items()))


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
