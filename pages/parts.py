"""Every piece of a page that Streamlit draws: controls, metrics, charts, findings, claims, downloads."""

from collections.abc import Callable, Mapping, Sequence
from typing import get_args
from urllib.parse import urlencode

import plotly.graph_objects as go
import streamlit as st
from pydantic import ValidationError

from core import charts, export
from core.backprop.claims import Fact, Judged
from core.claims import SEEDS, Claim, judge
from core.data import DATASETS
from core.diagnose import cured, diagnose
from core.experiment import WORK_LIMIT, Experiment, work
from core.lesson import Lesson
from core.measures import MEASURES, short
from core.run import Run
from core.settings import Settings, plain
from pages.training import is_cached, trained

CHOICES = {
    "learning_rate": (1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.05, 0.1, 0.3, 1, 3, 10),
    "gain": (0, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 8, 16),
    "width": (1, 2, 4, 8, 16, 32, 64, 128, 256),
    "steps": (20, 50, 60, 100, 150, 200, 300, 500, 1000, 2000),
    "samples": (32, 64, 128, 256, 512, 1024, 2048, 4096),
    "batch_size": (0, 32, 64, 128, 256, 512, 1024, 2048, 4096),
    "clip_norm": (0, 0.1, 0.3, 1, 3, 10, 100),
    "momentum": (0, 0.5, 0.8, 0.9, 0.95, 0.99),
    "bias": (-5, -2, -1, -0.5, 0, 0.01, 0.1, 0.5, 1),
    "noise": (0, 0.02, 0.05, 0.08, 0.1, 0.2, 0.5, 1),
    "label_noise": (0, 0.05, 0.1, 0.2, 0.3, 0.5),
    "dropout": (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1),
    "weight_decay": (0, 1e-4, 1e-3, 0.01, 0.1),
    "input_shift": (-10, -3, -1, 0, 1, 3, 10),
    "input_scale": (0.01, 0.1, 1, 10, 100, 1000),
    "input_spread": (1, 3, 10, 30, 100, 1000),
    "rows": (1, 2, 4, 8, 16, 32, 64),
    "nudge": (-10, -3, -1, -0.3, -0.1, 0, 0.1, 0.3, 1, 3, 10),
    "gamma": (-2, -1, 0, 0.5, 1, 2, 3),
    "beta": (-3, -2, -1, 0, 1, 2, 3),
    "seen": (0, 1, 2, 5, 10, 20, 50, 100),
}
AT_ONCE = 3e10
"""Work, as core.experiment counts it, that a page does unasked: two or three seconds of it."""
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


def ask(lesson: Lesson) -> Settings:
    """Title, presets and controls; returns the settings they describe, which the address bar then holds.

    The settings live in the session under the lesson's slug and are the only truth: widgets show them, and
    their callbacks change them. A link is read once, when its page is entered.
    """
    _enter(lesson)
    st.title(lesson.question)
    st.markdown(lesson.summary)
    settings = st.session_state[lesson.slug]
    _presets(lesson, settings)
    with st.sidebar:
        _controls(lesson, settings)
    _complain(lesson)
    link = settings.to_link(lesson.start)
    if link != st.query_params.to_dict():
        st.query_params.from_dict(link)
    return settings


def entered(slug: str) -> bool:
    """Whether this run of the script is the first since the reader came to the page."""
    before, st.session_state["page"] = st.session_state.get("page"), slug
    return before != slug


def _enter(lesson: Lesson) -> None:
    if not entered(lesson.slug):
        return
    if link := st.query_params.to_dict():
        st.session_state[lesson.slug], sentences = type(lesson.start).from_link(link, lesson.start)
        st.session_state[f"{lesson.slug}.complaints"] = sentences
    st.session_state.setdefault(lesson.slug, lesson.start)


def change(lesson: Lesson, **changes) -> None:
    """Change the page's settings; what is not possible is said on the page and changes nothing.

    A dataset that cannot have as many features as the one before comes with its own number, which is said.
    """
    before, said = st.session_state[lesson.slug], []
    features = changes.get("features", getattr(before, "features", 0))
    if "dataset" in changes and not DATASETS[changes["dataset"]].allows(features):
        said = [f"{changes['dataset']} cannot have {features} features: it has its own number of them now."]
        changes |= {"features": 0}
    try:
        st.session_state[lesson.slug] = before.but(**changes)
        st.session_state[f"{lesson.slug}.complaints"] = said
    except ValidationError as error:
        st.session_state[f"{lesson.slug}.complaints"] = lesson.start.complaints(error)


def _complain(lesson: Lesson) -> None:
    if sentences := st.session_state.get(f"{lesson.slug}.complaints"):
        with st.container(border=True, key="complaints"):
            st.markdown(
                ":material/link_off: **Not everything that was asked for is possible.** The rest holds."
            )
            for sentence in sentences:
                st.text(sentence)


def _presets(lesson: Lesson, settings: Settings) -> None:
    key = f"{lesson.slug}.preset"
    names = {lesson.preset(name): name for name in lesson.presets}
    put(key, names.get(settings))

    def chosen():
        if name := st.session_state[key]:
            change(lesson, **dict(lesson.preset(name)))

    st.pills("Experiments to start from", list(lesson.presets), key=key, on_change=chosen)


def _controls(lesson: Lesson, settings: Settings) -> None:
    for name in lesson.controls:
        control(lesson, settings, name)
    if lesson.more:
        with st.expander("More"):
            for name in lesson.more:
                control(lesson, settings, name)
    reset = dict(icon=":material/restart_alt:", key=f"{lesson.slug}.reset")
    st.button("Reset", on_click=lambda: change(lesson, **dict(lesson.start)), **reset)


def inline(lesson: Lesson, settings: Settings, *names: str) -> None:
    """Controls in a row of the page itself, beside what they change."""
    for column, name in zip(st.columns(len(names)), names, strict=True):
        with column:
            control(lesson, settings, name)


def put(key: str, value) -> None:
    """Make a widget show a value; one that does is left alone, the reader may be typing the next."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def control(lesson: Lesson, settings: Settings, name: str) -> None:
    """The control of one setting; text that was refused stays, to be put right."""
    field, key, value = type(settings).model_fields[name], f"{lesson.slug}.{name}", getattr(settings, name)
    if field.annotation is not str or not st.session_state.get(f"{lesson.slug}.complaints"):
        put(key, value)
    about = dict(
        label=field.title,
        key=key,
        help=field.description,
        disabled=name in settings.unused,
        on_change=lambda: change(lesson, **{name: st.session_state[key]}),
    )
    if field.annotation is bool:
        st.toggle(**about)
    elif options := get_args(field.annotation):
        st.selectbox(options=options, **about)
    elif field.annotation is str:
        st.text_input(**about)
    elif name in CHOICES:
        st.select_slider(options=sorted({*CHOICES[name], value}), format_func=lambda v: f"{v:g}", **about)
    else:
        low, high = (getattr(m, side) for m, side in zip(field.metadata[:2], ("ge", "le"), strict=True))
        (st.number_input if high > 1000 else st.slider)(min_value=low, max_value=high, step=1, **about)


def card(lesson: Lesson) -> None:
    """A lesson's question, and what its start experiment looks like."""
    with st.container(border=True):
        left, right = st.columns([3, 2], vertical_alignment="center")
        with left:
            st.markdown(f"#### {lesson.icon} {lesson.question}")
            st.markdown(lesson.summary)
            st.page_link(
                f"pages/{lesson.slug}.py", label=f"Open {lesson.title}", icon=":material/arrow_forward:"
            )
        with right:
            start = lesson.start
            shown = trained([start])[0] if isinstance(start, Experiment) else start
            figure = charts.thumbnails.THUMBNAILS[lesson.slug](shown)
            st.plotly_chart(
                figure, key=f"home.{lesson.slug}", alt=figure.layout.meta["alt"], config={"staticPlot": True}
            )


def glance(run: Run, *names: str) -> None:
    """A row of metrics, each computed from the run."""
    measures = [MEASURES[name] for name in names]
    metrics({m.title: (m.text(m.of(run)), m.help) for m in measures})


def metrics(shown: Mapping[str, tuple[str, str]]) -> None:
    """A row of numbers: title -> (number as people read it, help)."""
    with st.container(horizontal=True):
        for title, (text, about) in shown.items():
            st.metric(title, text, help=about, border=True)


def show(figure: go.Figure, key: str, on_pick: Callable[[dict], None] | None = None) -> None:
    """A chart under its finding, with one line on how to read it; `on_pick` gets a point that is clicked."""
    about = figure.layout.meta
    st.markdown(f"#### {about['title']}")

    def selected():
        if points := st.session_state[key]["selection"]["points"]:
            on_pick(points[0])

    pick = dict(on_select=selected, selection_mode="points") if on_pick else {}
    st.plotly_chart(figure, key=key, alt=about["alt"], config={"displayModeBar": False}, **pick)
    if about["how"]:
        st.caption(about["how"])


def beside(figures: Mapping[str, go.Figure], table: str = "") -> None:
    """Charts next to each other, by their keys, and what they show as a table, if that has a name."""
    for column, (key, figure) in zip(st.columns(len(figures)), figures.items(), strict=True):
        with column:
            show(figure, key)
    if table:
        csv(table, export.chart_csv, *figures.values())


def pick(lesson: Lesson, figure: go.Figure, key: str, names: Sequence[str], runs: list[Run]) -> None:
    """A chart of runs [name][seed], flat, whose points open experiments; a list does so without a mouse.

    The customdata of a point is the number of its name.
    """
    first = runs[:: len(runs) // len(names)]
    choices = {name: run.experiment for name, run in zip(names, first, strict=True)}

    def clicked():
        if points := st.session_state[key]["selection"]["points"]:
            number = points[0]["customdata"]
            name = names[int(number[0] if isinstance(number, list) else number)]
            _open(lesson, name, choices[name])

    def listed():
        if name := st.session_state[f"{key}.open"]:
            st.session_state[f"{key}.open"] = None
            _open(lesson, name, choices[name])

    about = figure.layout.meta
    st.markdown(f"#### {about['title']}")
    quiet = dict(alt=about["alt"], config={"displayModeBar": False})
    st.plotly_chart(figure, key=key, on_select=clicked, selection_mode="points", **quiet)
    st.caption(about["how"])
    chosen = dict(index=None, placeholder="Choose one", key=f"{key}.open", on_change=listed)
    st.selectbox("Open one of these experiments", names, **chosen)
    csv(key, export.runs_csv, runs)


def asked(key: str, label: str, about=True) -> bool:
    """Whether the reader has asked for what takes a while; until then, and when `about` changes, a button."""
    flag = f"{key}.asked"
    if st.session_state.get(flag) == about:
        return True
    ask = dict(icon=":material/play_arrow:", on_click=lambda: st.session_state.update({flag: about}))
    st.button(label, key=f"{key}.run", **ask)
    return False


def on_demand(key: str, experiments: Sequence[Experiment], label: str = "") -> list[Run]:
    """The Runs of many experiments, measured at start and end, once the reader asks; none until then."""
    number = f"{len(experiments)} networks"
    if work(*experiments) > WORK_LIMIT:
        st.info(
            f"To train {number} like the one above takes too long. "
            "Lower the steps, the number of layers, the width or the samples."
        )
        return []
    label = f"{label}: train {number}" if label else f"Train {number}"
    if is_cached(experiments, 2) or asked(key, label, list(experiments)):
        return trained(experiments, 2)
    return []


def doors(lesson: Lesson, choices: Mapping[str, Experiment]) -> None:
    """A button for every experiment that is worth opening from here."""
    with st.container(horizontal=True):
        for name, e in choices.items():
            here = st.session_state[lesson.slug] == e
            key, icon = f"{lesson.slug}.door.{name}", ":material/arrow_upward:"
            st.button(name, key=key, icon=icon, disabled=here, on_click=_open, args=(lesson, name, e))


def _open(lesson: Lesson, name: str, e: Experiment) -> None:
    change(lesson, **dict(e))
    st.toast(f"{name}: now at the top of the page.", icon=":material/arrow_upward:")


def csv(name: str, make: Callable, *args) -> None:
    """A button that downloads a table, made when it is pressed."""
    key, icon = f"csv.{name}", ":material/download:"
    label = "The numbers (CSV)"
    st.download_button(label, lambda: make(*args), f"{name}.csv", key=key, on_click="ignore", icon=icon)


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
    compared({"before": before, "after": run}, f"{lesson.slug}.pinned")
    with st.container(horizontal=True):
        st.button("Back to before", on_click=lambda: change(lesson, **dict(pinned)), icon=":material/undo:")
        st.button("Unpin", on_click=lambda: st.session_state.pop(key), icon=":material/close:")


def rivals(lesson: Lesson, experiment: Experiment) -> dict[str, Run]:
    """The run on the screen and those the reader sets beside it, all with the same seed."""
    key = f"{lesson.slug}.rivals"
    names = st.pills(
        "Set beside it", list(lesson.rivals), selection_mode="multi", default=list(lesson.rivals), key=key
    )
    chosen = {"this run": experiment} | {name: lesson.rival(name, experiment) for name in names}
    distinct = {}
    for name, e in chosen.items():
        distinct.setdefault(e, name)
    return {distinct[e]: run for e, run in zip(distinct, trained(list(distinct)), strict=True)}


def remedies(lesson: Lesson, experiment: Experiment) -> dict[str, list[Run]]:
    """The run on the screen and every rival that changes something: with its seed, or eight once asked."""
    chosen = {"this run": experiment} | {name: lesson.rival(name, experiment) for name in lesson.rivals}
    chosen = {name: e for name, e in chosen.items() if name == "this run" or e != experiment}
    seeds = [e.but(seed=seed) for e in chosen.values() for seed in range(SEEDS)]
    runs = on_demand(f"{lesson.slug}.remedies.seeds", seeds, f"What helps, over {SEEDS} seeds")
    if not runs:
        quick = work(*chosen.values()) < AT_ONCE
        return {name: trained([e], 2) for name, e in chosen.items() if quick or e == experiment}
    return {name: runs[i * SEEDS : (i + 1) * SEEDS] for i, name in enumerate(chosen)}


def one_remedy(lesson: Lesson, experiment: Experiment, chart: Callable[[dict], go.Figure]) -> None:
    """Before and after one rival of the reader's choice: a chart of the page's own, and the losses."""
    names = [name for name in lesson.rivals if lesson.rival(name, experiment) != experiment]
    key = f"{lesson.slug}.one_remedy"
    name = st.pills("Before and after, with the same seed", names, default=names[0], key=key) or names[0]
    before, after = trained([experiment, lesson.rival(name, experiment)])
    runs = {"before": before, name: after}
    beside({f"{key}.chart": chart(runs), f"{key}.losses": charts.runs.losses(runs)})


def pick_unit(slug: str, run: Run, first: tuple[int, int]) -> tuple[int, int]:
    """Layer and unit, counted from 0, that the reader looks at: `first` until they choose another."""
    key, e = f"{slug}.unit", run.experiment
    chosen, layer, unit = st.session_state.get(key, (None, 0, 0))
    layer, unit = (layer, unit) if chosen == e else first

    def typed():
        picked = st.session_state[f"{key}.layer"] - 1, st.session_state[f"{key}.number"] - 1
        st.session_state[key] = (e, *picked)

    left, right = st.columns(2)
    for column, title, name, value, highest in (
        (left, "Layer", "layer", layer, e.depth),
        (right, "Unit", "number", unit, e.width),
    ):
        put(f"{key}.{name}", value + 1)
        column.number_input(title, 1, highest, key=f"{key}.{name}", on_change=typed)
    return layer, unit


def picked(slug: str, experiment: Experiment) -> Callable[[dict], None]:
    """For `show`: makes the unit that was clicked, at x = unit and y = layer, the one `pick_unit` gives."""
    return lambda point: st.session_state.update(
        {f"{slug}.unit": (experiment, round(point["y"]) - 1, round(point["x"]) - 1)}
    )


def compared(runs: Mapping[str, Run], key: str) -> None:
    """Several runs on shared axes: their losses and their error signals."""
    losses, signals = charts.runs.losses(runs), charts.gradients.signals_compared(runs)
    beside({f"{key}.losses": losses, f"{key}.signals": signals})


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
        experiments = claim.experiments()
        if not asked(key, f"Test it: train {len(experiments)} networks", experiments):
            st.caption(f"{claim.source}.")
            return
        verdict = judge(claim, trained(experiments, 2))
        st.markdown(f"{VERDICTS[verdict.word]} {verdict.sentence} {claim.note}")
        for j, outcome in enumerate(verdict.outcomes):
            figure = charts.claims.dots(outcome, claim.measure)
            low, high = (_gain(claim, x) for x in outcome.interval)
            mark = ":green[✓]" if outcome.holds else ":red[✗]"
            st.markdown(
                f"{mark} **{outcome.title}.** {figure.layout.meta['title']}. Right in {outcome.better} of "
                f"{SEEDS} pairs; median effect {_gain(claim, outcome.gain)}, 93 % interval {low} to {high}."
            )
            st.plotly_chart(
                figure, key=f"{key}.{j}", alt=figure.layout.meta["alt"], config={"displayModeBar": False}
            )
        st.caption(f"Measured: {MEASURES[claim.measure].title.lower()}. {claim.source}.")


def _gain(claim: Claim, gain: float) -> str:
    return f"×{short(gain)}" if MEASURES[claim.measure].logarithmic else short(gain)


def facts(tested: Sequence[Fact], verdicts: Sequence[Judged]) -> None:
    """The textbook's sentences that need no training of pairs: exact computations, done already."""
    st.subheader("Textbook claims, tested")
    for fact, verdict in zip(tested, verdicts, strict=True):
        with st.container(border=True):
            st.markdown(f"“{fact.sentence}”")
            st.markdown(f"{VERDICTS[verdict.word]} {verdict.sentence} {fact.note}")
            for condition, found in verdict.evidence.items():
                mark = ":green[✓]" if found.holds else ":red[✗]"
                said = (text[0].upper() + text[1:] for text in (condition, found.sentence))
                st.markdown("{} **{}.** {}.".format(mark, *said))
            st.caption(f"{fact.source}.")


def take_away(run: Run, settings: Settings | None = None) -> None:
    """The link with every setting written out, the numbers, and the script that makes them again.

    settings: what the link holds where the page has more settings than the run.
    """
    e = run.experiment
    files = {
        "Losses (CSV)": (lambda: export.losses_csv(run), export.file_name(e, "losses.csv")),
        "Probes (CSV)": (lambda: export.probes_csv(run), export.file_name(e, "probes.csv")),
        "Units (CSV)": (lambda: export.units_csv(run), export.file_name(e, "units.csv")),
    }
    take_files(settings or e, files, export.pytorch_script(e), export.file_name(e, "py"))


def take_files(settings: Settings, files: Mapping[str, tuple], script: str, script_name: str) -> None:
    """The same for any settings. files: label -> (function that makes the text, file name)."""
    st.subheader("Take it with you")
    st.caption("A link with every setting written out; it opens exactly this experiment.")
    link = f"{(st.context.url or '').split('?')[0]}?{urlencode(settings.to_link())}"
    st.code(link, language=None, wrap_lines=True)
    with st.container(horizontal=True):
        for label, (make, name) in (files | {"PyTorch script": (lambda: script, script_name)}).items():
            st.download_button(label, make, name, on_click="ignore", icon=":material/download:")
    with st.expander("The same in plain PyTorch"):
        st.code(script, language="python")
