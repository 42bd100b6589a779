"""What is wrong and what helps, and what the textbooks say: findings, remedies and claims on a page."""

from collections.abc import Sequence

import streamlit as st

from core.charts.claims import dots
from core.diagnosis.claims import SEEDS, Claim, Outcome, Verdict, judge
from core.diagnosis.measures import MEASURES, short
from core.diagnosis.rules import cured, diagnose
from core.experiment import Experiment
from core.lessons.backprop.claims import ExactClaim, ExactOutcome
from core.lessons.lesson import Lesson
from core.run import ENDS, Run
from core.settings import plain
from pages.parts.compare import shared_axes
from pages.parts.controls import change
from pages.parts.show import asked
from pages.parts.training import is_cached, trained

VERDICTS = {
    "holds": ":green-badge[holds]",
    "fails": ":red-badge[fails]",
    "holds only when": ":orange-badge[holds only when]",
}


SEVERITIES = {
    "critical": ("error", ":material/error:"),
    "warning": ("warning", ":material/warning:"),
    "note": ("info", ":material/info:"),
}


def verdict(holds: bool, sentence: str) -> None:
    """A statement that was checked on the runs above."""
    st.markdown(f"{VERDICTS['holds' if holds else 'fails']} {sentence}")


def findings(lesson: Lesson, run: Run) -> None:
    """What is wrong with the run, and what helps: with the same seed, before and after side by side."""
    st.subheader("What is wrong, and what helps")
    found = diagnose(run)
    if not found:
        st.success("No rule finds anything wrong with this run.", icon=":material/check_circle:")
    for i, finding in enumerate(found):
        box, icon = SEVERITIES[finding.severity]
        getattr(st, box)(f"**{finding.severity.capitalize()}.** {finding.sentence}", icon=icon)
        st.caption(f"{_evidence(finding)} Rule: {finding.source}.")
        with st.container(horizontal=True):
            for remedy in finding.remedies:
                st.button(
                    f"Apply: {remedy.title}",
                    key=f"{lesson.slug}.apply.{i}.{remedy.title}",
                    help=remedy.why,
                    on_click=_apply,
                    args=(lesson, run.experiment, remedy.change),
                )
    _before_and_after(lesson, run)


def _evidence(finding) -> str:
    where = [f"layer {finding.layer}"] * (finding.layer is not None) + [f"step {finding.step}"] * (
        finding.step is not None
    )
    at = f" at {', '.join(where)}" if where else ""
    return f"Measured: {finding.quantity} {short(finding.measured)} against {short(finding.threshold)}{at}."


def _apply(lesson: Lesson, before: Experiment, changes: dict) -> None:
    st.session_state[f"{lesson.slug}.before"] = before
    change(lesson, **changes)


def _before_and_after(lesson: Lesson, run: Run) -> None:
    key = f"{lesson.slug}.before"
    pinned = st.session_state.get(key)
    if pinned is None or pinned == run.experiment:
        with st.container(horizontal=True):
            st.button(
                "Pin this run" if pinned is None else "Pinned: now change a setting",
                icon=":material/push_pin:",
                disabled=pinned is not None,
                help="Keep it on the chart to compare it with what comes next.",
                on_click=lambda: st.session_state.update({key: run.experiment}),
            )
        return
    [before] = trained([pinned])
    differs = ", ".join(
        f"{name} {plain(getattr(pinned, name))} → {plain(value)}"
        for name, value in run.experiment.changes(pinned).items()
    )
    st.markdown(f"**Before and after.** {differs}")
    st.markdown(cured(before, run))
    shared_axes({"before": before, "after": run}, f"{lesson.slug}.pinned")
    with st.container(horizontal=True):
        st.button("Back to before", on_click=lambda: change(lesson, **dict(pinned)), icon=":material/undo:")
        st.button("Unpin", on_click=lambda: st.session_state.pop(key), icon=":material/close:")


def claims(lesson: Lesson) -> None:
    """The textbook's sentences, each tested by pairs of trainings."""
    st.subheader("Textbook claims, tested")
    st.caption("Every pair differs in one setting and shares data, seed and batch order; 8 seeds each.")
    for i, claim in enumerate(lesson.claims):
        _claim(claim, f"{lesson.slug}.claim.{i}")


@st.fragment
def _claim(claim: Claim, key: str) -> None:
    with st.container(border=True, key=key):
        st.markdown(f"“{claim.sentence}”")
        experiments = claim.sweep.experiments
        label = f"Test it: train {len(experiments)} networks"
        if not (is_cached(experiments, ENDS) or asked(key, label, experiments)):
            st.caption(f"{claim.source}.")
            return
        verdict = judge(claim, trained(experiments, ENDS))
        _said(verdict, claim.note)
        for j, outcome in enumerate(verdict.outcomes):
            figure = dots(outcome, claim.measure)
            low, high = (_gain(claim, x) for x in outcome.interval)
            _outcome(
                outcome,
                f"{figure.layout.meta['title']}. Right in {outcome.better} of {SEEDS} pairs; median effect "
                f"{_gain(claim, outcome.gain)}, 93 % interval {low} to {high}",
            )
            st.plotly_chart(
                figure, key=f"{key}.{j}", alt=figure.layout.meta["alt"], config={"displayModeBar": False}
            )
        st.caption(f"Measured: {MEASURES[claim.measure].title.lower()}. {claim.source}.")


def exact_claims(tested: Sequence[ExactClaim], verdicts: Sequence[Verdict]) -> None:
    """The textbook's sentences that need no training of pairs: exact computations, done already."""
    st.subheader("Textbook claims, tested")
    for claim, verdict in zip(tested, verdicts, strict=True):
        with st.container(border=True):
            st.markdown(f"“{claim.sentence}”")
            _said(verdict, claim.note)
            for outcome in verdict.outcomes:
                _outcome(outcome, _capital(outcome.sentence))
            st.caption(f"{claim.source}.")


def _said(verdict: Verdict, note: str) -> None:
    st.markdown(f"{VERDICTS[verdict.word]} {verdict.sentence} {note}")


def _outcome(outcome: Outcome | ExactOutcome, numbers: str) -> None:
    mark = ":green[✓]" if outcome.holds else ":red[✗]"
    st.markdown(f"{mark} **{_capital(outcome.condition)}.** {numbers}.")


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _gain(claim: Claim, gain: float) -> str:
    return f"×{short(gain)}" if MEASURES[claim.measure].logarithmic else short(gain)
