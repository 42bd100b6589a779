"""Three differences and the Taylor test behave as numerical analysis says they do."""

import numpy as np
import pytest

from core.lessons.backprop.check import H, gradient_check, order, taylor_test
from core.lessons.backprop.expression import parse
from core.lessons.backprop.networks import SHAPES, parameters, program, start_values


def network(shape="2-3-3-1", activation="tanh", loss="mse", seed=2):
    graph = parse(program(shape, activation, loss))
    return graph, start_values(graph, seed=seed), dict.fromkeys(parameters(graph), 1.0)


def test_differences_fall_with_their_order_and_rise_with_rounding():
    check = gradient_check(*network())
    forward, central = abs(check.forward - check.exact), abs(check.central - check.exact)
    assert order(H, forward, 1e-6, 1e-2) == pytest.approx(1, abs=0.05)
    assert order(H, central, 1e-3, 1e-1) == pytest.approx(2, abs=0.05)
    assert order(H, forward, 1e-15, 1e-10) == pytest.approx(-1, abs=0.25)
    assert order(H, central, 1e-15, 1e-8) == pytest.approx(-1, abs=0.25)
    assert (check.orders["forward"], check.orders["central"]) == pytest.approx((1, 2), abs=0.05)


def test_an_order_is_fitted_to_what_is_a_number_and_to_three_points_at_least():
    h = np.logspace(-6, -2, 9)
    error = np.where(h > 1e-3, np.nan, 5 * h**3)
    assert order(h, error, 1e-6, 1e-2) == pytest.approx(3)
    assert np.isnan(order(h, error, 5e-4, 1e-2))


def test_the_best_h_is_where_theory_has_it():
    check = gradient_check(*network())
    for estimate, predicted in (
        (check.forward, check.predicted_forward),
        (check.central, check.predicted_central),
    ):
        error = abs(estimate - check.exact)
        assert abs(np.log10(H[error.argmin()] / H[predicted.argmin()])) <= 1.5
        assert error.min() < 10 * predicted.min()
    assert H[check.best["forward"]] < H[check.best["central"]]


def test_predicted_errors_match_where_truncation_rules():
    check = gradient_check(*network())
    part = (H >= 1e-5) & (H <= 1e-3)
    assert abs(check.forward - check.exact)[part] == pytest.approx(check.predicted_forward[part], rel=0.05)
    part = (H >= 1e-3) & (H <= 1e-2)
    assert abs(check.central - check.exact)[part] == pytest.approx(check.predicted_central[part], rel=0.05)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "activation, loss", [("tanh", "mse"), ("sigmoid", "mse"), ("relu", "mse"), ("sigmoid", "cross-entropy")]
)
def test_the_complex_step_is_exact_for_every_small_h(shape, activation, loss):
    check = gradient_check(*network(shape, activation, loss))
    assert check.complex_step[H <= 1e-8] == pytest.approx(check.exact, rel=1e-13)


def test_a_kink_has_the_slope_of_its_side_only_to_the_complex_step():
    check = gradient_check(parse("relu(x)"), {"x": 1e-3}, {"x": 1.0}, np.array([1e-4, 1e-1]))
    assert check.exact == 1
    assert check.complex_step.tolist() == [1, 1]
    assert check.central == pytest.approx([1, 0.505])


def test_leaving_the_domain_is_marked_and_not_hidden():
    check = gradient_check(parse("log(x)"), {"x": 0.5}, {"x": -1.0}, np.array([0.1, 0.5, 0.7]))
    assert np.isnan(check.forward).tolist() == [False, True, True]
    assert np.isfinite(check.complex_step).all()


def test_a_direction_may_leave_everything_in_place():
    check = gradient_check(parse("x*y"), {"x": 2, "y": 3}, {})
    assert check.exact == 0
    assert check.central.shape == H.shape
    assert not check.central.any()


def test_a_direction_must_name_leaves():
    with pytest.raises(ValueError, match="v1 cannot move: the leaves are x, y"):
        gradient_check(parse("sin(x) * y"), {"x": 1, "y": 1}, {"v1": 1.0})


def test_taylor_remainders_fall_with_h_and_h_squared():
    h = np.logspace(-6, -3, 13)
    test = taylor_test(*network(), h)
    assert order(h, test.zeroth, 1e-6, 1e-3) == pytest.approx(1, abs=0.02)
    assert order(h, test.first, 1e-6, 1e-3) == pytest.approx(2, abs=0.02)
