"""Every word of the glossary is explained where it first stands on a page."""

import ast
import json

import pytest

from core.glossary import GLOSSARY, explained
from core.lessons import LESSONS
from pages.parts import say
from tests.conftest import ROOT

BOXES = ("error", "warning", "info", "success")
TEXT = ("title", "header", "subheader", "markdown", "caption", "text", "latex", *BOXES)
LABELS = ("metric", "button", "expander", "tab", "button_group")
TITLE = "Words on this page"


def written(element):
    """All that a reader sees written on an element, apart from numbers."""
    if element.type == "plotly_chart":
        figure = json.loads(element.proto.spec)
        axes = [axis for name, axis in figure["layout"].items() if name[1:5] == "axis"]
        names = [trace.get("name") for trace in figure["data"] if trace.get("showlegend") is not False]
        return [*names, *(axis.get("title", {}).get("text") for axis in axes)]
    if element.type in LABELS:
        return [element.label, *getattr(element, "options", [])]
    return [element.value] if element.type in TEXT else []


def explanation(element):
    return getattr(element.proto, "help", "") if hasattr(element, "proto") else ""


def unexplained(at):
    """Terms that stand somewhere before they are explained, and where; for a box, in the line below it."""
    known, boxed = set(), []
    for element in at.main:
        if element.type == "expander" and element.label == TITLE:
            return
        for term in GLOSSARY:
            if f"**{term}**" in explanation(element):
                known.add(term)
        yield from (found for found in boxed if found[0] not in known)
        text = "\n".join(filter(None, written(element)))
        boxed = [(term, element.type, text[:80]) for term in explained(text, known)]
        if element.type not in BOXES:
            yield from boxed
            boxed = []


@pytest.mark.parametrize("slug", ["home", *LESSONS])
def test_a_term_is_explained_where_it_first_stands(page, slug):
    assert list(unexplained(page(f"pages/{slug}.py"))) == []


@pytest.mark.parametrize("part", ["How deep can it train?", "Learning-rate ruler", "Signal and noise"])
def test_so_it_is_in_a_tab(page, part):
    at = page("pages/gradients.py", depth="3", width="8", samples="64", steps="20")
    at.session_state["gradients.part"] = part
    at.run()
    assert list(unexplained(at)) == []


@pytest.mark.parametrize("slug", LESSONS)
def test_a_page_ends_with_all_its_words_each_once(page, slug):
    at = page(f"pages/{slug}.py")
    [place] = [place for place in at.expander if place.label == TITLE]
    listed = place.markdown[0].value
    for element in at.main:
        for term in explained("\n".join(filter(None, written(element)))):
            assert listed.count(f"**{term}**") == 1
    helps = "".join(explanation(element) for element in at.main)
    for term in GLOSSARY:
        assert helps.count(f"**{term}**") <= 1
        assert (f"**{term}**" in helps) <= (f"**{term}**" in listed)


def test_a_page_says_nothing_past_the_glossary():
    """Its titles, sentences and formulas go through pages/parts/say.py."""
    past = {*TEXT, "write"}
    for path in (ROOT / "pages").rglob("*.py"):
        if path.stem == "say":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "st":
                assert node.attr not in past, f"{path.name}, line {node.lineno}: st.{node.attr}"


def test_a_part_of_a_page_that_runs_again_explains_its_own_words():
    """Nobody knows then which elements before it are still there."""
    assert say.words("δ of the last batch") == say.words("δ of the last batch") is not None


def test_a_warning_is_explained_in_a_line_below_it(page):
    at = page("pages/backprop.py", accumulate="false")
    assert "leaves get a wrong gradient" in at.warning[0].value
    assert list(unexplained(at)) == []
    assert any("**leaf**" in explanation(line) for line in at.caption)
