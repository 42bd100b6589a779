"""Where float32 makes NaN, how it spreads, and which tensor has it first."""

import numpy as np
import pytest

from core.engine.train import train
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.measured.nan_trap import FACTS, facts, first_not_finite, poisoned

SMALL = Houses(samples=100, steps=30, depth=2, width=8, learning_rate=0.01, scaling="log_clip_zscore")
ANSWERS = dict(zip(FACTS, [answer for _, answer, _ in facts()], strict=True))


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("tensor(1.85e19) ** 2", "inf"),
        ("tensor(88.8).exp()", "inf"),
        ("tensor(0.0).log()", "-inf"),
        ("tensor(inf) - tensor(inf)", "nan"),
        ("0 * tensor(inf)", "nan"),
        ("tensor(0.0) / 0", "nan"),
        ("tensor(-1.0).sqrt()", "nan"),
        ("softmax_by_hand(tensor([100.0, 0.0]))", "[nan, 0]"),
        ("zscore_by_hand(tensor([7.0, 7.0, 7.0]))", "[nan, nan, nan]"),
        ("tensor(nan).clamp(-3, 3)", "nan"),
        ("tensor(nan).nan_to_num(0)", "0"),
        ("slope_of_safe_root(0.0)", "nan"),
    ],
)
def test_ieee_754(expression, answer):
    assert ANSWERS[expression] == answer


def test_the_last_numbers_before_overflow_are_finite():
    just = [float(ANSWERS[text]) for text in ("tensor(1.84e19) ** 2", "tensor(88.7).exp()")]
    assert all(1e38 < value < np.finfo(np.float32).max for value in just)
    assert 1.8446e19**2 < float(np.finfo(np.float32).max) < 1.8448e19**2


def test_one_cell_poisons_every_parameter_in_one_step():
    found = poisoned(SMALL)
    assert found.cells == 500
    assert found.parameters == 16 * 5 + 16 + 16 * 16 + 16 + 16 + 1
    assert found.shares == (0, 1, 1)
    assert found.healthy_finite == 0
    for grid, share in zip(found.grids, found.shares, strict=True):
        assert np.isfinite(grid).sum() == found.parameters
        assert np.nanmean(grid) == share
    for _, column in found.blocks:
        assert np.isfinite(found.grids[0][:, column]).any()


def test_the_first_bad_tensor_of_a_missing_value_is_the_features():
    found = first_not_finite(SMALL.but(missing=1))
    assert (found.step, found.first_bad.name) == (0, "features")
    assert (found.first_bad.finite, found.first_bad.size) == (499, 500)


def test_the_first_bad_tensor_of_an_overflow_comes_after_finite_features():
    e = SMALL.but(scaling="none", depth=0, width=32, learning_rate=0.1)
    found, [run] = first_not_finite(e), train([e], snapshots=2)
    assert found.step == run.diverged_at
    assert found.first_bad.name == "loss"


def test_a_healthy_run_has_no_bad_tensor():
    found = first_not_finite(SMALL)
    assert found.first_bad is None
    assert found.step == SMALL.steps
    assert [t.name for t in found.tensors][:3] == ["features", "weight of layer 1", "weight of layer 2"]
    assert found.tensors[-1].name == "weight_gradient of layer 1"
    assert all(np.isfinite(t.largest) for t in found.tensors)
