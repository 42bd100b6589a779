"""What twins say of a run: whether it is chaotic, and how long page and script agree."""

from dataclasses import replace

import numpy as np
import pytest

from core.diagnosis import chaos
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.feature_scaling.houses import Houses

CALM = {
    "sigmoid that learns nothing": Experiment(activation="sigmoid", init="xavier", steps=30, samples=64),
    "linear": Experiment(activation="identity", depth=1, steps=30, samples=64),
    "float64": Experiment(
        activation="tanh", init="xavier", depth=2, steps=30, samples=64, precision="float64"
    ),
    "a table": Houses(samples=64, steps=30, scaling="zscore"),
}
CHAOTIC = Experiment(activation="tanh", init="normal", gain=3, depth=12, steps=60, samples=128)
SHORT = Experiment(depth=1, width=2, samples=32, steps=40)
LOSS = np.linspace(1, 0.3, 40)


def ended(loss, e=SHORT):
    """A run with these losses, that diverged where they are no longer finite."""
    [run] = train([e], 2)
    finite = np.isfinite(loss)
    return replace(
        run,
        loss=np.array(loss, dtype="float32"),
        train_loss=np.array([loss[0], loss[-1]]),
        diverged_at=None if finite.all() else int(np.argmin(finite)),
    )


def found(**changes):
    start = dict(script_leaves=40, leaves=40, chaotic=False, end=0.3, diverged_at=None)
    return chaos.Sensitivity(**start | changes)


@pytest.mark.parametrize("kind", CALM)
def test_a_calm_run_is_called_calm_and_the_script_is_promised_to_agree_to_the_end(kind):
    [run] = train([CALM[kind]])
    said = chaos.sensitivity(run)
    assert not said.chaotic
    assert said.script_leaves == said.leaves == len(run.loss)
    assert chaos.of_run(run, said) == ""
    assert "agree to 1 % in the loss of every step. " in chaos.of_script(run, said)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_chaotic_run_is_called_chaotic(seed):
    [run] = train([CHAOTIC.but(seed=seed)])
    said = chaos.sensitivity(run)
    assert said.chaotic
    assert 0 < said.script_leaves <= said.leaves < 30
    assert f"**Chaotic from step {said.leaves} on**" in chaos.of_run(run, said)
    assert f"before step {said.script_leaves}; from there on rounding may part them" in chaos.of_script(
        run, said
    )


@pytest.mark.slow
def test_double_precision_is_chaotic_too_but_rounds_so_little_that_the_script_agrees_longer():
    [run] = train([CHAOTIC.but(precision="float64")])
    said = chaos.sensitivity(run)
    assert said.chaotic
    assert 1 < said.leaves < said.script_leaves < 30


def test_losses_are_as_far_apart_as_the_larger_is_above_the_smaller():
    a = [1, 2, 0, 0, 1, np.nan, np.nan, np.inf, 1e-12]
    b = [1.5, 1, 0, 1, np.inf, 1, np.inf, np.inf, 3e-12]
    np.testing.assert_allclose(chaos.apart(a, b), [0.5, 1, 0, np.inf, np.inf, np.inf, 0, 0, 2])
    np.testing.assert_allclose(chaos.apart(a, b, 1e-10)[[0, 3, 8]], [0.5, 1e10 - 1, 0])


def test_the_first_step_apart_is_that_of_the_twin_that_leaves_first():
    run = ended(LOSS)
    late, early = (np.where(np.arange(40) < step, LOSS, 1.02 * LOSS) for step in (6, 3))
    assert chaos.first_apart(run, [ended(1.005 * LOSS)]) == 40
    assert chaos.first_apart(run, [ended(late), ended(early)]) == 3


STEP = np.arange(len(LOSS))


@pytest.mark.parametrize(
    ("loss", "twin", "other_course"),
    [
        (LOSS, np.where(STEP == 30, 3 * LOSS, LOSS), False),
        (LOSS, np.where(STEP > 30, 1.1 * LOSS, LOSS), True),
        (LOSS, np.where(STEP > 30, np.nan, LOSS), True),
        (np.where(STEP < 20, LOSS, np.nan), np.where(STEP < 21, LOSS, np.nan), False),
        (np.where(STEP < 20, LOSS, np.nan), np.where(STEP < 25, LOSS, np.nan), True),
        (np.full(len(LOSS), np.nan), np.full(len(LOSS), np.nan), False),
        (np.where(STEP < 20, LOSS, 1e-14), np.where(STEP < 20, LOSS, 5e-14), False),
    ],
    ids=["a spike", "another end", "divergence", "a step later", "much later", "at once", "next to nothing"],
)
def test_another_course_is_one_that_is_off_for_long(loss, twin, other_course):
    assert chaos.elsewhere(ended(loss), ended(twin)) == other_course


DIVERGED = np.where(STEP < 5, LOSS, np.nan)
ENDS = [
    (LOSS, dict(end=0.52), "ends at a training loss of 0.52, not 0.3."),
    (LOSS, dict(end=0.3004), "takes another course, though it too ends at a training loss of 0.3."),
    (LOSS, dict(end=np.inf, diverged_at=6), "diverges at step 6; this run ends at a training loss of 0.3."),
    (DIVERGED, dict(end=0.52), "ends at a training loss of 0.52; this run diverges at step 5."),
    (DIVERGED, dict(end=np.inf, diverged_at=6), "diverges at step 6, not 5."),
    (DIVERGED, dict(end=np.inf, diverged_at=5), "takes another course, though it too diverges at step 5."),
]


@pytest.mark.parametrize(("loss", "twin", "sentence"), ENDS)
def test_the_twin_of_a_chaotic_run_is_told_to_its_end(loss, twin, sentence):
    said = chaos.of_run(ended(loss), found(leaves=3, chaotic=True, **twin))
    assert said.startswith(
        "**Chaotic from step 3 on**: a copy whose first weights differ by 1 part in 10 million "
    )
    assert said.endswith(sentence)


@pytest.mark.parametrize(
    ("loss", "twins", "sentence"),
    [
        (LOSS, {}, "in the loss of every step. "),
        (DIVERGED, {}, "in the loss of every step, up to the divergence at step 5. "),
        (
            LOSS,
            dict(script_leaves=4),
            "every step before step 4; from there on rounding may part them. ",
        ),
        (LOSS, dict(script_leaves=4, chaotic=True), "before step 4; from there on rounding may part them. "),
        (LOSS, dict(script_leaves=0, chaotic=True), "more than 1 % apart from the first loss on. "),
    ],
)
def test_how_long_page_and_script_agree(loss, twins, sentence):
    assert sentence in chaos.of_script(ended(loss), found(**twins))


def test_the_size_of_the_change_is_said_for_both_precisions():
    double = SHORT.but(precision="float64")
    assert "differ by 1 part in 1 million; rounding is less" in chaos.of_script(ended(LOSS), found())
    assert "differ by 1 part in 5×10¹⁴; rounding is less" in chaos.of_script(ended(LOSS, double), found())


def test_seeds_are_told_by_their_median_and_those_that_diverge_are_counted():
    runs = [ended(LOSS * factor) for factor in (1, 2, 4, 3.04)]
    end = "the training loss at the end has the median 0.76, from 0.3 to 1.2."
    assert chaos.of_seeds(runs) == f"Over 4 seeds {end}"
    assert (
        chaos.of_seeds([*runs, ended(DIVERGED)]) == f"Over 5 seeds 1 of 5 runs diverges; in the others {end}"
    )
    assert chaos.of_seeds(2 * [ended(DIVERGED)]) == "Over 2 seeds every run diverges."
