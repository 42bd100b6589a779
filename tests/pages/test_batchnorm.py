"""The Batchnorm page as a reader meets it."""

import numpy as np

from core.lessons import LESSONS
from core.lessons.batchnorm import lesson
from core.sweep import Sweep

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


def test_every_section_trains_when_asked(page, figures, cold, monkeypatch):
    shifts = Sweep.over(lesson.SHIFTS.experiments[0].but(samples=128, steps=10), **lesson.SHIFTS.axes)
    for name, value in {"GOOD": lesson.GOOD.but(width=16, steps=20), "SEEDS": 2, "SHIFTS": shifts}.items():
        monkeypatch.setattr(lesson, name, value)
    at = page(PAGE, **QUICK, batchnorm="true")
    keys = [b.key for b in at.button if b.key and b.key.endswith(".run") and ".claim." not in b.key]
    for key in keys:
        at.button(key=key).click().run()
        assert not at.exception
    drawn = set(figures(at))
    assert {f"batchnorm.reach.{name}" for name in ("learning_rate", "gain", "input_spread")} <= drawn
    assert {f"batchnorm.{name}" for name in ("depths", "small", "speed.rate 0.1", "variance_shift")} <= drawn
    assert not [b.key for b in at.button if b.key in keys]


def test_the_link_to_take_away_holds_the_batch_by_hand(page):
    at = page(PAGE, **QUICK, rows="4")
    link = next(code.value for code in at.code if "dataset=circles" in code.value)
    assert "rows=4" in link and "depth=2" in link


def test_a_sweep_that_is_too_much_work_is_said_not_trained(page):
    at = page(PAGE, depth="12", width="256", batch_size="512", steps="10")
    assert [text.value for text in at.info if "takes too long" in text.value]
