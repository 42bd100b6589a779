"""Every page that trains a network says how long its script agrees, and near the loss what is chaotic."""

import pytest

from core.diagnosis.claims import SEEDS
from core.lessons import LESSONS
from pages.parts import chaos

TRAINS = sorted(set(LESSONS) - {"backprop"})
SMALL = {"width": "8", "samples": "64", "steps": "20"}
CHAOTIC = dict(activation="tanh", init="normal", gain="3", depth="12", steps="60", samples="128")


def said(at, start):
    """The texts that start so, in the order of the page."""
    return [text.value for text in (*at.markdown, *at.caption) if text.value.startswith(start)]


@pytest.mark.parametrize("slug", TRAINS)
def test_it_says_how_long_the_script_agrees(page, slug):
    at = page(f"pages/{slug}.py", **SMALL)
    [sentence] = said(at, ("Page and script", "Rounding alone"))
    assert "whose first weights differ by 1 part in 1 million" in sentence


def test_of_a_calm_run_it_says_nothing_more(page):
    at = page("pages/gradients.py", **SMALL)
    [sentence] = said(at, "Page and script")
    assert sentence.startswith("Page and script agree to 1 % in the loss of every step. ")
    assert not said(at, ("**Chaotic", "Over "))


@pytest.mark.parametrize("slug", ["gradients", "dead_relus", "dropout", "batchnorm"])
def test_of_a_chaotic_run_it_shows_a_copy_and_the_median_over_seeds_near_the_loss(page, slug):
    at = page(f"pages/{slug}.py", **CHAOTIC, learning_rate="0.05", width="32", dropout="0", batchnorm="false")
    assert len(said(at, "**Chaotic from step ")) == 1
    [seeds] = said(at, f"Over {SEEDS} seeds")
    texts = [text.value for text in at.markdown]
    first_claim = LESSONS[slug].claims[0].sentence
    assert texts.index(seeds) < next(i for i, text in enumerate(texts) if first_claim in text)
    assert "rounding may part them" in said(at, "Page and script")[0]


def test_what_takes_long_is_asked_for(page, monkeypatch, cold):
    monkeypatch.setattr(chaos, "UNASKED", 0)
    at = page("pages/gradients.py", **CHAOTIC)
    assert not said(at, ("Page and script", "**Chaotic", "Over "))
    at.button(key="chaos.run").click().run()
    assert len(said(at, "**Chaotic")) == 1
    assert not said(at, "Over ")
    at.button(key="chaos.seeds.run").click().run()
    assert len(said(at, f"Over {SEEDS} seeds")) == 1
    assert not at.exception
    at.number_input(key="gradients.seed").set_value(9).run()
    assert not said(at, ("Page and script", "**Chaotic", "Over "))
