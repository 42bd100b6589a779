"""The data: its shapes, its noise, its scaling, and that every random number has its own stream."""

import numpy as np
import pytest

from core import data
from core.data import DATASETS, SCALERS, load, stream
from core.experiment import Experiment

START = Experiment(samples=512)
PLAIN = [Experiment(dataset=name, samples=512) for name in DATASETS]
CLASSES = [e for e in PLAIN if e.loss != "mse"]


def name(e):
    return e.dataset


@pytest.mark.parametrize("samples", [32, 4096])
@pytest.mark.parametrize("e", PLAIN, ids=name)
def test_both_sets_are_as_large_as_asked_for(e, samples):
    sets = load(e.but(samples=samples))
    for x, y in ((sets.x_train, sets.y_train), (sets.x_test, sets.y_test)):
        assert (x.shape, x.dtype) == ((samples, e.inputs), np.float64)
        assert y.shape == (samples,)
        assert np.isfinite(x).all()
    assert sets.y_train.dtype == sets.y_test.dtype == (float if e.loss == "mse" else int)


@pytest.mark.parametrize(("dataset", "features"), [("xor", 64), ("blobs", 1), ("gaussians", 3)])
def test_features_are_as_many_as_asked_for(dataset, features):
    assert load(Experiment(dataset=dataset, features=features)).x_train.shape == (512, features)


@pytest.mark.parametrize("e", CLASSES, ids=name)
def test_classes_are_of_about_equal_size(e):
    for y in (load(e).y_train, load(e).y_test):
        shares = np.bincount(y, minlength=DATASETS[e.dataset].classes) / e.samples
        np.testing.assert_allclose(shares, 1 / DATASETS[e.dataset].classes, atol=0.06)


@pytest.mark.parametrize("e", PLAIN, ids=name)
def test_the_held_out_set_is_other_data_of_the_same_kind(e):
    sets = load(e.but(noise=0.01, samples=4096))
    assert not set(sets.x_train[:, 0]) & set(sets.x_test[:, 0])
    np.testing.assert_allclose(sets.x_train.mean(axis=0), sets.x_test.mean(axis=0), atol=0.1)
    np.testing.assert_allclose(sets.x_train.std(axis=0), sets.x_test.std(axis=0), atol=0.1)


@pytest.mark.parametrize("e", PLAIN, ids=name)
def test_a_seed_is_its_data(e):
    same, other = load(e.but(learning_rate=1, depth=3)), load(e.but(seed=1))
    for field, values in vars(load(e)).items():
        np.testing.assert_array_equal(values, getattr(same, field))
    assert not np.array_equal(load(e).x_train, other.x_train)


@pytest.mark.parametrize("e", PLAIN, ids=name)
def test_without_noise_the_label_follows_from_the_point(e):
    sets = load(e.but(noise=0, samples=128))
    x, y = sets.x_train, sets.y_train
    expected = {
        "moons": lambda: np.hypot(x[:, 0] + 0.5 - y, x[:, 1] + 0.25 - 0.5 * y).round(12) == 1,
        "circles": lambda: np.hypot(*x.T).round(12) == np.where(y, 0.5, 1),
        "xor": lambda: (x[:, 0] * x[:, 1] > 0) == y,
        "spirals": lambda: _on_arm(x, y),
        "blobs": lambda: [len(np.unique(x[y == label], axis=0)) == 1 for label in range(4)],
        "gaussians": lambda: (x[:, 0] * x[:, 1] + x[:, 2] / 2 > 0) == y,
        "curve": lambda: np.isclose(np.sin(2 * x[:, 0]), y),
        "gap": lambda: np.isclose(np.sin(2 * x[:, 0]), y) & ((x[:, 0] < -0.5) | (x[:, 0] >= 1)),
    }[e.dataset]()
    assert np.all(expected)


def _on_arm(x, y):
    radius, angle = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])
    return np.isclose(np.cos(angle), np.cos(3 * np.pi * radius + np.pi * y), atol=1e-9)


@pytest.mark.parametrize("e", PLAIN, ids=name)
def test_noise_moves_points_by_about_its_size(e):
    e = e.but(samples=4096, features=3 if e.dataset == "gaussians" else 0)
    quiet, noisy = load(e.but(noise=0)), load(e.but(noise=0.2))
    moved = noisy.y_train - quiet.y_train if e.loss == "mse" else noisy.x_train - quiet.x_train
    assert moved.std() == pytest.approx(0.2, rel=0.05)
    assert moved.mean() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("share", [0.1, 0.5])
@pytest.mark.parametrize("e", PLAIN, ids=name)
def test_label_noise_disturbs_its_share_of_the_training_labels_only(e, share):
    clean, noisy = load(e.but(samples=4096)), load(e.but(samples=4096, label_noise=share))
    for field in ("x_train", "x_test", "y_test"):
        np.testing.assert_array_equal(getattr(clean, field), getattr(noisy, field))
    if e.loss == "mse":
        assert (noisy.y_train - clean.y_train).std() == pytest.approx(share, rel=0.05)
    else:
        assert np.mean(noisy.y_train != clean.y_train) == pytest.approx(share, abs=0.03)
        assert set(noisy.y_train) == set(clean.y_train)


def test_a_larger_share_of_wrong_labels_contains_the_smaller():
    clean, few, many = (load(START.but(label_noise=share)).y_train for share in (0, 0.1, 0.3))
    assert set(np.flatnonzero(few != clean)) < set(np.flatnonzero(many != clean))


def test_inputs_are_scaled_then_shifted():
    plain, moved = load(START), load(START.but(input_scale=100, input_shift=-3))
    np.testing.assert_allclose(moved.x_train, 100 * plain.x_train - 3)
    np.testing.assert_allclose(moved.x_test, 100 * plain.x_test - 3)


@pytest.mark.parametrize("e", [e.but(input_scale=100, input_shift=7) for e in PLAIN], ids=name)
def test_scaling_is_fitted_to_the_training_rows(e):
    raw, linear, zscore = (load(e.but(scaling=scaling)) for scaling in ("none", "linear", "zscore"))
    np.testing.assert_allclose(linear.x_train.min(axis=0), -1, rtol=1e-9)
    np.testing.assert_allclose(linear.x_train.max(axis=0), 1, rtol=1e-9)
    np.testing.assert_allclose(zscore.x_train.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(zscore.x_train.std(axis=0), 1, rtol=1e-9)
    for sets in (linear, zscore):
        slope, offset = np.polyfit(raw.x_train[:, 0], sets.x_train[:, 0], 1)
        np.testing.assert_allclose(sets.x_test[:, 0], slope * raw.x_test[:, 0] + offset, atol=1e-9)


@pytest.mark.parametrize("dataset", ["curve", "gap"])
def test_targets_are_scaled_then_shifted_after_the_noise(dataset):
    e = Experiment(dataset=dataset, label_noise=0.3)
    plain, moved = load(e), load(e.but(target_scale=100, target_shift=-3))
    np.testing.assert_allclose(moved.y_train, 100 * plain.y_train - 3)
    np.testing.assert_allclose(moved.y_test, 100 * plain.y_test - 3)
    np.testing.assert_array_equal(moved.x_train, plain.x_train)


@pytest.mark.parametrize("changes", [{}, {"target_scale": 1e-3, "target_shift": 10}], ids=str)
def test_target_scaling_is_fitted_to_the_training_rows(changes):
    e = Experiment(dataset="curve", label_noise=0.3)
    plain, scaled = load(e), load(e.but(target_scaling="zscore", **changes))
    mean, deviation = plain.y_train.mean(), plain.y_train.std()
    np.testing.assert_allclose(scaled.y_train, (plain.y_train - mean) / deviation, atol=1e-9)
    np.testing.assert_allclose(scaled.y_test, (plain.y_test - mean) / deviation, atol=1e-9)


@pytest.mark.parametrize("e", CLASSES, ids=name)
def test_a_class_has_no_scale(e):
    moved = load(e.but(target_scale=100, target_shift=-3, target_scaling="zscore"))
    for field, values in vars(load(e)).items():
        np.testing.assert_array_equal(getattr(moved, field), values)


def test_every_use_and_layer_has_its_own_stream():
    keys = [(seed, use, layer) for seed in range(3) for use in range(5) for layer in range(3)]
    draws = [tuple(stream(*key).random(4)) for key in keys]
    assert len(set(draws)) == len(draws)
    assert draws == [tuple(stream(*key).random(4)) for key in keys]
    assert len({data.DATA, data.LABEL_NOISE, data.WEIGHTS, data.DROPOUT, data.BATCHES}) == 5


def test_no_dataset_or_scaler_changes_what_it_is_given():
    x = np.arange(12.0).reshape(6, 2)
    for scaler in SCALERS.values():
        scaler(x, x[:3])
    np.testing.assert_array_equal(x, np.arange(12.0).reshape(6, 2))
