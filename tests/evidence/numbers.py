"""Numbers as they are printed by core.words, read back."""

import re

import numpy as np

PLAIN = r"−?∞|NaN|-?\d+(?:,\d{3})*(?:\.\d+)?(?:×10[⁻⁰-⁹¹²³]+)?(?: million| billion)?|-?10[⁻⁰-⁹¹²³]+"
NUMBER = rf"1 part in (?:{PLAIN})|{PLAIN}"
SMALL_DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


def value(text: str, digits: int = 3) -> tuple[float, float]:
    """A printed number, and half a unit of its last digit by the rules of core.words."""
    if text in ("∞", "−∞", "NaN"):
        return float(text.replace("∞", "inf").replace("−", "-")), 0.0
    number, _, unit = text.replace(",", "").partition(" ")
    scale = {"": 1.0, "million": 1e6, "billion": 1e9}[unit]
    if "10" in number and re.search("[⁻⁰-⁹¹²³]", number):
        mantissa, _, power = number.rpartition("10")
        scale, read = 10.0 ** int(power.translate(SMALL_DIGITS)), float(mantissa.rstrip("×") or 1)
        return read * scale, 0.05 * scale
    read = float(number)
    if unit or abs(read) < 1000 or digits == 2:
        size = np.floor(np.log10(abs(read))) if read else 0
        return read * scale, 0.5 * 10.0 ** (size - digits + 1) * scale if read else 0.0
    return read, 500.0 if read >= 1e5 else 0.5


def agrees(text: str, true: float, digits: int = 3) -> bool:
    """Whether a printed number is this one, to its last digit; what is not all is not 100 %.

    Of "1 part in" the last digit is that of the number of parts.
    """
    true, parts = float(true), text.removeprefix("1 part in ")
    if parts != text:
        return agrees(parts, over(1, true))
    if text.startswith("over "):
        return value(text[5:])[0] < true < 100
    said, half = value(text, digits)
    if not (np.isfinite(said) and np.isfinite(true)):
        return said == true or (np.isnan(said) and np.isnan(true))
    return abs(said - true) <= half * (1 + 1e-6) + 1e-6 * abs(true)


def close(a: float, b: float, tolerance: float = 1e-6) -> bool:
    """Equal to six digits, or both not finite in the same way."""
    return bool(np.isclose(a, b, rtol=tolerance, atol=0, equal_nan=True))


def over(a, b) -> float:
    """a / b, inf or NaN where b is 0."""
    with np.errstate(all="ignore"):
        return float(np.float64(a) / np.float64(b))
