"""The parts below the Gradients page: each computes when asked, and opens what it shows."""

import numpy as np
import pytest

from core.engine.train import train
from core.lessons import LESSONS
from core.lessons.gradients import depth
from core.lessons.gradients.settings import CHANGES, DEFAULT, DIVERGING, EDGE, LARGE
from core.sweep import Sweep

LESSON = LESSONS["gradients"]
QUICK = {"depth": "3", "width": "8", "samples": "64", "steps": "20", "activation": "tanh"}


@pytest.fixture
def part(page):
    """`part("Clipping", depth="3")` opens the page with these link parameters at that part."""

    def open_part(name, **link):
        at = page("pages/gradients.py", **(link or QUICK))
        at.session_state["gradients.part"] = name
        at.run()
        assert not at.exception, [error.value for error in at.exception]
        return at

    return open_part


def click(at, key):
    at.button(key=key).click().run()
    assert not at.exception, [error.value for error in at.exception]


@pytest.fixture
def small_map(monkeypatch):
    """The map with few and shallow networks."""
    monkeypatch.setattr(depth, "COARSE", (2, 4))
    monkeypatch.setattr(depth, "MAP", depth.MAP.but(width=8, steps=20, samples=64))


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_of_equal_weights_the_page_says_nothing_false(page, activation):
    at = page("pages/gradients.py", **QUICK | {"init": "constant", "activation": activation})
    assert not any("NaN" in said.value for said in (*at.text, *at.markdown, *at.latex))
    assert any("all weights of a layer are equal" in said.value for said in at.markdown)


def test_the_map_trains_when_asked_and_opens_a_cell(part, figures, small_map, cold):
    at = part("How deep can it train?")
    assert "gradients.map.False" not in figures(at)
    click(at, "gradients.map.run")
    figure = figures(at)["gradients.map.False"]
    heat = next(trace for trace in figure["data"] if trace["type"] == "heatmap")
    assert heat["z"].shape == (2, 9)
    name, experiment = list(depth.cells(depth.grid("tanh", False)).items())[11]
    at.selectbox(key="gradients.map.False.open").set_value(name).run()
    assert not at.exception
    assert at.session_state["gradients"] == experiment
    assert at.session_state["gradients"].depth == 4


def test_chi_is_drawn_over_its_theory_for_this_activation_and_for_sigmoid(part, traces):
    at = part("How deep can it train?")
    click(at, "gradients.chi.run")
    drawn = traces(at, "gradients.chi")
    dots = [name for name in drawn if "off by" in str(name)]
    assert [name.split(":")[0] for name in dots] == ["tanh", "sigmoid"]
    x, y = drawn["sigmoid predicted"]
    assert y[x < 9].max() < 1 < y[x > 11].min()


def test_the_rescues_can_be_opened(part, figures, the, monkeypatch, cold):
    few = Sweep.made(
        lambda change, seed: DEFAULT.but(**CHANGES[change], seed=seed, steps=5, samples=64),
        change=("as it is", "Adam"),
        seed=range(2),
    )
    monkeypatch.setattr("pages.parts.further.RESCUES", few)
    at = part("What rescues it?")
    click(at, "gradients.rescues.run")
    assert len(the(figures(at)["gradients.rescues"], type="bar")["y"]) == 2
    at.selectbox(key="gradients.rescues.open").set_value("Adam with learning rate 0.003").run()
    assert at.session_state["gradients"] == few.experiments[2]
    assert at.selectbox(key="gradients.rescues.open").value is None


def test_the_ruler_measures_the_experiment_on_the_screen(part, figures, traces, cold):
    at = part("Learning-rate ruler")
    assert {"gradients.least_squares", "gradients.catapult"} <= set(figures(at))
    click(at, "gradients.ruler.run")
    x, _ = traces(at, "gradients.ruler")["training loss"]
    assert LESSON.start.learning_rate in x
    click(at, "gradients.sharpness.run")
    assert traces(at, "gradients.sharpness")["sharpness λ_max"][1].min() > 0
    at.number_input(key="gradients.seed").set_value(9).run()
    assert "gradients.ruler" not in figures(at)
    click(at, "gradients.open.A run on the edge of stability")
    assert at.session_state["gradients"] == EDGE


def test_the_closed_form_follows_the_slider(part, traces):
    at = part("Learning-rate ruler")
    at.slider(key="gradients.ratio").set_value(1.1).run()
    drawn = traces(at, "gradients.least_squares")
    seen = drawn["measured"][1] < 1e30
    np.testing.assert_allclose(drawn["measured"][1][seen], drawn["closed form"][1][seen], rtol=1e-6)
    assert any("passes the float32 limit at step" in text.value for text in at.caption)


def test_clipping_shows_both_networks(part, figures):
    at = part("Clipping")
    large = figures(at)["gradients.norms"]["layout"]["meta"]["title"]
    assert f"at step {train([LARGE])[0].diverged_at}" in large
    at.selectbox(key="gradients.clipped").set_value("The network above").run()
    assert not at.exception
    assert "after 20 steps" in figures(at)["gradients.norms"]["layout"]["meta"]["title"]
    assert at.table[0].value.loc["its norm overflows", "clip_grad_norm_"] == "(0, 0)"


@pytest.mark.parametrize("name", ["Weights too large", "Learning rate too high"])
def test_an_autopsy_of_a_run_that_is_offered(part, figures, name):
    at = part("NaN autopsy")
    assert "gradients.autopsy" not in figures(at)
    click(at, f"gradients.open.{name}")
    assert at.session_state["gradients"] == DIVERGING[name]
    assert {"gradients.autopsy", "gradients.layers"} <= set(figures(at))
