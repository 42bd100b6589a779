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
from core.quotes import is_quote
from core.words import short
from pages.parts import say
from pages.parts.show import asked, networks
from pages.parts.training import is_cached, trained

VERDICTS = {
    TRUE: ":green-badge[true]",
    TRUE_IF: ":orange-badge[true if …]",
    UNDECIDED: ":blue-badge[not decided]",
    NOT_HERE: ":gray-badge[not here]",
}


def verdict(holds: bool, statement: str) -> None:
    """A statement that was checked on the runs above."""
    say.markdown(f"{VERDICTS[TRUE if holds else NOT_HERE]} {statement}")


def tested(lesson: Lesson) -> None:
    """The textbook's sentences, each tested by pairs of trainings."""
    say.subheader("Textbook claims, tested")
    say.caption(
        f"Every pair differs in one setting and shares data, seed and batch order; {SEEDS} seeds each. Only "
        "where each side has its own best learning rate, as is said there, that may differ besides."
    )
    for i, claim in enumerate(lesson.claims):
        _claim(claim, f"{lesson.slug}.claim.{i}")


@st.fragment
def _claim(claim: Claim, key: str) -> None:
    with st.container(border=True, key=key):
        sentence(claim.sentence, claim.source)
        experiments = claim.sweep.experiments
        label = f"Test it: train {networks(len(set(experiments)))}"
        if is_cached(experiments, claim.snapshots) or asked(key, label, experiments):
            judged = judge(claim, trained(experiments, claim.snapshots))
            said(judged, claim.note)
            figure = effects(claim, judged)
            about = figure.layout.meta
            st.plotly_chart(figure, key=f"{key}.effects", alt=about["alt"], config={"displayModeBar": False})
            say.caption(about["how"])
            numbers({outcome.condition: _compared(claim, outcome) for outcome in judged.outcomes})
            measure = MEASURES[claim.measure]
            most = max(e.steps for e in experiments)
            say.caption(
                f"Measured: {measure.title[0].lower()}{measure.title[1:]}. {measure.help} No training takes "
                f"more than {most:,} steps."
            )
            if claim.rates:
                low, *_, high = map(short, claim.rates)
                named = any(case.same_rate for case in claim.cases)
                unless = "; but for the cases that name one" * named
                say.caption(
                    "Neither side has a learning rate that suits only the other: every network is trained at "
                    f"{len(claim.rates)}, from {low} to {high}, and its best counts{unless}."
                )


def _compared(claim: Claim, outcome: Outcome) -> str:
    """Both sides of a case and the gain, in words."""
    measure, labels = MEASURES[outcome.case.measure or claim.measure], outcome.case.labels()
    sides = (outcome.without, outcome.helped)
    medians = "; ".join(
        f"{label}: {measure.text(float(np.median(side)))}" for label, side in zip(labels, sides, strict=True)
    )
    told = [f"{measure.title}, medians over {SEEDS} seeds: {medians}"]
    lost = [int((~np.isfinite(side)).sum()) for side in sides]
    if any(lost):
        counts = (f"in {n} of {SEEDS} with {label}" for n, label in zip(lost, labels, strict=True))
        told.append(f"{_capital(measure.missing)} {', '.join(counts)}")
    low, middle, high = (
        effect(claim, gain, [f"with {label}" for label in labels])
        for gain in (outcome.interval[0], outcome.gain, outcome.interval[1])
    )
    if np.isfinite(outcome.gain) and (outcome.gain or not measure.logarithmic):
        spread = "over the whole 93 % interval" if low == high else f"93 % interval: {low} to {high}"
        told.append(f"Pair by pair {middle} ({spread}); asked for: {effect(claim, claim.at_least)}")
    equal = f", no difference in {outcome.equal}" if outcome.equal else ""
    told.append(f"In the right direction in {outcome.better} of {SEEDS} pairs{equal}")
    return ". ".join(told) + "."


def above(text: str, source: str, judged: Verdict) -> None:
    """A sentence, judged on what stands above it."""
    with st.container(border=True):
        sentence(text, source)
        said(judged, "")


def exact(tested: Sequence[ExactClaim], verdicts: Sequence[Verdict]) -> None:
    """The textbook's sentences that need no training of pairs: exact computations, done already."""
    say.subheader("Textbook claims, tested")
    for claim, judged in zip(tested, verdicts, strict=True):
        with st.container(border=True):
            sentence(claim.sentence, claim.source)
            said(judged, claim.note)
            numbers({o.condition: f"{_capital(o.sentence)}." for o in judged.outcomes})


def sentence(text: str, source: str) -> None:
    """In quotation marks only where the source says exactly that."""
    if is_quote(text, source):
        say.markdown(f"“{text}”")
        say.caption(f"Word for word: {source}.")
    else:
        say.markdown(text)
        say.caption(f"In our words, after: {source}.")


def said(judged: Verdict, note: str) -> None:
    """The verdict, and what is to be known besides."""
    say.markdown(f"{VERDICTS[judged.word]} {judged.sentence} {note}")


def numbers(sentences: Mapping[str, str]) -> None:
    """Condition -> what was measured under it, folded."""
    with st.expander("The numbers"):
        say.markdown("\n".join(f"- **{_capital(name)}.** {about}" for name, about in sentences.items()))


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
