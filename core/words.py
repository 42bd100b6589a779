"""Numbers as people say them."""

import math
from collections.abc import Sequence

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
UNITS = {"billion": 1e9, "million": 1e6}
SMALL = 9.995e-4


def short(value: float) -> str:
    """Three significant digits at most: 0.18, 12, 1,230, 3.2 million, 2.3×10⁻⁷."""
    value = float(value)
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "NaN"
    size = abs(value)
    if size and not SMALL <= size < 9.995e11:
        mantissa, exponent = f"{value:.1e}".replace("e", "×").replace(".0×", "×").split("×")
        return f"{mantissa}×{power_of_ten(int(exponent))}".removeprefix("1×")
    for word, unit in UNITS.items():
        if size >= 0.9995 * unit:
            return f"{value / unit:.3g} {word}"
    if size < 999.5:
        return f"{value + 0.0:.3g}"
    return f"{round(value, -3 if size >= 1e5 else 0):,.0f}"


def two_digits(loss: float) -> str:
    """A loss that training led to: rounding in another order may change what comes after its second digit."""
    return short(float(f"{loss:.2g}"))


def share(value: float) -> str:
    """A part of a whole, from 0 to 1: 0.18, or 1 part in 1.5 million."""
    return f"1 part in {short(1 / value)}" if 0 < value < SMALL else short(value)


def listed(words: Sequence[str]) -> str:
    """One, two and three."""
    *others, last = words or [""]
    return f"{', '.join(others)} and {last}" if others else last


def power_of_ten(exponent: float) -> str:
    """10 to a whole power."""
    return "10" + str(round(exponent)).translate(SUPERSCRIPT)
