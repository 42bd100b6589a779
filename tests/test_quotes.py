"""What stands in quotation marks is word for word, and says whose it is."""

import re
from pathlib import Path

import pytest

from core.lessons import LESSONS
from core.lessons.backprop.claims import CLAIMS
from core.quotes import GOOGLE, KAGGLE, QUOTES, SLIDES, is_quote

ROOT = Path(__file__).parents[1]
ITS_OWN = {"{text}", "Expected more than 1 value per channel", "scaling", "Fill gaps"}
ITS_OWN |= {"{PIPELINES[scaling]}"}
"""In quotation marks, but no sentence of the course: messages, and names of controls."""


@pytest.mark.parametrize(
    ("sentence", "source", "exact"),
    [
        ("If it's differentiable, we can probably learn on it", SLIDES, True),
        ("If it is differentiable, we can probably learn on it", SLIDES, False),
        ("Layers with vanishing gradients train very slowly, or not at all.", GOOGLE, True),
        ("Batchnorm can also fix various problems", KAGGLE, True),
        ("atchnorm can also fix various problems", KAGGLE, False),
        ("batch Normalization can help prevent exploding gradients", GOOGLE, False),
        ("Linear scaling", GOOGLE, False),
        ("Linear scaling", "somebody else", False),
    ],
)
def test_a_quotation_is_exact_and_has_its_source(sentence, source, exact):
    assert is_quote(sentence, source) == exact


def test_every_claim_is_a_quotation_or_says_that_it_is_none():
    claims = [*CLAIMS, *(claim for lesson in LESSONS.values() for claim in lesson.claims)]
    assert sum(claim.quoted for claim in claims) > 10
    for claim in claims:
        assert claim.quoted or claim.source not in (GOOGLE, KAGGLE), claim.sentence


def test_nothing_else_stands_in_quotation_marks():
    text = "".join(path.read_text(encoding="utf-8") for part in ("core", "pages") for path in
                   sorted((ROOT / part).rglob("*.py")))  # fmt: skip
    for said in re.findall("“([^”]*)”", text):
        assert said in ITS_OWN or any(is_quote(said, source) for source in QUOTES), said
