"""The Batchnorm page as a reader meets it."""

import numpy as np
import pytest

from core.lessons import LESSONS
from core.lessons.batchnorm import settings
from core.sweep import Sweep
from pages.parts import show

LESSON = LESSONS["batchnorm"]
PAGE = "pages/batchnorm.py"
QUICK = {"depth": "2", "width": "8", "samples": "64", "batch_size": "32", "steps": "20"}


def test_moving_one_value_moves_every_sample(page, traces):
    at = page(PAGE, **QUICK, nudge="0")
    before = traces(at, "batchnorm.by_hand")["training mode"][1]
    at.select_slider(key="batchnorm.nudge").set_value(3).run()
    assert not at.exception
    after = traces(at, "batchnorm.by_hand")["training mode"][1]
    assert (np.abs(after - before) > 1e-6).all()
    assert at.query_params["nudge"] == "3.0"
    assert len(at.dataframe[0].value) == LESSON.start.rows


def test_a_batch_of_one_shows_the_error_of_pytorch_and_the_rest_of_the_page(page, figures):
    at = page(PAGE, **QUICK, rows="1")
    assert at.error[0].value.startswith("A batch of 1 cannot be normalized")
    assert any("Expected more than 1 value per channel" in text.value for text in at.markdown)
    assert "batchnorm.by_hand" not in figures(at)
    assert "batchnorm.inside" in figures(at)
    assert all(at.select_slider(key=f"batchnorm.{name}").disabled for name in ("nudge", "gamma", "seen"))


def test_a_batch_larger_than_the_training_set_is_refused(page):
    at = page(PAGE, samples="32", batch_size="32", rows="64")
    assert [text.value for text in at.text] == [
        "rows cannot be 64 here: allowed is at most the number of samples, 32."
    ]


def test_with_and_without_share_everything_but_batch_normalization(page, figures, traces):
    at = page(PAGE, **QUICK)
    with_it = traces(at, "batchnorm.losses")
    at.toggle(key="batchnorm.batchnorm").set_value(False).run()
    assert at.session_state["batchnorm"].batchnorm is False
    without = traces(at, "batchnorm.losses")
    for name in with_it:
        assert np.array_equal(with_it[name][1], without[name][1], equal_nan=True)


@pytest.fixture
def tab(page):
    """`tab("Depth", width="8")` opens the page with this tab in front."""

    def open_tab(name, **link):
        at = page(PAGE, **link)
        at.session_state["batchnorm.tab"] = name
        at.run()
        assert not at.exception
        return at

    return open_tab


DRAWN = {
    "Fewer epochs": ("epochs.best", "epochs.same", "curves.best", "curves.same"),
    "What it stands": ("reach.learning_rate", "reach.gain", "reach.input_spread"),
    "Inputs or inside": ("scaled.chart", "scaled.rates"),
    "Why": ("invariance", "growth", "smoothness"),
    "Depth": ("explosion", "depths"),
    "Evaluation mode": ("lag",),
    "Small batches": ("sizes",),
    "With dropout": ("orders.chart", "variance_shift"),
}


@pytest.mark.parametrize("name", settings.TABS)
def test_every_tab_trains_when_asked(tab, figures, monkeypatch, name):
    shifts = Sweep.over(settings.SHIFTS.experiments[0].but(samples=128, steps=10), **settings.SHIFTS.axes)
    good = settings.GOOD.but(width=16, steps=20)
    few = {"GOOD": good, "SWEPT": 2, "SHIFTS": shifts, "RACED": 30, "DEPTHS": (10, 20)}
    for setting, value in few.items():
        monkeypatch.setattr(settings, setting, value)
    monkeypatch.setattr(settings.orders, "__defaults__", (20,))
    at = tab(name, **QUICK)
    while keys := [b.key for b in at.button if b.key and b.key.endswith(".run") and ".claim." not in b.key]:
        at.button(key=keys[0]).click().run()
        assert not at.exception
    assert {f"batchnorm.{chart}" for chart in DRAWN[name]} <= set(figures(at))


def test_the_loss_to_get_down_to_is_chosen_without_training_again(tab, monkeypatch):
    monkeypatch.setattr(settings, "SWEPT", 1)
    at = tab("Fewer epochs", **QUICK | {"steps": "30"})
    monkeypatch.setattr(settings, "RACED", 30)
    at.button(key="batchnorm.speed.run").click().run()
    titles = [text.value for text in at.markdown if "a held-out loss of 0.1" in text.value]
    at.select_slider(key="batchnorm.target").set_value(0).run()
    assert len(titles) == 2
    assert len([text for text in at.markdown if "a held-out loss of 0.5" in text.value]) == 2


def test_one_column_cannot_differ_in_size_from_others(tab):
    at = tab("Inputs or inside", **QUICK, dataset="curve")
    assert [text.value for text in at.info if "has one feature" in text.value]


def test_the_link_to_take_away_holds_the_batch_by_hand(page):
    at = page(PAGE, **QUICK, rows="4")
    link = next(code.value for code in at.code if "dataset=circles" in code.value)
    assert "rows=4" in link and "depth=2" in link


def test_a_sweep_that_is_too_much_work_is_said_not_trained(tab, monkeypatch):
    monkeypatch.setattr(show, "WORK_LIMIT", 1e8)
    at = tab("What it stands", **QUICK | {"width": "4"})
    assert [text.value for text in at.info if "takes too long" in text.value]
