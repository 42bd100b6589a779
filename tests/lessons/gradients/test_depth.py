"""How deep it trains, against 6 xi; chi against mean-field theory; what rescues and what does not."""

import numpy as np
import pytest

from core import theory
from core.engine.train import train
from core.lessons.gradients import depth
from core.lessons.gradients.charts.depth_map import depth_map as map_chart
from core.lessons.gradients.charts.rescues import rescues as chart
from core.lessons.gradients.measured import chi
from core.lessons.gradients.measured.rescues import UNCHANGED, rescues, said
from core.lessons.gradients.settings import CHANGES, DEFAULT
from core.run import ENDS
from core.sweep import Sweep


def test_the_finer_map_holds_the_coarser():
    for activation in ("tanh", "sigmoid", "gelu"):
        coarse, fine = (depth.grid(activation, finer) for finer in (False, True))
        assert set(coarse.experiments) < set(fine.experiments)
        assert len(depth.cells(fine)) * depth.SEEDS == len(fine.experiments)


def test_the_middle_of_the_map_is_the_edge_of_chaos():
    gains = depth.gains("sigmoid", False)
    assert gains[len(gains) // 2] == pytest.approx(theory.critical_sigma_w("sigmoid"), rel=1e-3)


def test_trained_depth_ends_at_the_first_that_fails():
    left = np.array([[0.49, 0.51], [0, 0], [0.9, 0], [0, 0]])[:, :, None].repeat(2, axis=2)
    assert depth.trained_depth(left, (2, 4, 8, 16)).tolist() == [4, 0]
    left[0, 0, 0] = np.nan
    assert depth.trained_depth(left, (2, 4, 8, 16)).tolist() == [0, 0]


def mapped(*reached):
    """A map of these depths reached over as many sigma_w, with one cell lost."""
    gains, depths = np.arange(1.0, len(reached) + 1), np.array([4, 8, 14])
    left = np.where(depths[:, None] <= np.array(reached), 0.1, np.inf)
    one = depth.MAP.but(activation="tanh")
    return depth.DepthMap(one, depths, gains, left, np.isinf(left), np.array(reached), np.log(4))


@pytest.mark.parametrize(
    ("reached", "title"),
    [
        ((4, 8, 4), "Up to 8 tanh layers learn, with σ_w = 2; 4 with 1, 4 with 3"),
        (
            (4, 14, 14, 14),
            "Up to 14 tanh layers learn (more were not tried), with σ_w = 2 to 4; 4 with 1, 14 with 4",
        ),
        ((8, 4, 8), "Up to 8 tanh layers learn, with σ_w = 1, 3; 8 with 1, 8 with 3"),
        ((0, 0, 0), "None of these tanh networks learns, not even with 4 layers"),
    ],
)
def test_the_map_says_what_it_shows_and_on_which_data(reached, title):
    found = mapped(*reached)
    gains = found.gains
    figure = map_chart(found, depth.Expected(6 * gains, gains, 6 * gains, None))
    assert figure.layout.meta["title"] == title
    how = figure.layout.meta["how"]
    assert "on blobs, 20 features and 4 classes, after 100 steps" in how
    assert "below 0.5, a loss of 0.693, counts as learned" in how
    assert figure.data[0].z.max() <= 1 and np.isfinite(figure.data[0].z).all()


@pytest.mark.slow
@pytest.mark.parametrize("square", [0.3, 0.5, 0.7])
def test_vanishing_tanh_trains_up_to_about_six_xi(square):
    """Schoenholz et al. 2017: about 6 xi; depths are two apart."""
    gain = square**0.5
    predicted = theory.trainable_depth("tanh", gain)
    depths = tuple(range(2, 2 * round(predicted) + 2, 2))
    sweep = Sweep.over(depth.MAP.but(activation="tanh"), depth=depths, gain=[gain], seed=range(2))
    [reached] = depth.depth_map(sweep, train(sweep.experiments, ENDS)).reached
    assert predicted / 1.25 < reached < predicted * 1.75


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_chi_is_that_of_mean_field_theory(activation):
    """Science VG6: within 10 %, on both sides of the edge."""
    edge = theory.critical_sigma_w(activation)
    gains = (0.4 * edge, 0.8 * edge, 1.2 * edge, 2.4 * edge)
    measured = chi.measured_chi(activation, gains)
    predicted = [theory.chi(theory.fixed_point(activation, w), activation, w) for w in gains]
    np.testing.assert_allclose(np.exp(np.log(measured).mean(axis=1)), predicted, rtol=0.1)
    assert predicted[1] < 1 < predicted[2]


SAVES = ("He initialization", "residual connections", "batch normalization", "Adam")
FAILS = ("leaky ReLU", "GELU", "tanh", "10 × learning rate")


@pytest.fixture(scope="module")
def rescued():
    """What these changes do over two seeds, on a quarter of the samples."""
    start = DEFAULT.but(samples=128)
    tried = ("as it is", *SAVES, *FAILS)
    few = Sweep.made(
        lambda change, seed: start.but(**CHANGES[change], seed=seed), change=tried, seed=range(2)
    )
    return rescues(few, train(few.experiments, ENDS))


@pytest.mark.slow
@pytest.mark.parametrize("name", SAVES)
def test_what_rescues_a_stuck_network(rescued, name):
    assert said(CHANGES[name]) in rescued.always


@pytest.mark.slow
@pytest.mark.parametrize("name", ["as it is", *FAILS])
def test_what_does_not(rescued, name):
    assert (rescued.loss[rescued.names.index(said(CHANGES[name]))] > 0.65).all()


@pytest.mark.slow
def test_only_changes_count_as_rescues(rescued):
    assert rescued.names[0] == UNCHANGED
    assert set(rescued.never) == {said(CHANGES[name]) for name in FAILS}
    title = chart(rescued).layout.meta["title"]
    assert f"{len(FAILS)} of {len(SAVES) + len(FAILS)} changes never do" in title


def test_a_row_names_every_setting_it_changes():
    assert said({}) == UNCHANGED
    assert said({"init": "he"}) == "He initialization"
    assert said({"optimizer": "adam", "learning_rate": 0.003}) == "Adam with learning rate 0.003"


def test_theory_is_expected_on_the_gains_of_the_map():
    found = depth.expected("tanh", False)
    for gain, reach in zip(depth.gains("tanh", False), found.at, strict=True):
        assert reach == pytest.approx(theory.trainable_depth("tanh", gain))
    assert found.edge == pytest.approx(1, abs=1e-4)
    assert (np.diff(found.gains) > 0).all() and found.depths.max() > 40
