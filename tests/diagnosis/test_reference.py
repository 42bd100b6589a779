"""The yardstick: what it reaches where the answer is known, and what it cannot."""

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from core.data import DATASETS
from core.diagnosis.reference import _best, reference
from core.experiment import Experiment
from core.lessons.feature_scaling.houses import Houses

START = Experiment(samples=128, noise=0.05)


def test_it_leaves_out_one_row_as_a_loop_does():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(20, 2)), rng.normal(size=(20, 1))
    kernel = np.exp(-((x[:, None] - x) ** 2).sum(axis=2))
    found, _ = _best([kernel], [kernel], y)
    errors = {}
    for ridge in np.logspace(-4, 2, 13):
        model = KernelRidge(alpha=ridge, kernel="rbf", gamma=1)
        expected = cross_val_predict(model, x, y, cv=LeaveOneOut())
        errors[np.mean((expected - y) ** 2)] = expected
    np.testing.assert_allclose(found, errors[min(errors)], rtol=1e-6)


@pytest.mark.parametrize("dataset", DATASETS)
def test_what_can_be_learned_from_the_data_is(dataset):
    known = reference(START.but(dataset=dataset, samples=256, features=3 if dataset == "gaussians" else 0))
    assert 0 <= known.train < 0.45
    assert 0 <= known.held_out < 0.45


@pytest.mark.parametrize("changes", [dict(label_noise=0.5), dict(dataset="blobs", noise=2)], ids=str)
def test_noise_is_not_learned(changes):
    known = reference(START.but(**changes))
    assert min(known.train, known.held_out) > 0.8


def test_label_noise_counts_where_it_is():
    """Held-out labels are right: the same answers lose less on them."""
    known = reference(START.but(label_noise=0.3, samples=256))
    assert known.held_out < 0.75 < known.train


def test_size_and_place_of_features_and_target_make_no_difference():
    e = START.but(dataset="curve", noise=0.2)
    moved = e.but(input_scale=1000, input_shift=50, target_scale=100, target_shift=-3)
    np.testing.assert_allclose(reference(moved)[:2], reference(e)[:2], rtol=1e-5)


def test_a_table_has_one_unless_cells_are_missing():
    assert reference(Houses(samples=128, scaling="log_clip_zscore")).held_out < 0.5
    assert reference(Houses(samples=128, missing=1)) is None
