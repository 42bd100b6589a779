"""Every probe against its formula in numpy, on small random tensors and where there is nothing to say."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.engine import probes
from core.engine.activations import ACTIVATIONS
from core.engine.network import Stack
from core.engine.probes import PROBES, SAMPLED, Seen, histogram
from core.engine.train import batches
from core.experiment import Experiment
from core.run import DELTA_EDGES, PRE_ACTIVATION_EDGES, activation_edges
from core.slopes import ACTIVATIONS as SLOPES

NETWORKS, UNITS, INPUTS, BATCH = 3, 5, 4, 7


def drawn(name="tanh", dtype=torch.float64):
    """What a layer of three networks might have seen."""
    rng = np.random.default_rng(0)

    def tensor(*shape):
        return torch.tensor(rng.normal(size=(NETWORKS, *shape)), dtype=dtype)

    z = 2 * tensor(UNITS, BATCH)
    a = torch.empty_like(z)
    ACTIVATIONS[name].forward(z, a)
    return Seen(
        name=name,
        pre_activation=z,
        activation=a,
        delta=tensor(UNITS, BATCH),
        active=torch.tensor([[0, 0.5, 1, 0, 0.1], [1] * 5, [0] * 5], dtype=dtype),
        weight=tensor(UNITS, INPUTS),
        gradient=tensor(UNITS, INPUTS),
        start=tensor(UNITS, INPUTS),
        updated=tensor(UNITS, INPUTS),
    )


def frobenius(x):
    return np.sqrt(np.sum(x**2))


def share_of_flat(seen, k):
    slope = np.abs(SLOPES[seen.name][1](seen.pre_activation[k].numpy()))
    return np.mean(slope < 0.06 * (0.25 if seen.name == "sigmoid" else 1))


FORMULAS = {
    "activation_mean": lambda s, k: np.mean(s.activation[k].numpy()),
    "activation_std": lambda s, k: np.sqrt(np.mean(np.var(s.activation[k].numpy(), axis=1))),
    "delta_norm": lambda s, k: np.sqrt(np.mean(s.delta[k].numpy() ** 2)),
    "weight_grad_norm": lambda s, k: frobenius(s.gradient[k].numpy()),
    "weight_norm": lambda s, k: frobenius(s.weight[k].numpy()),
    "update_ratio": lambda s, k: (
        frobenius((s.updated - s.weight)[k].numpy()) / frobenius(s.weight[k].numpy())
    ),
    "weight_moved": lambda s, k: frobenius((s.weight - s.start)[k].numpy()) / frobenius(s.start[k].numpy()),
    "saturated_fraction": share_of_flat,
    "dead_fraction": lambda s, k: np.mean(s.active[k].numpy() == 0),
}


def test_every_probe_has_a_formula():
    assert FORMULAS.keys() == PROBES.keys()


@pytest.mark.parametrize("name", PROBES)
def test_it_is_its_formula_for_every_network(name):
    seen = drawn()
    found = PROBES[name](seen)
    assert (found.shape, found.dtype) == ((NETWORKS,), torch.float64)
    expected = [FORMULAS[name](seen, k) for k in range(NETWORKS)]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_saturated_is_where_the_slope_is_flat(activation):
    seen = drawn(activation)
    expected = [share_of_flat(seen, k) for k in range(NETWORKS)]
    np.testing.assert_allclose(probes.saturated_fraction(seen), expected, rtol=1e-12)


@pytest.mark.parametrize("name", PROBES)
def test_no_probe_changes_what_was_seen(name):
    seen = drawn()
    PROBES[name](seen)
    fresh = vars(drawn())
    for field, value in vars(seen).items():
        assert value == fresh[field] if field == "name" else torch.equal(value, fresh[field])


@pytest.mark.parametrize("name", PROBES)
def test_a_network_that_is_not_a_number_harms_no_neighbour(name):
    seen, expected = drawn(), PROBES[name](drawn())
    for field in vars(seen).keys() - {"name"}:
        getattr(seen, field)[1] = torch.nan
    found = PROBES[name](seen)
    assert torch.equal(found[[0, 2]], expected[[0, 2]])
    assert found[1].isnan() or name == "saturated_fraction"


@pytest.mark.parametrize(("probe", "nothing"), [("update_ratio", "weight"), ("weight_moved", "start")])
def test_nothing_is_said_relative_to_nothing(probe, nothing):
    seen = drawn()
    getattr(seen, nothing)[0] = 0
    assert PROBES[probe](seen).isnan().tolist() == [True, False, False]


WHERE = {
    "activation_std": "activation",
    "delta_norm": "delta",
    "weight_grad_norm": "gradient",
    "weight_norm": "weight",
}


@pytest.mark.parametrize("probe", WHERE)
def test_the_squares_of_a_vanished_signal_do_not_underflow(probe):
    field = WHERE[probe]
    seen = drawn(dtype=torch.float32)
    small = replace(seen, **{field: getattr(seen, field) * 1e-30})
    np.testing.assert_allclose(PROBES[probe](small), 1e-30 * PROBES[probe](seen), rtol=1e-6)


@pytest.mark.parametrize(("dtype", "step"), [(torch.float32, 2.0**-24), (torch.float64, 2.0**-53)])
def test_the_spread_of_samples_that_differ_in_their_last_digit_is_exact(dtype, step):
    """Some samples one step of the format above 0.5625, so that their mean is no number of the format."""
    seen = drawn(dtype=dtype)
    seen.activation[:] = 0.5625
    seen.activation[..., : BATCH // 2] += step
    share = BATCH // 2 / BATCH
    np.testing.assert_allclose(probes.activation_std(seen), step * (share - share**2) ** 0.5, rtol=1e-12)


def test_samples_that_all_look_the_same_have_no_spread():
    """A sigmoid stack tells its inputs apart in layer 1, but not in layer 10, where units still differ."""
    e = Experiment(activation="sigmoid", init="xavier", steps=1)
    stack = Stack([e])
    stack.forward(*next(batches(stack)))
    first, last = (replace(drawn("sigmoid"), activation=stack.activated[layer]) for layer in (0, e.depth - 1))
    assert last.activation.std() > 0.01
    assert probes.activation_std(first) > 0.01
    assert probes.activation_std(last) < 1e-5


def test_a_unit_of_which_nothing_is_known_makes_the_share_of_dead_ones_unknown():
    seen = drawn()
    seen.active[0, 2] = torch.nan
    assert probes.dead_fraction(seen).isnan().tolist() == [True, False, False]


EDGES = {
    "tanh": activation_edges("tanh"),
    "sigmoid": activation_edges("sigmoid"),
    "unbounded": activation_edges("relu"),
    "pre-activation": PRE_ACTIVATION_EDGES,
    "delta": DELTA_EDGES,
}


@pytest.mark.parametrize("kind", EDGES)
def test_a_histogram_counts_what_numpy_counts(kind):
    edges, rng = EDGES[kind], np.random.default_rng(0)
    signal = rng.normal(size=(2, NETWORKS, UNITS, BATCH)) * 10.0 ** rng.integers(
        -4, 4, (2, NETWORKS, UNITS, BATCH)
    )
    found = histogram(torch.tensor(signal), edges)
    assert found.shape == (NETWORKS, 2, len(edges) + 1)
    for layer in range(2):
        for k in range(NETWORKS):
            counts, _ = np.histogram(signal[layer, k], [-np.inf, *edges, np.inf])
            np.testing.assert_allclose(found[k, layer], counts / (UNITS * BATCH), rtol=1e-6)


def test_a_value_on_an_edge_counts_below_it_and_infinity_in_the_last_bin():
    signal = torch.tensor([[[[-1.0, 0.0, 0.5, torch.inf]]]])
    found = histogram(signal, np.array([-1.0, 0.0, 1.0]))
    assert found[0, 0].tolist() == [0.25, 0.25, 0.25, 0.25]


def test_what_is_not_a_number_is_in_no_bin():
    signal = torch.tensor([[[[torch.nan, 0.0, 3.0, torch.nan]]]])
    assert histogram(signal, np.array([1.0]))[0, 0].tolist() == [0.25, 0.25]


def test_only_the_first_samples_are_counted():
    signal = torch.ones(1, 1, 2, SAMPLED + 5)
    signal[..., SAMPLED:] = -1
    assert histogram(signal, np.array([0.0]))[0, 0].tolist() == [0, 1]
