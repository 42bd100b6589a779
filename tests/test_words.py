"""Numbers in sentences."""

import numpy as np
import pytest

from core.words import power_of_ten, share, short


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.184, "0.184"),
        (12.04, "12"),
        (1234.5, "1,234"),
        (999.4, "999"),
        (999.9, "1,000"),
        (2.34e-7, "2.3×10⁻⁷"),
        (99_951, "99,951"),
        (123_456, "123,000"),
        (1e6, "1 million"),
        (3.21e9, "3.21 billion"),
        (-3.4e38, "-3.4×10³⁸"),
        (-0.0, "0"),
        (-0.5, "-0.5"),
        (np.inf, "∞"),
        (-np.inf, "−∞"),
        (np.nan, "NaN"),
    ],
)
def test_numbers_are_short(value, text):
    assert short(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.18, "0.18"),
        (1e-3, "0.001"),
        (6.6e-7, "1 part in 1.52 million"),
        (1e-20, "1 part in 10²⁰"),
    ],
)
def test_a_small_share_is_one_part_in_many(value, text):
    assert share(value) == text


@pytest.mark.parametrize(("exponent", "text"), [(-12, "10⁻¹²"), (0, "10⁰"), (3.0, "10³")])
def test_powers_of_ten(exponent, text):
    assert power_of_ten(exponent) == text
