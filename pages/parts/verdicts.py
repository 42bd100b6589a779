"""What is wrong and what helps, and what the textbooks say: findings, remedies and claims on a page."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
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
from core.diagnosis.finding import Finding
from core.diagnosis.measures import MEASURES
from core.diagnosis.rules import RULES, Examined, cured, examine
from core.lessons.backprop.claims import ExactClaim
from core.lessons.lesson import Lesson
from core.run import ENDS, Run
from core.settings import plain
from core.trainable import Trainable
from core.words import short
from pages.parts import say
from pages.parts.compare import shared_axes
from pages.parts.controls import change
from pages.parts.show import asked
from pages.parts.training import is_cached, trained

VERDICTS = {
    TRUE: ":green-badge[true]",
    TRUE_IF: ":orange-badge[true if …]",
    UNDECIDED: ":blue-badge[not decided]",
    NOT_HERE: ":gray-badge[not here]",
}


SEVERITIES = {
    "critical": ("error", ":material/error:"),
    "warning": ("warning", ":material/warning:"),
    "note": ("info", ":material/info:"),
}
NOTHING = "✓ nothing found"


def verdict(holds: bool, sentence: str) -> None:
    """A statement that was checked on the runs above."""
    say.markdown(f"{VERDICTS[TRUE if holds else NOT_HERE]} {sentence}")


def _show(lesson: Lesson, e: Trainable) -> None:
    change(lesson, **dict(e))


def findings(
    lesson: Lesson,
    run: Run,
    show: Callable[[Lesson, Trainable], None] = _show,
) -> None:
    """What is wrong with the run, and what helps: with the same seed, before and after side by side.

    show: makes an experiment the one on the page, where that is more than a change of its settings.
    """
    examined = examine(run)
    titles = [remedy.title for finding in examined.findings for remedy in finding.remedies]
    said = [finding.sentence for finding in examined.findings]
    say.subheader("What is wrong, and what helps", *said, *titles)
    for finding in examined.findings:
        _finding(finding)
        with st.container(horizontal=True):
            for i, remedy in enumerate(finding.remedies):
                st.button(
                    f"Apply: {remedy.title}",
                    key=f"{lesson.slug}.apply.{finding.rule}.{i}",
                    help=remedy.why,
                    on_click=_apply,
                    args=(lesson, run.experiment, remedy.applied(run.experiment), show),
                )
    _every_rule(lesson, examined)
    _before_and_after(lesson, run, show)


def _finding(finding: Finding) -> None:
    box, icon = SEVERITIES[finding.severity]
    getattr(say, box)(f"**{finding.severity.capitalize()}.** {finding.sentence}", icon=icon)
    if finding.table:
        columns = {"dropout": "dropout", "statistics": "statistics of batch normalization", "loss": "loss"}
        rows = pd.DataFrame(finding.table, index=_modes(finding.table))[list(columns)]
        st.table(rows.assign(loss=rows["loss"].map(short)).rename(columns=columns))
    say.caption(f"{_evidence(finding)} Rule: {finding.source}.")


def _modes(table: Sequence[dict]) -> list[str]:
    """What the rows of a truth table are called: the first is evaluation mode, the last training mode."""
    one = {"dropout": "dropout alone", "batch": "statistics alone"}
    return ["evaluation mode", *(one[row["switch"]] for row in table[1:-1]), "training mode"]


def _evidence(finding: Finding) -> str:
    where = [f"layer {finding.layer}"] * (finding.layer is not None) + [f"step {finding.step}"] * (
        finding.step is not None
    )
    at = f" at {', '.join(where)}" if where else ""
    return f"Measured: {finding.quantity} {short(finding.measured)} against {short(finding.threshold)}{at}."


def _every_rule(lesson: Lesson, examined: Examined) -> None:
    """What every rule says, and which could not be asked: silence is never approval."""
    words = {name: f"not checked: {why}" for name, why in examined.idle.items()}
    words |= dict.fromkeys(examined.explained, "seen too, and explained by what stands above")
    words |= {finding.rule: f"**{finding.severity}**" for finding in examined.findings}
    said = {}
    for rule in RULES:
        word = words.get(rule.name, NOTHING)
        if said.get(rule.title, NOTHING) == NOTHING:
            said[rule.title] = word
    asked = sum(not word.startswith("not checked") for word in said.values())
    if not examined.findings:
        say.success(
            f"None of the {asked} rules that could be asked finds anything wrong.",
            icon=":material/check_circle:",
        )
    with st.expander(f"{asked} rules checked, {len(said) - asked} not", key=f"{lesson.slug}.rules"):
        say.markdown("\n".join(f"- {title} – {word}" for title, word in said.items()))


def _differences(before: Trainable, after: Trainable) -> str:
    return ", ".join(
        f"{name} {_plain(getattr(before, name))} → {_plain(value)}"
        for name, value in after.changes(before).items()
    )


def _plain(value) -> str:
    """A setting in prose; pairs are columns of a table with a pipeline of their own."""
    if isinstance(value, tuple):
        return ", ".join(f"{column}: {pipeline}" for column, pipeline in value) or "none"
    return plain(value)


def _apply(lesson: Lesson, before: Trainable, after: Trainable, show: Callable) -> None:
    st.session_state[f"{lesson.slug}.before"] = before
    show(lesson, after)


def _before_and_after(lesson: Lesson, run: Run, show: Callable) -> None:
    key, e = f"{lesson.slug}.before", run.experiment
    if getattr(st.session_state.get(key), "upload", None) != getattr(e, "upload", None):
        st.session_state.pop(key, None)
    pinned = st.session_state.get(key)
    if pinned is None or pinned == e:
        with st.container(horizontal=True):
            st.button(
                "Pin this run" if pinned is None else "Pinned: now change a setting",
                icon=":material/push_pin:",
                disabled=pinned is not None,
                help="Keep it on the chart to compare it with what comes next.",
                on_click=lambda: st.session_state.update({key: e}),
            )
        return
    [before] = trained([pinned])
    say.markdown(f"**Before and after.** {_differences(pinned, e)}")
    say.markdown(cured(before, run))
    shared_axes({"before": before, "after": run}, f"{lesson.slug}.pinned")
    with st.container(horizontal=True):
        st.button("Back to before", on_click=lambda: show(lesson, pinned), icon=":material/undo:")
        st.button("Unpin", on_click=lambda: st.session_state.pop(key), icon=":material/close:")


def claims(lesson: Lesson) -> None:
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
    text = MEASURES[claim.measure].text
    sides = zip(outcome.case.labels(), (outcome.without, outcome.helped), strict=True)
    medians = "; ".join(f"{label}: {text(float(np.median(values)))}" for label, values in sides)
    low, high = (effect(claim, gain) for gain in outcome.interval)
    return (
        f"Medians of {MEASURES[claim.measure].title.lower()} over {SEEDS} seeds: {medians}. Pair by pair "
        f"{effect(claim, outcome.gain)} (93 % interval: {low} to {high}); asked for: "
        f"{effect(claim, claim.at_least)}. In the right direction in {outcome.better} of {SEEDS} pairs."
    )


def exact_claims(tested: Sequence[ExactClaim], verdicts: Sequence[Verdict]) -> None:
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
