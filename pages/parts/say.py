"""Text on a page; where a word of the glossary first stands, its meaning is one hover, tap or Tab away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import streamlit as st

from core.glossary import GLOSSARY, explained

if TYPE_CHECKING:
    import plotly.graph_objects as go

_known: ContextVar[dict[str, str] | None] = ContextVar("known", default=None)
"""Terms that this run of the page has explained. None where only a part of the page runs again: there each
element explains its own, as nobody knows which of those before it stay."""


@contextmanager
def page() -> Iterator[None]:
    """A run of a whole page: every term is explained once, and all of them again at the end."""
    token = _known.set({})
    try:
        yield
        _every_word()
    finally:
        _known.reset(token)


def words(*texts: str) -> str | None:
    """For `help`: what the terms in these texts mean, of those that are not explained yet."""
    known = _known.get()
    found = explained("\n".join(texts), known or ())
    if known is not None:
        known.update(found)
    return _listed(found) or None


def _listed(found: dict[str, str]) -> str:
    return "\n\n".join(f"**{term}**: {meaning}" for term, meaning in found.items())


def _every_word() -> None:
    """All terms of the page, and those that their meanings use, where nothing has to be pointed at."""
    met, todo = dict(_known.get()), list(_known.get().values())
    while todo:
        more = explained(todo.pop(), met)
        met |= more
        todo += more.values()
    if met:
        with st.expander("Words on this page", icon=":material/dictionary:"):
            st.markdown(_listed({term: meaning for term, (_, meaning) in GLOSSARY.items() if term in met}))


def _explaining(say):
    def explaining(text: str, *about: str) -> None:
        say(text, help=words(text, *about))

    explaining.__doc__ = f"As st.{say.__name__}. about: what stands below and cannot explain its own words."
    return explaining


def _boxed(say):
    def boxed(text: str, icon: str | None = None) -> None:
        say(text, icon=icon)
        if meaning := words(text):
            st.caption("What that means", help=meaning)

    boxed.__doc__ = f"As st.{say.__name__}, which has no help of its own: it stands in a line below."
    return boxed


title, subheader, markdown = map(_explaining, (st.title, st.subheader, st.markdown))
caption, text, latex = map(_explaining, (st.caption, st.text, st.latex))
error, warning, info, success = map(_boxed, (st.error, st.warning, st.info, st.success))


def written_on(figure: go.Figure) -> list[str]:
    """The names of a chart's axes and lines."""
    axes = [axis.title.text or "" for axis in (*figure.select_xaxes(), *figure.select_yaxes())]
    return axes + [trace.name or "" for trace in figure.data if trace.showlegend is not False]
