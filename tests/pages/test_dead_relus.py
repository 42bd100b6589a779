"""The Dead ReLUs page as a reader uses it: units picked, sweeps and revivals asked for, hinges moved."""

import re

import numpy as np
import pytest

from core.lessons import LESSONS
from core.lessons.dead_relus.settings import CAUSES, HINGES, REVIVALS, TABS, suspected, swept

LESSON = LESSONS["dead_relus"]
PAGE = "pages/dead_relus.py"
KILLS, CAN_DIE, HELPS, RETURNS, HINGES_TAB = range(len(TABS))
QUICK = {"width": "12", "steps": "20", "samples": "64", "batch_size": "32"}
EDGES = [
    {"depth": "1", "width": "1"},
    {"depth": "8", "width": "5", "residual": "true"},
    {"depth": "3", "batchnorm": "true"},
    {"dataset": "blobs", "activation": "elu"},
    {"dataset": "curve", "activation": "leaky_relu", "learning_rate": "100"},
    {"dataset": "moons", "optimizer": "adam", "init": "zeros"},
    {"input_shift": "1000000", "activation": "sigmoid"},
    {"bias": "-100"},
    {"steps": "1"},
    {"features": "3", "scaling": "linear", "weight_decay": "10"},
]


@pytest.fixture
def tab(page):
    """`tab(1, width="12")` opens the page with one of its tabs in front."""

    def open_tab(number, **link):
        at = page(PAGE, **link)
        at.session_state["dead_relus.tab"] = TABS[number]
        at.run()
        assert not at.exception
        return at

    return open_tab


@pytest.mark.parametrize("change", EDGES, ids=str)
def test_the_page_holds_for_every_kind_of_network(tab, figures, change):
    drawn = figures(tab(HELPS, **QUICK | change))
    assert {"dead_relus.grid", "dead_relus.counts", "dead_relus.variants"} <= set(drawn)
    for figure in drawn.values():
        assert "nan" not in figure["layout"]["meta"]["title"].lower().replace("(1 nan)", "")


def test_the_metrics_are_those_of_the_census(page, figures, the):
    at = page(PAGE)
    share = np.asarray(the(figures(at)["dead_relus.grid"], type="heatmap")["z"])
    metrics = {metric.label: metric.value for metric in at.metric}
    assert metrics["Dead units"] == f"{(share == 0).sum()} of 128"
    assert metrics["Dead in layer 1"] == f"{(share[0] == 0).sum()} of 64"
    assert share.shape == (LESSON.start.depth, LESSON.start.width)


def test_the_bars_under_the_grid_add_up_to_what_it_shows(page, figures, the):
    drawn = figures(page(PAGE))
    bars = drawn["dead_relus.deaths"]["data"]
    total = sum(np.sum(bar["y"]) for bar in bars)
    assert total == (np.asarray(the(drawn["dead_relus.grid"], type="heatmap")["z"]) == 0).sum()
    died = sum(np.sum(bar["y"]) for bar in bars if bar["name"] != "came back")
    assert drawn["dead_relus.deaths"]["layout"]["meta"]["title"].startswith(f"{died} deaths in ")


def said(at):
    return "\n".join(one.value for one in (*at.markdown, *at.caption))


MODEST = {"width": "8", "steps": "6", "samples": "64", "batch_size": "32"}


@pytest.mark.parametrize("activation", ["leaky_relu", "gelu", "tanh"])
def test_units_that_are_negative_on_all_data_do_not_die(page, figures, activation):
    at = page(PAGE, **MODEST, activation=activation, bias="-3")
    drawn = figures(at)
    assert "dead_relus.deaths" not in drawn and "No unit is called dead here" in said(at)
    assert at.metric[0].label == "Negative on all data"
    for key in ("grid", "counts", "pre_activation", "gradient", "parameters", "asleep"):
        figure = drawn[f"dead_relus.{key}"]
        meta = figure["layout"]["meta"]
        words = [meta["title"], meta["how"], *(str(trace.get("name")) for trace in figure["data"])]
        words += [note["text"] for note in figure["layout"].get("annotations", [])]
        assert not re.search(r"\bdead\b|\bdies\b|kill|asleep", " ".join(words).lower())
    assert "One unit, step by step" in [one.value for one in at.subheader]


def test_with_batch_normalization_no_cause_is_named(page, figures):
    at = page(PAGE, **MODEST, batchnorm="true")
    assert "dead_relus.deaths" not in figures(at)
    assert "pinned on a cause" in said(at)


def test_a_run_that_diverged_says_so_before_its_numbers(page):
    at = page(PAGE, **MODEST, dataset="curve", activation="leaky_relu", learning_rate="100")
    first = at.warning[0].value
    assert re.search(r"diverged at step \d+: what follows shows the network (before|at step)", first)
    assert not page(PAGE, **MODEST, learning_rate="0.01").warning


def test_causes_of_a_long_run_are_named_when_asked(page, figures, monkeypatch, cold):
    monkeypatch.setattr("pages.parts.show.AT_ONCE", 1.0)
    at = page(PAGE, **QUICK, learning_rate="10")
    assert "dead_relus.deaths" not in figures(at)
    at.button(key="dead_relus.register.run").click().run()
    assert not at.exception
    assert "dead_relus.deaths" in figures(at)
    at.slider(key="dead_relus.depth").set_value(3).run()
    assert "dead_relus.deaths" not in figures(at)


def test_where_no_cause_is_set_none_is_offered_to_be_taken_away(tab):
    at = tab(KILLS, **MODEST, learning_rate="1e-6", momentum="0", clip_norm="0.05")
    assert "none can be taken away" in said(at)
    assert not [one for one in at.button if one.key == "dead_relus.suspects.run"]


def test_units_that_are_born_dead_say_what_was_set(page):
    at = page(PAGE, **MODEST, bias="-5")
    assert "all else the same" in said(at)
    assert "You set the initial bias to -5" in said(at)


def test_a_unit_that_is_typed_in_is_the_one_on_the_charts(page, figures, the):
    at = page(PAGE)
    at.number_input(key="dead_relus.unit.layer").set_value(1).run()
    at.number_input(key="dead_relus.unit.number").set_value(7).run()
    assert not at.exception
    assert figures(at)["dead_relus.pre_activation"]["layout"]["meta"]["title"].startswith("Unit 7 of layer 1")
    marked = the(figures(at)["dead_relus.grid"], name="picked")
    assert (list(marked["x"]), list(marked["y"])) == ([7], [1])


def test_another_experiment_starts_at_a_unit_of_its_own(page):
    at = page(PAGE)
    at.number_input(key="dead_relus.unit.number").set_value(64).run()
    at.pills(key="dead_relus.preset").set_value("Born dead").run()
    assert not at.exception
    assert at.number_input(key="dead_relus.unit.number").value <= 4


@pytest.mark.parametrize("setting", CAUSES)
def test_a_sweep_is_trained_when_asked_and_lies_over_its_theory(page, figures, setting, cold):
    at = page(PAGE, **QUICK)
    assert f"dead_relus.{setting}.killed" not in figures(at)
    at.button(key=f"dead_relus.{setting}.sweep.run").click().run()
    assert not at.exception
    killed = {trace.get("name") for trace in figures(at)[f"dead_relus.{setting}.killed"]["data"]}
    assert {"layer 1, after", "layer 2, after"} <= killed
    assert ("layer 1, predicted" in killed) == (setting != "learning_rate")
    assert f"dead_relus.{setting}.accuracy" in figures(at)


def test_a_sweep_has_to_be_asked_for_again_when_the_experiment_changes(page, figures, cold):
    at = page(PAGE, **QUICK)
    at.button(key="dead_relus.bias.sweep.run").click().run()
    at.select_slider(key="dead_relus.learning_rate").set_value(0.01).run()
    assert not at.exception
    assert "dead_relus.bias.killed" not in figures(at)


def test_a_sweep_that_would_take_too_long_says_so(page):
    at = page(PAGE, depth="4", width="128", samples="1024", batch_size="512", steps="130")
    assert [info.value for info in at.info if "too long" in info.value]


def test_other_sweeps_than_the_learning_rate_take_calm_steps():
    assert {e.learning_rate for e in swept(LESSON.start, "bias").experiments} == {0.1}
    assert swept(LESSON.start, "learning_rate").axes["learning_rate"] == CAUSES["learning_rate"]


def bars(at, figures):
    """The labels and the dots of the chart of all variants."""
    data = figures(at)["dead_relus.variants"]["data"]
    labels = next(trace["y"] for trace in data if trace["type"] == "bar")
    return list(labels), next(trace["x"] for trace in data if trace["type"] == "scatter")


def test_variants_that_change_nothing_are_not_offered(tab, figures):
    labels, _ = bars(tab(HELPS, **QUICK), figures)
    assert not [
        label for label in labels if label.startswith(("He init", "centred inputs", "no negative bias"))
    ]
    labels, _ = bars(tab(HELPS, **QUICK, input_shift="3", bias="-1", init="xavier"), figures)
    assert {"He init", "centred inputs", "no negative bias"} <= set(labels)


def test_the_variants_are_over_eight_seeds_where_that_is_quick_and_asked_for_where_not(
    tab, figures, cold, monkeypatch
):
    labels, dots = bars(tab(HELPS, **QUICK), figures)
    assert len(dots) == 8 * len(labels)
    monkeypatch.setattr("pages.parts.compare.UNASKED", 0)
    at = tab(HELPS, **QUICK | {"steps": "10"})
    assert "dead_relus.variants" not in figures(at)
    at.button(key="dead_relus.variants.seeds.run").click().run()
    assert not at.exception
    assert "dead_relus.variants" in figures(at)


def test_momentum_and_clipping_are_among_the_remedies_where_they_change_something(tab, figures):
    labels, _ = bars(tab(HELPS, **QUICK), figures)
    assert {"no momentum", "clip norm 0.1"} <= set(labels)
    labels, _ = bars(tab(HELPS, **QUICK, optimizer="adam", clip_norm="0.1"), figures)
    assert not {"no momentum", "clip norm 0.1"} & set(labels)


def test_each_suspect_is_changed_alone_when_asked(page, figures, cold):
    at = page(PAGE, **QUICK, bias="-1")
    assert "dead_relus.suspects.chart" not in figures(at)
    at.button(key="dead_relus.suspects.run").click().run()
    assert not at.exception
    labels = figures(at)["dead_relus.suspects.chart"]["layout"]["yaxis"]["ticktext"]
    assert len(labels) == len(suspected(at.session_state["dead_relus"]).cases) == 4


def test_of_trainings_that_diverge_nobody_is_suspected(page, figures, cold):
    at = page(PAGE, **QUICK | {"dataset": "curve", "learning_rate": "100"})
    at.button(key="dead_relus.suspects.run").click().run()
    assert not at.exception
    assert [info for info in at.info if "8 of the 8 trainings diverge" in info.value]
    assert "dead_relus.suspects.chart" not in figures(at)


def test_units_are_killed_when_asked_in_the_layer_of_choice_and_the_guess_is_answered(tab, figures, cold):
    at = tab(CAN_DIE, **QUICK)
    assert "dead_relus.kill.chart" not in figures(at)
    at.number_input(key="dead_relus.kill.2.12.guess").set_value(5).run()
    at.button(key="dead_relus.kill.run").click().run()
    assert not at.exception
    assert "layer 2" in figures(at)["dead_relus.kill.chart"]["layout"]["meta"]["title"]
    assert [text for text in at.markdown if text.value.startswith("**Your guess: 5 of 12.**")]
    assert [text for text in at.markdown if text.value == "Dead units make a network worse."]
    assert [text for text in at.markdown if "above with learning rate 0.1 (was 1)" in text.value]
    at.number_input(key="dead_relus.kill.2.12.layer").set_value(1).run()
    assert "dead_relus.kill.chart" not in figures(at)
    at.button(key="dead_relus.kill.run").click().run()
    assert "layer 1" in figures(at)["dead_relus.kill.chart"]["layout"]["meta"]["title"]


@pytest.mark.parametrize(
    "change", [{"activation": "gelu"}, {"dataset": "curve", "learning_rate": "3"}], ids=str
)
def test_units_can_be_killed_in_every_kind_of_network(tab, figures, change):
    at = tab(CAN_DIE, **QUICK | change)
    at.button(key="dead_relus.kill.run").click().run()
    assert not at.exception
    assert "dead_relus.kill.chart" in figures(at)


@pytest.mark.parametrize("number", [KILLS, RETURNS, HINGES_TAB])
def test_what_ignores_the_sidebar_says_so(tab, number):
    at = tab(number, **QUICK)
    said = [text.value for text in (*at.markdown, *at.caption)]
    assert [text for text in said if "Not the experiment above" in text]


def test_one_seed_of_a_chaotic_run_is_said_to_prove_nothing(tab, monkeypatch):
    monkeypatch.setattr("pages.parts.compare.UNASKED", 0)
    chaotic = dict(activation="tanh", init="normal", gain="3", depth="12", samples="128", steps="60")
    at = tab(HELPS, **chaotic, width="32", learning_rate="0.05")
    at.button(key="dead_relus.one_variant.after.run").click().run()
    assert [text for text in at.caption if "is chaotic" in text.value and "one seed proves" in text.value]
    at = tab(HELPS, **QUICK, learning_rate="0.01")
    at.button(key="dead_relus.one_variant.after.run").click().run()
    assert not [text for text in at.caption if "is chaotic" in text.value]


def test_silenced_units_come_back_when_asked(tab, figures, cold, monkeypatch):
    quick = {name: e.but(depth=2, width=16, steps=20) for name, e in REVIVALS.items()}
    monkeypatch.setattr("core.lessons.dead_relus.settings.REVIVALS", quick)
    at = tab(RETURNS, **QUICK)
    at.button(key="dead_relus.revival.run").click().run()
    assert not at.exception
    chart = figures(at)["dead_relus.revival.chart"]
    assert len(chart["data"]) == sum(e.depth for e in quick.values())
    first = [trace for trace in chart["data"] if trace["name"] == "layer 1"]
    assert not np.concatenate([trace["y"] for trace in first]).any()
    units = 16 * 8 * sum(e.depth for e in quick.values())
    assert [text for text in at.markdown if f"**none of {units} units** are back" in text.value]


def test_the_hinges_follow_their_own_learning_rate(tab, figures):
    at = tab(HINGES_TAB, **QUICK)
    before = figures(at)["dead_relus.line"]["layout"]["meta"]["title"]
    at.select_slider(key="dead_relus.line.rate").set_value(0.01).run()
    assert not at.exception
    assert figures(at)["dead_relus.line"]["layout"]["meta"]["title"] != before
    at.select_slider(key="dead_relus.line.rate").set_value(5.0).run()
    assert not at.exception
    assert "diverges" in figures(at)["dead_relus.line"]["layout"]["meta"]["title"]


def test_a_dead_unit_points_away_from_all_data(tab, figures, the):
    [line, _] = HINGES
    drawn = figures(tab(HINGES_TAB))["dead_relus.line"]
    units, x = the(drawn, name="units"), np.asarray(the(drawn, name="data")["x"])
    place, symbol = np.asarray(units["x"]), np.asarray(units["marker"]["symbol"])
    dead = np.asarray(units["marker"]["color"]) == "#D55E00"
    assert dead.any() and not dead.all() and len(x) == line.samples
    active = np.where(symbol == "triangle-right", place < x.max(), place > x.min())
    assert (active == ~dead).all()
