"""What is wrong and what helps, and what the textbooks say: findings, remedies and claims on a page."""

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from core.charts.compared import signals_compared
from core.diagnosis.finding import Finding
from core.diagnosis.rules import RULES, Examined, cured, examine
from core.lessons.lesson import Lesson
from core.run import Run
from core.settings import plain, said
from core.trainable import Trainable
from core.words import listed, short
from pages.parts import say
from pages.parts.compare import Compared, shared_axes
from pages.parts.controls import change
from pages.parts.training import trained

SEVERITIES = {
    "critical": ("error", ":material/error:"),
    "warning": ("warning", ":material/warning:"),
    "note": ("info", ":material/info:"),
}
NOTHING = "✓ nothing found"


def _show(lesson: Lesson, e: Trainable) -> None:
    change(lesson, **dict(e))


def findings(
    lesson: Lesson,
    run: Run,
    show: Callable[[Lesson, Trainable], None] = _show,
    inside: Compared = signals_compared,
) -> None:
    """What is wrong with the run, and what helps: with the same seed, before and after side by side.

    show: makes an experiment the one on the page, where that is more than a change of its settings.
    inside: what to set beside the losses of both.
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
    if examined.effects:
        seen = [f"{finding.title.lower()} ({_measured(finding)})" for finding in examined.effects]
        say.caption(f"Seen too, and explained by what stands above: {listed(seen)}.")
    _every_rule(lesson, examined)
    _before_and_after(lesson, run, show, inside)


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
    return f"Measured: {_measured(finding)}."


def _measured(finding: Finding) -> str:
    where = [f"layer {finding.layer}"] * (finding.layer is not None) + [f"step {finding.step}"] * (
        finding.step is not None
    )
    at = f" at {', '.join(where)}" if where else ""
    return f"{finding.quantity} {short(finding.measured)} against {short(finding.threshold)}{at}"


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
        f"{name} {_plain(before, name)} → {_plain(after, name)}" for name in after.changes(before)
    )


def _plain(settings: Trainable, name: str) -> str:
    """A setting in prose; pairs are columns of a table with a pipeline of their own."""
    value, fields = getattr(settings, name), type(settings).model_fields
    if isinstance(value, tuple):
        return ", ".join(f"{column}: {said(fields['scaling'], done)}" for column, done in value) or "none"
    return plain(said(fields[name], value))


def _apply(lesson: Lesson, before: Trainable, after: Trainable, show: Callable) -> None:
    st.session_state[f"{lesson.slug}.before"] = before
    show(lesson, after)


def _before_and_after(lesson: Lesson, run: Run, show: Callable, inside: Compared) -> None:
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
    shared_axes({"before": before, "after": run}, f"{lesson.slug}.pinned", inside)
    with st.container(horizontal=True):
        st.button("Back to before", on_click=lambda: show(lesson, pinned), icon=":material/undo:")
        st.button("Unpin", on_click=lambda: st.session_state.pop(key), icon=":material/close:")
