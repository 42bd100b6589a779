"""Losses and error signals of several runs: what is said of them is so, and the numbers are those drawn."""

from dataclasses import replace

import numpy as np
import pytest

from core.charts.compared import losses, signals_compared
from core.charts.runs import loss
from core.engine.train import train
from core.experiment import Experiment
from core.run import LEARNED
from core.words import short, two_digits

SMALL = Experiment(depth=3, width=8, samples=64, steps=20)
DIVERGES = SMALL.but(dataset="curve", learning_rate=100, steps=150)


@pytest.fixture(scope="module")
def run():
    return train([SMALL], 12)[0]


def ended(run, share):
    """The same run, ended at this share of what guessing loses."""
    return replace(run, train_loss=np.append(run.train_loss[:-1], np.float32(share * run.chance)))


@pytest.mark.parametrize(
    ("shares", "title"),
    [
        ([0.49], "This run learns"),
        ([0.51], "This run does not learn"),
        ([0.1, 0.4], "Both runs learn"),
        ([0.6, 0.9], "Neither run learns"),
        ([0.6, 0.4], "1 of 2 runs learns: b"),
        ([0.6, 0.9, 1.1], "None of these 3 runs learns"),
        ([0.1, 0.9, 0.2], "2 of 3 runs learn: a; c"),
        ([0.1, 0.2, 0.3], "All of these 3 runs learn"),
    ],
)
def test_who_learns_is_said_by_one_rule_and_the_rule_is_drawn(run, shares, title):
    figure = losses(dict(zip("abc", (ended(run, share) for share in shares), strict=False)))
    assert figure.layout.meta["title"] == title
    half = LEARNED * run.chance
    assert half in [line.y0 for line in figure.layout.shapes]
    assert f"below half of what guessing gives: {short(half)}" in figure.layout.meta["how"]


def test_a_dot_is_where_the_legend_says_the_run_ended():
    before, after = train([SMALL, SMALL.but(batchnorm=True)], 2)
    dots = [t for t in losses({"before": before, "after": after}).data if t.mode == "markers"]
    for run, dot in zip((before, after), dots, strict=True):
        assert (dot.x[0], dot.y[0]) == pytest.approx((SMALL.steps, run.train_loss[-1]))
        assert dot.hovertemplate.endswith(f"loss {two_digits(run.train_loss[-1])}<extra></extra>")


def test_the_run_on_the_screen_is_drawn_last_and_widest(run):
    for names in (["this run", "a", "b"], ["before", "after"]):
        current = "this run" if "this run" in names else "after"
        for figure in (losses(dict.fromkeys(names, run)), signals_compared(dict.fromkeys(names, run))):
            lines = [trace for trace in figure.data if trace.mode != "markers"]
            assert lines[-1].name.startswith(current)
            assert lines[-1].line.width > max(line.line.width for line in lines[:-1])
            ranked = sorted(lines, key=lambda line: line.legendrank)
            assert [line.name.split(":")[0] for line in ranked] == names


def test_more_runs_than_colours_can_be_drawn_and_no_other_looks_like_that_on_the_screen(run):
    runs = {"this run": run} | {f"run {i}": run for i in range(11)}
    lines = [trace for trace in losses(runs).data if trace.mode != "markers"]
    assert len(lines) == 12
    assert len({(line.line.color, line.line.width) for line in lines}) == 11
    assert [line.name.startswith("this run") for line in lines if line.line.width > 2] == [True]


def test_under_the_pointer_a_number_is_of_that_step(run):
    line, *_ = losses({"this run": run}).data
    assert line.hovertemplate == "%{xaxis.title.text} %{x}<br>this run: %{text}<extra></extra>"
    assert list(line.text) == [short(value) for value in run.loss]


def test_losses_that_cannot_be_compared_get_no_line_of_guessing(run):
    other = train([SMALL.but(dataset="curve", target_scale=10)], 2)[0]
    figure = losses({"before": run, "after": other})
    assert not figure.layout.shapes
    assert "half of what guessing gives." in figure.layout.meta["how"]


def test_the_axis_ends_where_training_did():
    [lost], [fine] = train([DIVERGES], 12), train([SMALL.but(dataset="curve")], 12)
    end = lost.diverged_at
    assert end < 50
    for figure in (loss(lost), losses({"this run": lost})):
        assert end < figure.layout.xaxis.range[1] <= max(1.25 * end, 1)
        assert f"at step {end} of 150" in figure.layout.meta["how"]
    both = losses({"before": lost, "after": fine})
    assert both.layout.xaxis.range[1] == fine.experiment.steps
    assert "cross" in both.layout.meta["how"] and "cross" not in losses({"a": fine}).layout.meta["how"]
    cross = next(trace for trace in both.data if trace.marker.symbol == "x")
    low, high = both.layout.yaxis.range
    assert low < np.log10(cross.y[0]) < high
    assert "NaN" not in both.layout.meta["title"]


def test_what_ends_beyond_the_axis_is_a_triangle(run):
    figure = losses({"before": run, "after": ended(run, 1e12)})
    high = figure.layout.yaxis.range[1]
    [dot] = [trace for trace in figure.data if trace.marker.symbol == "triangle-up"]
    assert np.log10(dot.y[0]) < high < np.log10(1e12 * run.chance)
    assert "triangle" in figure.layout.meta["how"]


def test_a_long_name_is_wrapped_in_the_legend_and_guessing_has_room_above_it(run):
    name = "ReLU activation (was sigmoid), He initialization (was Xavier), gain 1 (was 2)"
    figure = losses({"this run": run, name: run})
    assert max(len(part) for trace in figure.data for part in trace.name.split("<br>")) <= 56
    assert np.log10(run.chance) + 0.2 < figure.layout.yaxis.range[1]


def test_held_out_losses_are_dots_and_the_lines_between_are_owned_up(run, the):
    figure = loss(run)
    dots = the(figure, name="held out")
    assert "markers" in dots.mode and len(dots.x) == len(run.at)
    assert f"at {len(run.kept)} of the steps" in figure.layout.meta["how"]


def with_signal(run, *sizes):
    return replace(run, probes=run.probes | {"delta_norm": np.float32([sizes])})


def test_error_signals_are_compared_in_words_that_fit_any_pair(run):
    vanishes, even, lost = (with_signal(run, *sizes) for sizes in ((0.01, 0.1, 1), (1, 1, 1), (np.nan,) * 3))

    def title(**runs):
        return signals_compared(runs).layout.meta["title"]

    assert title(before=vanishes, after=even).endswith("per layer: before ×0.1, after ×1")
    assert title(before=lost, after=even).endswith("per layer: before not finite, after ×1")
    assert "In none of these runs" in title(before=lost, after=lost)
    assert "keeps its size best in b: ×1 per layer" in title(a=vanishes, b=even, c=lost)
    assert "starts alike: ×0.1 per layer" in title(a=vanishes, b=vanishes, c=vanishes)
    names = [line.name for line in signals_compared({"a": vanishes, "b": lost}).data]
    assert names == ["a: ×0.1", "b: not finite"]


def test_a_run_that_leaves_the_axis_goes_on_along_its_edge_and_is_marked_there(run):
    lost = replace(run, loss=np.float32([1, 1e9, 1e20, *run.loss[3:]]), diverged_at=len(run.loss))
    figure = losses({"a": run, "this run": lost})
    *_, line, cross, entries = figure.data
    low, high = figure.layout.yaxis.range
    assert line.name.startswith("this run: diverged") and cross.marker.symbol == "x"
    assert low < np.log10(line.y[1]) == np.log10(line.y[2]) < high < 4
    assert (list(entries.x), entries.marker.symbol) == ([1], "triangle-up")
    assert short(1e9) in entries.text[0] and "triangle" in figure.layout.meta["how"]
