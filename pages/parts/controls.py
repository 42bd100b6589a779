"""Presets and controls: what the reader asks for, as settings that the address bar holds."""

from typing import get_args

import streamlit as st
from pydantic import ValidationError

from core.data import DATASETS
from core.lessons.lesson import Lesson
from core.settings import Settings

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
    "outlier": (50, 75, 100, 200, 500, 1000, 10_000, 100_000),
    "outlier_share": (0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2),
    "income_spread": (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2),
    "clip": (0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 10, 20),
    "input_spread": (1, 3, 10, 30, 100, 1000),
    "rows": (1, 2, 4, 8, 16, 32, 64),
    "nudge": (-10, -3, -1, -0.3, -0.1, 0, 0.1, 0.3, 1, 3, 10),
    "gamma": (-2, -1, 0, 0.5, 1, 2, 3),
    "beta": (-3, -2, -1, 0, 1, 2, 3),
    "seen": (0, 1, 2, 5, 10, 20, 50, 100),
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
