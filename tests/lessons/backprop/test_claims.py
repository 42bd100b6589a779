"""The verdicts on the textbook's sentences, and that the evidence has the numbers that science gives."""

import numpy as np
import pytest

from core.lessons.backprop.claims import CLAIMS, FUNCTIONS, judge, tried, verdicts

WORDS = {
    "Backpropagation avoids an exponential number": "holds only when",
    "If it is differentiable": "holds only when",
    "What is not differentiable": "holds only when",
    "A network whose weights all start at zero": "holds only when",
    "Units that start equal": "holds",
    "The backward pass costs twice": "holds only when",
    "Finite differences show": "holds only when",
    "Without zero_grad": "holds only when",
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
    ladder, deep, three, small = judge(claim("Backpropagation avoids")).outcomes
    assert ladder.sentence.startswith("65,535 calls without recording, 15 with")
    assert deep.sentence == "2.7e36 paths through 78,016 edges"
    assert three.sentence == "54 paths through 27 edges"
    assert not small.holds


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
    assert kink.sentence == "backpropagation 0, central difference 0.5"
