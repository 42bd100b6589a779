"""The colours in .streamlit/config.toml: ten of each kind, and everything legible in light and in dark."""

import re
import tomllib

import pytest

from core.charts.style import PALETTE

SCALES = ["chartCategoricalColors", "chartSequentialColors", "chartDivergingColors"]


@pytest.fixture(scope="module")
def theme(root):
    return tomllib.loads((root / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]


def contrast(one, other):
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(colour):
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in (byte / 255 for byte in bytes.fromhex(colour[1:]))
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("scale", SCALES)
def test_each_scale_has_ten_colours(theme, mode, scale):
    """With any other number Streamlit falls back to its own."""
    colours = {**theme, **theme[mode]}[scale]
    assert len(colours) == len(set(colours)) == 10
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours)


def test_charts_and_theme_share_one_palette(theme):
    assert list(PALETTE) == theme["chartCategoricalColors"]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("part", [{}, {"sidebar"}], ids=["page", "sidebar"])
@pytest.mark.parametrize("colour", ["textColor", "primaryColor", "linkColor", "codeTextColor"])
def test_words_are_legible(theme, mode, part, colour):
    """WCAG 2.2 AA asks for 4.5 to 1."""
    colours = theme[mode] | (theme[mode]["sidebar"] if part else {})
    for background in ("backgroundColor", "secondaryBackgroundColor"):
        assert contrast(colours[colour], colours[background]) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_lines_stand_out(theme, mode):
    """WCAG 2.2 AA asks for 3 to 1 for the parts of a chart."""
    for colour in theme["chartCategoricalColors"]:
        assert contrast(colour, theme[mode]["backgroundColor"]) >= 3
