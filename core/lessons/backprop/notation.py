"""How names and numbers of a graph are written: as LaTeX in formulas, as plain text in sentences."""

import re

from core.words import power_of_ten, short

ABOVE = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
BELOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def symbol(name: str) -> str:
    r"""A node name as LaTeX: x1 is x_{1}, w2_13 is w_{13}^{(2)}, speed is \mathrm{speed}, 0.5 is itself."""
    if not name[0].isalpha():
        return factor(float(name))
    if not (parts := _parts(name)):
        return rf"\mathrm{{{name}}}".replace("_", r"\_")
    letter, above, below = parts
    return letter + (f"_{{{below}}}" if below else "") + (f"^{{({above})}}" if above else "")


def written(name: str) -> str:
    """The same symbol as plain text: x1 is x₁, w2_13 is w₁₃⁽²⁾, 1e+200 is 10²⁰⁰, speed is itself."""
    if not name[0].isalpha():
        mantissa, _, exponent = name.partition("e")
        return f"{mantissa}×{power_of_ten(int(exponent))}".removeprefix("1×") if exponent else mantissa
    if not (parts := _parts(name)):
        return name
    letter, above, below = parts
    return letter + below.translate(BELOW) + (f"⁽{above.translate(ABOVE)}⁾" if above else "")


def apart(first: float, second: float) -> tuple[str, str]:
    """Two different numbers as plain text with as many digits as it takes to tell them apart."""
    texts = short(first), short(second)
    digits = 4
    while texts[0] == texts[1] and first != second and digits <= 17:
        texts = tuple(written(f"{value:.{digits}g}") for value in (first, second))
        digits += 1
    return texts


def _parts(name: str) -> tuple[str, str, str] | None:
    """Letter, layer and index of a name that has them."""
    if not (found := re.fullmatch(r"([A-Za-z])(\d*)(?:_(\d+))?", name, re.ASCII)):
        return None
    letter, first, second = found.groups()
    return (letter, first, second) if first and second else (letter, "", first or second or "")


def number(value: float) -> str:
    """A number as LaTeX, to four significant digits."""
    mantissa, scientific, exponent = f"{value + 0.0:.4g}".partition("e")
    return rf"{mantissa} \times 10^{{{int(exponent)}}}" if scientific else mantissa


def factor(value: float) -> str:
    """A number as LaTeX, in brackets where it could not stand in a product or a power."""
    text = number(value)
    return f"({text})" if text.startswith("-") or r"\times" in text else text


def equals(value: float) -> str:
    """= 0.75 or, where four digits are not all of it, an approximate sign and 0.3333."""
    return ("= " if float(f"{value:.4g}") == value else r"\approx ") + number(value)
