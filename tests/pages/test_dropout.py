"""The Dropout page as a reader meets it; that every preset opens is tested in test_pages."""

import pytest

from core.lessons.dropout.lesson import LESSON
from pages.parts import show

QUICK = {"width": "8", "samples": "64", "steps": "20"}
PAGE = "pages/dropout.py"


def words(at):
    return " ".join(element.value for element in at.markdown)


def test_the_first_preset_is_dropout_between_two_hidden_layers():
    name, start = next(iter(LESSON.presets)), LESSON.preset(next(iter(LESSON.presets)))
    assert name == "Between two hidden layers, 50 %"
    assert [start.dropout_after(layer) for layer in range(start.depth)] == [0.5, 0]


def test_both_runs_share_axes_and_the_sections_wait(page, figures, cold):
    at = page(PAGE, **QUICK)
    drawn = figures(at)
    names = [trace["name"] for trace in drawn["dropout.loss"]["data"]]
    assert names == [f"{on}, {n}" for n in ("no dropout", "dropout 0.5") for on in ("training", "held out")]
    assert "The silent bug" in words(at)
    assert not {"dropout.rates.loss", "dropout.gaps"} & set(drawn)


def test_without_dropout_the_page_compares_with_half(page, traces):
    at = page(PAGE, **QUICK, dropout="0")
    assert "both modes are the same" in words(at)
    assert "Without dropout every unit takes part" in words(at)
    assert "held out, dropout 0.5" in traces(at, "dropout.loss")


def test_rates_are_trained_when_asked_and_both_ends_are_checked(page, traces, cold):
    at = page(PAGE, **QUICK)
    at.button(key="dropout.rates.run").click().run()
    assert not at.exception
    held, _ = traces(at, "dropout.rates.loss")["held out"]
    assert list(held) == [0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
    assert ":green-badge[true] **0.0 is no dropout, to the bit.**" in words(at)
    assert ":green-badge[true] **1.0 after every hidden layer learns nothing**" in words(at)


@pytest.mark.parametrize(
    ("key", "charts"),
    [
        ("ensemble", ["dropout.gaps", "dropout.sampled"]),
        ("uncertainty", ["dropout.uncertainty"]),
    ],
)
def test_every_section_answers_when_asked(page, figures, key, charts, cold):
    at = page(PAGE, **QUICK)
    at.button(key=f"dropout.{key}.run").click().run()
    assert not at.exception
    assert set(charts) <= set(figures(at))


def test_another_family_of_data_has_another_best_rate(page, figures):
    at = page(PAGE, **QUICK)
    assert "predicted before training: 0.444" in words(at)
    at.selectbox(key="dropout.family").set_value("50 samples, 40 features, noise 2").run()
    assert not at.exception
    assert "predicted before training: 0.762" in words(at)


def test_the_order_with_batch_normalization_is_one_click_away(page):
    at = page(PAGE, **QUICK)
    assert any("batchnorm" in link.proto.page for link in at.get("page_link"))


def test_one_hidden_layer_has_nothing_between(page):
    assert page(PAGE, **QUICK).slider(key="dropout.depth").min == 2
    at = page(PAGE, **QUICK, depth="1")
    assert [text.value for text in at.text] == [
        "depth cannot be 1 here: dropout_last false leaves dropout only between hidden layers, "
        "and depth 1 has but one; allowed is depth 2 or more, or dropout_last true."
    ]
    at = page(PAGE, **QUICK, depth="1", dropout_last="true")
    assert not list(at.text)


def test_a_run_that_diverges_is_still_a_page(page):
    at = page(PAGE, **QUICK, optimizer="sgd", learning_rate="100", input_scale="1000")
    assert "diverged" in [metric.value for metric in at.metric]


def test_too_many_networks_are_refused_in_a_sentence(page, monkeypatch):
    monkeypatch.setattr(show, "WORK_LIMIT", 1e6)
    at = page(PAGE, **QUICK, dropout="0")
    assert any("takes too long" in info.value for info in at.info)
    assert "dropout.rates.run" not in [button.key for button in at.button]


def test_a_dataset_with_other_features_can_be_chosen_and_it_is_said(page):
    at = page(PAGE, **QUICK)
    at.selectbox(key="dropout.dataset").set_value("moons").run()
    assert not at.exception
    assert (at.session_state["dropout"].dataset, at.session_state["dropout"].features) == ("moons", 0)
    assert [text.value for text in at.text] == [
        "moons cannot have 10 features: it has its own number of them now."
    ]
    at.selectbox(key="dropout.dataset").set_value("xor").run()
    assert not list(at.text)
