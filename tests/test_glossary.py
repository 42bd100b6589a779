"""The glossary: where its terms are found, and that what it says of itself and of them holds."""

import re

import pytest

from core.experiment import Experiment
from core.glossary import GLOSSARY, explained
from core.theory import sigma_w

ASKED_FOR = (
    *("δ", "error signal", "χ", "σ_w", "ξ", "mean-field", "edge of chaos", "RMS", "He", "gain", "fan-in"),
    *("κ", "λ_max", "sharpness", "Hessian", "eigenvector", "Lanczos", "catapult", "edge of stability"),
    *("pre-activation", "saturated", "held-out", "R²", "bce", "logit", "leaf", "gradient step", "epoch"),
    *("batch", "default init", "PyTorch's default"),
)


@pytest.mark.parametrize("word", ASKED_FOR)
def test_every_word_has_a_meaning(word):
    [(term, meaning)] = explained(f"Here is {word}.").items()
    assert meaning == GLOSSARY[term][1]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("RMS of δ", ["RMS", "error signal δ"]),
        ("Error signals, DELTA, |δ|², δ_l and \\delta_{l+1}", ["error signal δ"]),
        ("λmax is λ_max", ["sharpness λ_max"]),
        ("a mean field, mean-field theory", ["mean-field theory"]),
        ("Held out, held-out and held in", ["held-out data"]),
        ("batch normalization of a mini-batch", ["batch normalization", "batch"]),
        ("χ = \\sigma_w^2, 6ξ", ["χ", "σ_w", "depth scale ξ"]),
        ("He's weights; ReLU and He init", ["He initialization"]),
        ("He, 20 layers", ["He initialization"]),
        ("2 of 2 leaves", ["leaf"]),
    ],
)
def test_terms_are_found_in_every_form(text, terms):
    assert list(explained(text)) == terms


@pytest.mark.parametrize(
    "text",
    [
        "He et al. 2015",
        "He, Zhang, Ren & Sun 2015",
        "(He 2015)",
        "The heat, where she is",
        "it leaves the dashed line",
        "Δw",
        "a deltoid, chin, again, batched",
        "",
    ],
)
def test_no_term_is_seen_where_none_stands(text):
    assert explained(text) == {}


def test_what_is_known_is_not_explained_again():
    first = explained("RMS of δ")
    assert explained("the RMS of χ", first).keys() == {"χ"}


@pytest.mark.parametrize("term", GLOSSARY)
def test_a_term_is_found_by_its_own_name(term):
    """So the list of a page can be searched for what a tooltip says."""
    assert term in explained(term.replace("length q", "q*"))


@pytest.mark.parametrize("meaning", [meaning for _, meaning in GLOSSARY.values()])
def test_a_meaning_is_short_and_markdown_leaves_it_as_it_is(meaning):
    assert 20 < len(meaning) < 260
    assert meaning[0].isupper() and meaning.endswith(".")
    assert len(re.findall(r"[.?!] ", meaning)) <= 2
    assert not set("*`$~<>") & set(meaning)
    assert not re.search(r"(?<!\w)_|_(?!\w)", meaning)


def test_the_numbers_it_gives_are_those_of_the_code():
    e = Experiment(init="he")
    assert sigma_w(e, 32, 32) == pytest.approx(2**0.5)
    assert "σ_w = √2" in explained("σ_w")["σ_w"]
    assert sigma_w(e, 32, 32) ** 2 / sigma_w(e.but(init="pytorch"), 32, 32) ** 2 == pytest.approx(6)
    assert "a sixth of He's" in explained("default init")["default init"]
