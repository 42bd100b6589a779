"""Formulas as text for Plotly, which draws no LaTeX of its own."""

import re
from collections.abc import Iterator

LINE = 46
WORDS = {r"\cdot ": "· ", r"\times ": "× ", r"\approx ": "≈ ", r"\partial ": "∂"}
WORDS |= {r"\mathrel": "", r"\operatorname": "", r"\mathrm": ""}


def html(latex: str) -> str:
    """A formula of `core.lessons.backprop.steps` as text for Plotly, which has no LaTeX of its own."""
    return _read(iter(re.findall(r"\\[a-z]+ ?|\\_|[{}]|[_^](?={)|[^\\{}_^]+|.", latex)))


def _read(tokens: Iterator[str]) -> str:
    text = ""
    for token in tokens:
        if token == "}":
            break
        if token == r"\frac":
            next(tokens)
            above = _read(tokens)
            next(tokens)
            text += f"{above}/{_read(tokens)}"
        elif token in ("_", "^"):
            tag = "sub" if token == "_" else "sup"
            next(tokens)
            text += f"<{tag}>{_read(tokens)}</{tag}>"
        elif token == "{":
            text += _read(tokens)
        else:
            text += WORDS.get(token, token.lstrip("\\"))
    return text


def lines(latex: str) -> str:
    """A formula in lines that fit a phone."""
    rows, length = [""], 0
    for word in html(latex).split(" "):
        size = len(re.sub(r"<[^>]*>", "", word)) + 1
        if length + size > LINE and word in ("+", "·", "=", "≈", "/"):
            rows, length = [*rows, "  "], 2
        rows[-1] += word + " "
        length += size
    return "<br>".join(rows)
