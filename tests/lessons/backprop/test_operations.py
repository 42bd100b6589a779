"""Each operation's slopes against the complex step on its own value, and its formulas."""

import numpy as np
import pytest

from core.lessons.backprop.operations import FUNCTIONS, INFIX, OPERATIONS

POINTS = [0.3, 0.7, 0.2, 1.6, -0.4, 0.9, 1.2, -0.8, 0.5]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("name", OPERATIONS)
def test_slopes_are_the_derivatives_of_the_value(name, sign):
    operation = OPERATIONS[name]
    for arity in operation.arity:
        operands = [np.float64(point) for point in POINTS[:arity]]
        if sign < 0 and name not in ("log", "**"):
            operands[0] = -operands[0]
        slopes = operation.slopes(operation.value(*operands), *operands)
        assert len(slopes) == arity
        for position, slope in enumerate(slopes):
            moved = [operand + 1e-20j * (i == position) for i, operand in enumerate(operands)]
            assert slope == pytest.approx(np.imag(operation.value(*moved)) / 1e-20, rel=1e-14)


@pytest.mark.parametrize("name", OPERATIONS)
def test_values_work_on_arrays(name):
    operation = OPERATIONS[name]
    operands = [np.array([0.2, 0.4, 0.9]) + position for position in range(operation.arity[0])]
    together = operation.value(*operands)
    one_by_one = [operation.value(*point) for point in zip(*operands, strict=True)]
    assert together == pytest.approx(one_by_one, rel=1e-15)


@pytest.mark.parametrize("name", OPERATIONS)
def test_formulas_are_complete_latex(name):
    operation = OPERATIONS[name]
    symbols = [rf"s_{{{position}}}" for position in range(operation.arity[0])]
    formulas = [operation.formula(*symbols), *operation.slope_formulas("y", *symbols)]
    assert len(formulas) == 1 + operation.arity[0]
    assert all(symbol in formulas[0] for symbol in symbols)
    assert all(formula.count("{") == formula.count("}") for formula in formulas)


@pytest.mark.parametrize("name", ["relu", "step"])
def test_the_slope_at_a_kink_is_zero_as_in_pytorch(name):
    assert OPERATIONS[name].slopes(0.0, np.float64(0)) == (0,)


@pytest.mark.parametrize(
    "base, exponent, slope",
    [(0.0, 2.0, 0.0), (0.0, 1.0, 1.0), (0.0, 0.0, 0.0), (-2.0, 3.0, 12.0), (-2.0, -1.0, -0.25)],
)
def test_power_slopes_at_zero_and_below(base, exponent, slope):
    with np.errstate(all="ignore"):
        base, exponent = np.float64(base), np.float64(exponent)
        assert OPERATIONS["**"].slopes(base**exponent, base, exponent)[0] == slope


def test_every_operation_is_a_sign_or_a_function():
    assert {*INFIX, *FUNCTIONS, "neg"} == set(OPERATIONS)
