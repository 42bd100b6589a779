"""The verdicts on the textbook's sentences, and that the evidence has the numbers that science gives."""

import numpy as np
import pytest

from core.diagnosis.claims import TRUE, TRUE_IF
from core.lessons.backprop import paths
from core.lessons.backprop.check import gradient_check
from core.lessons.backprop.claims import CLAIMS, FUNCTIONS, judge, tried, verdicts
from core.lessons.backprop.expression import parse
from core.lessons.backprop.graph import backward, forward
from core.lessons.backprop.settings import Passes
from core.words import short

WORDS = {
    "How dynamic programming": TRUE_IF,
    "If it's differentiable": TRUE_IF,
    "What is not differentiable": TRUE_IF,
    "Where all weights start at zero": TRUE_IF,
    "Units that start equal": TRUE,
    "The backward pass costs twice": TRUE_IF,
    "Finite differences show": TRUE_IF,
    "Without zero_grad": TRUE_IF,
}


def claim(start):
    return next(claim for claim in CLAIMS if claim.sentence.startswith(start))


@pytest.mark.parametrize("start", WORDS)
def test_verdicts(start):
    assert judge(claim(start)).word == WORDS[start]


def test_every_sentence_is_judged_in_order():
    ticks = []
    found = verdicts(lambda: ticks.append(1))
    assert [[o.condition for o in verdict.outcomes] for verdict in found] == [list(c.cases) for c in CLAIMS]
    assert len(ticks) == len(CLAIMS) == len(WORDS)


def test_recording_saves_the_calls_that_are_counted():
    ladder, deep, three, small, product = judge(claim("How dynamic programming")).outcomes
    values = paths.ladder(15)
    without, recorded = paths.ladder_without_recording(values), paths.ladder_with_recording(values)
    assert (without[1], recorded[1]) == (2**16 - 1, 15)
    assert recorded[0] == pytest.approx(without[0], rel=1e-12)
    assert f"{2**16 - 1:,} calls without recording, 15 with;" in ladder.sentence
    graphs = {small: Passes().graph, product: parse("x*w")}
    for outcome, graph in graphs.items():
        leaves = dict.fromkeys(graph.leaves, 0.5)
        by_path = sum(len(way.factors) for leaf in graph.leaves for way in paths.paths(graph, leaves, leaf))
        by_edge = len(backward(graph, forward(graph, leaves))) - 1
        assert outcome.sentence == (
            f"{short(by_path)} multiplications path by path, {short(by_edge)} edge by edge"
        )
        assert outcome.holds == (by_edge < by_path)
    assert [o.holds for o in (ladder, deep, three, small, product)] == [True, True, True, True, False]


def test_three_odd_functions_learn_and_a_step_does_not_move():
    runs = tried()
    assert [name for name, run in runs.items() if run.loss[-1] < 0.01 * run.loss[0]] == list(FUNCTIONS)[:3]
    step = runs["a step"]
    assert (step.loss == step.loss[0]).all()
    assert all((path == path[0]).all() for path in step.paths.values())
    steep = runs["a steep sigmoid"]
    assert np.ptp(steep.paths["w"]) < 1e-6


def test_a_kink_has_no_gradient_to_agree_on():
    smooth, kink = judge(claim("Finite differences")).outcomes
    assert smooth.holds
    assert not kink.holds
    check = gradient_check(parse("relu(x) * 1"), {"x": 0.0}, {"x": 1.0})
    assert check.exact == 0
    np.testing.assert_allclose(check.central, 0.5)
    assert "backpropagation 0," in kink.sentence and "difference 0.5" in kink.sentence
