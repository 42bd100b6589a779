"""Presets and controls: what the reader asks for, as settings that the address bar holds."""

import html
from collections.abc import Callable
from operator import attrgetter
from typing import get_args

import streamlit as st
from pydantic import ValidationError

from core.lessons.lesson import Lesson
from core.settings import Settings, plain, said
from pages.parts import say


def ask(lesson: Lesson, unused: Callable[[Settings], dict[str, str]] = attrgetter("unused")) -> Settings:
    """Title, presets and controls; returns the settings they describe, which the address bar then holds.

    unused: which settings change nothing, and why, where the page knows more of that than they do.

    The settings live in the session under the lesson's slug and are the only truth: widgets show them, and
    their callbacks change them. A link is read once, when its page is entered.
    """
    _enter(lesson)
    say.title(lesson.question)
    say.markdown(lesson.summary)
    settings = st.session_state[lesson.slug]
    _presets(lesson, settings)
    with st.sidebar:
        _controls(lesson, settings, unused(settings))
    with st.container():
        _complain(lesson)
    link = lesson.link(settings)
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
    st.session_state.setdefault(lesson.slug, lesson.opening)


def change(lesson: Lesson, **changes) -> None:
    """Change the page's settings; what is not possible is said on the page and changes nothing."""
    key = f"{lesson.slug}.complaints"
    try:
        st.session_state[lesson.slug], st.session_state[key] = st.session_state[lesson.slug].chosen(**changes)
    except ValidationError as error:
        st.session_state[key] = lesson.start.complaints(error)


def _complain(lesson: Lesson) -> None:
    if sentences := st.session_state.get(f"{lesson.slug}.complaints"):
        with st.container(border=True, key="complaints"):
            say.markdown(
                ":material/link_off: **Not everything that was asked for is possible.** The rest holds."
            )
            for sentence in sentences:
                say.text(sentence)


def complaints(lesson: Lesson, *names: str) -> None:
    """What was refused of these settings or fields, right where it was asked for."""
    for sentence in st.session_state.get(f"{lesson.slug}.complaints", ()):
        if sentence.split(" ", 1)[0] in names:
            colour = "color: light-dark(#B3261E, #FF9E97)"
            st.html(f'<p role="alert" style="{colour}">{html.escape(sentence)}</p>')


def _presets(lesson: Lesson, settings: Settings) -> None:
    key = f"{lesson.slug}.preset"
    names = {lesson.preset(name): name for name in lesson.presets}
    put(key, names.get(settings))

    def chosen():
        if name := st.session_state[key]:
            change(lesson, **dict(lesson.preset(name)))

    about = dict(help=say.words(*lesson.presets), on_change=chosen)
    st.pills("Experiments to start from", list(lesson.presets), key=key, **about)


def _controls(lesson: Lesson, settings: Settings, unused: dict[str, str]) -> None:
    for name in lesson.controls:
        control(lesson, settings, name, unused)
    if lesson.more:
        with st.expander("More"):
            for name in lesson.more:
                control(lesson, settings, name, unused)
    reset = dict(icon=":material/restart_alt:", key=f"{lesson.slug}.reset")
    st.button("Reset", on_click=lambda: change(lesson, **dict(lesson.opening)), **reset)


def inline(lesson: Lesson, settings: Settings, *names: str) -> None:
    """Controls in a row of the page itself, beside what they change."""
    for column, name in zip(st.columns(len(names)), names, strict=True):
        with column:
            control(lesson, settings, name, settings.unused)


def put(key: str, value, ends: tuple[int, int] | None = None) -> None:
    """Make a widget show a value; one that does is left alone, the reader may be typing the next.

    ends: those of a slider. With others it is a new widget to Streamlit, which would start at its lowest.
    """
    state, before = st.session_state, st.session_state.get(f"{key}.ends")
    state[f"{key}.ends"] = ends
    if key not in state or state[key] != value or before != ends:
        state[key] = value


def control(lesson: Lesson, settings: Settings, name: str, unused: dict[str, str]) -> None:
    """The control of one setting, and under it what was refused; text stays, to be put right."""
    _widget(lesson, settings, name, unused)
    complaints(lesson, name)


def _widget(lesson: Lesson, settings: Settings, name: str, unused: dict[str, str]) -> None:
    field, key, value = type(settings).model_fields[name], f"{lesson.slug}.{name}", getattr(settings, name)
    offered = [] if field.annotation is str else settings.offered(name)
    if field.annotation is not str or not st.session_state.get(f"{lesson.slug}.complaints"):
        put(key, value, (offered[0], offered[-1]) if isinstance(offered, range) else None)
    why = unused.get(name)
    about = dict(
        label=field.title,
        key=key,
        help=f"{field.description} Off: {why}." if why else field.description,
        disabled=why is not None,
        on_change=lambda: change(lesson, **{name: st.session_state[key]}),
    )
    if field.annotation is str:
        st.text_input(**about)
        return
    if len(offered) == 1:
        st.text_input(field.title, plain(value), key=f"{key}.only", help=field.description, disabled=True)
    elif field.annotation is bool:
        st.toggle(**about)
    elif get_args(field.annotation):
        st.selectbox(options=offered, format_func=lambda option: said(field, option), **about)
    elif isinstance(offered, range):
        widget = st.number_input if len(offered) > 1000 else st.slider
        widget(min_value=offered[0], max_value=offered[-1], step=1, **about)
    else:
        st.select_slider(options=offered, format_func=lambda v: plain(float(v)), **about)
