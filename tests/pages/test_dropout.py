"""The Dropout page as a reader meets it; that every preset opens is tested in test_pages."""

import numpy as np
import pytest

from core.lessons.dropout import settings
from core.lessons.dropout.lesson import LESSON
from pages.parts import show

QUICK = LESSON.link(settings.MOONS.but(width=8, samples=64, steps=20))
PAGE = "pages/dropout.py"
GATED = {
    "How much": ("rates", ["dropout.rates.loss", "dropout.rates.error"]),
    "What else helps": ("rivals", ["dropout.rivals.chart"]),
    "An ensemble?": ("members", ["dropout.members.chart"]),
}


def words(at):
    return " ".join(element.value for element in at.markdown)


def tab(at, name):
    at.session_state["dropout.tab"] = name
    at.run()
    assert not at.exception
    return at


def clicked(at, key):
    at.button(key=f"dropout.{key}.run").click().run()
    assert not at.exception
    return at


def test_the_page_opens_where_dropout_prevents_something():
    assert LESSON.preset(next(iter(LESSON.presets))) == LESSON.opening == settings.MOONS
    assert LESSON.symptoms == {"Training fine, held-out data bad": "No dropout"}


def test_both_sides_stand_beside_each_other_over_eight_seeds(page, figures, cold):
    at = page(PAGE, **QUICK)
    drawn = figures(at)
    assert list(drawn)[:4] == [
        "dropout.surface.without",
        "dropout.surface.dropout",
        "dropout.loss",
        "dropout.error",
    ]
    names = [trace.get("name") for trace in drawn["dropout.loss"]["data"]]
    for side in ("no dropout", "dropout 0.5"):
        assert {f"{side}, training", f"{side}, held out"} <= set(names)
    assert [metric.value for metric in at.metric][2].endswith("of 8 pairs")
    assert not {"dropout.rates.loss", "dropout.gaps", "dropout.rivals.chart"} & set(drawn)


def test_the_headline_is_the_median_at_the_end_of_the_lines(page, traces):
    at = page(PAGE, **QUICK)
    ends = [traces(at, "dropout.error")[f"{side}, held out"][1][-1] for side in ("no dropout", "dropout 0.5")]
    shown = [float(metric.value.removesuffix(" %")) for metric in list(at.metric)[:2]]
    np.testing.assert_allclose(shown, ends, rtol=0.01)


def test_without_dropout_the_page_compares_with_half(page, traces):
    at = page(PAGE, **QUICK | dict(dropout="0"))
    assert "both modes are the same" in words(at)
    assert "Without dropout every unit takes part" in words(at)
    assert "dropout 0.5, held out" in traces(at, "dropout.loss")


def test_at_rate_1_nothing_is_said_of_new_masks(page):
    told = words(page(PAGE, **QUICK | dict(dropout="1")))
    assert "Every unit is dropped at every step" in told
    assert "new mask" not in told and "silent bug" not in told


def test_rates_are_trained_when_asked_and_both_ends_are_checked(page, traces, cold):
    at = clicked(page(PAGE, **QUICK), "rates")
    held, _ = traces(at, "dropout.rates.loss")["held out"]
    assert list(held) == list(settings.RATES)
    assert ":green-badge[true] **0.0 is no dropout, to the bit.**" in words(at)
    assert "**1.0 after every hidden layer" in words(at)


@pytest.mark.parametrize("name", ["What else helps", "An ensemble?"])
def test_every_section_answers_when_asked(page, figures, name, cold):
    key, charts = GATED[name]
    at = clicked(tab(page(PAGE, **QUICK), name), key)
    assert set(charts) <= set(figures(at))


def test_the_ensemble_is_judged_under_the_course_s_own_words(page):
    at = clicked(tab(page(PAGE, **QUICK), "An ensemble?"), "members")
    assert "“There's a connection to ensemble models here”" in words(at)
    assert "in that the mean of thinned networks" in words(at)


def test_confidence_is_pooled_over_the_seeds_that_were_trained(page, figures):
    at = tab(page(PAGE, **QUICK), "How sure")
    assert "pooled over 8 seeds" in figures(at)["dropout.calibration"]["layout"]["meta"]["how"]


def test_another_family_of_data_has_another_best_rate(page):
    at = tab(page(PAGE, **QUICK), "Why: linear regression")
    assert "predicted before training: 0.444" in words(at)
    at.selectbox(key="dropout.family").set_value("50 samples, 40 features, noise 2").run()
    assert not at.exception
    assert "predicted before training: 0.762" in words(at)


def test_the_shift_behind_batch_normalization_is_one_click_away(page):
    at = tab(page(PAGE, **QUICK), "An ensemble?")
    assert any("batchnorm" in link.proto.page for link in at.get("page_link"))


def test_one_hidden_layer_has_nothing_between(page):
    between = {**QUICK, "dropout_last": "false"}
    assert page(PAGE, **between).slider(key="dropout.depth").min == 2
    at = page(PAGE, **between, depth="1")
    assert [text.value for text in at.text] == [
        "depth cannot be 1 here: dropout_last false (Dropout before the output: off) leaves dropout only "
        "between hidden layers, "
        "and depth 1 has but one; allowed is depth 2 or more, or dropout_last true."
    ]
    at = page(PAGE, **QUICK | dict(depth="1"))
    assert not list(at.text)


def test_a_run_that_diverges_is_still_a_page(page):
    at = page(PAGE, **QUICK | dict(optimizer="sgd", learning_rate="100", input_scale="1000"))
    assert any("the training diverged at step" in box.value for box in at.warning)
    assert "silent bug" not in words(at)


def test_too_many_networks_are_refused_in_a_sentence(page, monkeypatch):
    monkeypatch.setattr(show, "WORK_LIMIT", 1e6)
    at = page(PAGE, **QUICK | dict(dropout="0", seed="77"))
    assert any("takes too long" in info.value for info in at.info)
    assert "dropout.rates.run" not in [button.key for button in at.button]
    assert [metric.value for metric in at.metric][2].endswith("of 1 pair")


def test_a_dataset_with_other_features_can_be_chosen_and_it_is_said(page):
    at = page(PAGE, **QUICK | dict(dataset="xor", features="10"))
    at.selectbox(key="dropout.dataset").set_value("moons").run()
    assert not at.exception
    assert (at.session_state["dropout"].dataset, at.session_state["dropout"].features) == ("moons", 0)
    assert [text.value for text in at.text] == [
        "moons cannot have 10 features: it has its own number of them now."
    ]
    at.selectbox(key="dropout.dataset").set_value("xor").run()
    assert not list(at.text)
