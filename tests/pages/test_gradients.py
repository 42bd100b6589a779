"""The parts below the Gradients page: each computes when asked, and opens what it shows."""

import io

import numpy as np
import pandas as pd
import pytest

from core.charts.runs import loss
from core.engine.train import train
from core.export.csv import chart_csv, runs_csv
from core.lessons import LESSONS
from core.lessons.gradients import depth
from core.lessons.gradients.lesson import DIVERGING, EDGE, RESCUES
from core.lessons.gradients.ruler import networks

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


def test_the_map_trains_when_asked_and_opens_a_cell(part, figures, small_map):
    at = part("How deep can it train?")
    assert "gradients.map.False" not in figures(at)
    click(at, "gradients.map.run")
    figure = figures(at)["gradients.map.False"]
    heat = next(trace for trace in figure["data"] if trace["type"] == "heatmap")
    assert heat["z"].shape == (2, 9)
    cell = depth.names("tanh", False)[11]
    at.selectbox(key="gradients.map.False.open").set_value(cell).run()
    assert not at.exception
    assert at.session_state["gradients"] == depth.grid("tanh", False)[11 * depth.SEEDS]
    assert at.session_state["gradients"].depth == 4


def test_chi_is_drawn_over_its_theory_for_this_activation_and_for_sigmoid(part, traces):
    at = part("How deep can it train?")
    click(at, "gradients.chi.run")
    drawn = traces(at, "gradients.chi")
    dots = [name for name in drawn if "off by" in str(name)]
    assert [name.split(":")[0] for name in dots] == ["tanh", "sigmoid"]
    x, y = drawn["sigmoid predicted"]
    assert y[x < 9].max() < 1 < y[x > 11].min()


def test_the_rescues_can_be_opened(part, figures, monkeypatch):
    few = {name: [e.but(steps=5, samples=64) for e in RESCUES[name][:2]] for name in ("as it is", "Adam")}
    monkeypatch.setattr("core.lessons.gradients.lesson.RESCUES", few)
    at = part("What rescues it?")
    click(at, "gradients.rescues.run")
    assert len(figures(at)["gradients.rescues"]["data"][0]["y"]) == 2
    at.selectbox(key="gradients.rescues.open").set_value("Adam").run()
    assert at.session_state["gradients"] == few["Adam"][0]
    assert at.selectbox(key="gradients.rescues.open").value is None


def test_the_ruler_measures_the_experiment_on_the_screen(part, figures, traces):
    at = part("Learning-rate ruler")
    assert {"gradients.least_squares", "gradients.catapult"} <= set(figures(at))
    click(at, "gradients.ruler.run")
    x, _ = traces(at, "gradients.ruler")["training loss"]
    assert LESSON.start.learning_rate in x
    click(at, "gradients.sharpness.run")
    assert figures(at)["gradients.sharpness"]["data"][0]["y"].min() > 0
    at.number_input(key="gradients.seed").set_value(9).run()
    assert "gradients.ruler" not in figures(at)
    click(at, "gradients.door.A run on the edge of stability")
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
    title = figures(at)["gradients.norms"]["layout"]["meta"]["title"]
    assert title.startswith(
        "Without clipping the loss is NaN at step 3; with norms cut to 1 the training accuracy"
    )
    at.selectbox(key="gradients.clipped").set_value("The network above").run()
    assert not at.exception
    assert "after 20 steps" in figures(at)["gradients.norms"]["layout"]["meta"]["title"]
    assert at.table[0].value.loc["its norm overflows", "clip_grad_norm_"] == "(0, 0)"


@pytest.mark.parametrize("name", DIVERGING)
def test_an_autopsy_of_every_run_that_is_offered(part, figures, name):
    at = part("NaN autopsy")
    assert "gradients.autopsy" not in figures(at)
    click(at, f"gradients.door.{name}")
    assert at.session_state["gradients"] == DIVERGING[name]
    assert {"gradients.autopsy", "gradients.layers"} <= set(figures(at))


def test_a_table_of_runs_holds_what_differs_and_how_it_ended():
    runs = train(networks(LESSON.start.but(depth=2, width=4, samples=32, steps=3, learning_rate=0.05)), 2)
    table = pd.read_csv(io.StringIO(runs_csv(runs)))
    assert {"learning_rate", "seed", "train_loss", "diverged_at"} <= set(table.columns)
    assert "depth" not in table.columns
    np.testing.assert_allclose(table["train_loss"], [run.train_loss[-1] for run in runs], rtol=1e-6)


def test_a_table_of_a_chart_holds_every_point():
    [run] = train([LESSON.start.but(depth=2, width=4, samples=32, steps=9)])
    figure = loss(run)
    table = pd.read_csv(io.StringIO(chart_csv(figure)))
    training = table[table["line"] == "training"]
    np.testing.assert_allclose(training["y"], run.loss, rtol=1e-6)
    assert (table["chart"] == figure.layout.meta["title"]).all()
