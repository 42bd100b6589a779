"""What one node of the scalar graph can do: its value, its slopes, and both as LaTeX.

The backward pass needs nothing else from an operation than the derivative of its result with respect to each
operand. Values and slopes work on float64 and on complex128 scalars and arrays, because the complex-step
check evaluates the same graph with complex leaves; a kink (relu, step) is decided by the real part.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


def frac(above: str, below: str) -> str:
    return rf"\frac{{{above}}}{{{below}}}"


def power(base: str, exponent: str) -> str:
    return f"{{{base}}}^{{{exponent}}}"


@dataclass(frozen=True)
class Operation:
    """`value(*operands)`, `slopes(result, *operands)` and the same two as LaTeX of given symbols or numbers.

    arity: the numbers of operands that are allowed.
    defined: whether the operands lie in the domain; `needs` says in words what that is.
    """

    value: Callable
    slopes: Callable
    formula: Callable[..., str]
    slope_formulas: Callable[..., tuple[str, ...]]
    arity: tuple[int, ...] = (1,)
    defined: Callable[..., bool] = lambda *operands: True
    needs: str = ""


def relu(a):
    return a * (np.real(a) > 0)


def sigmoid(a):
    """1 / (1 + exp(-a)), written so that exp never overflows."""
    above = np.real(a) > 0
    small = np.exp(np.where(above, -a, a))
    return np.where(above, 1, small)[()] / (1 + small)


def power_slopes(y, a, b):
    return np.where(b == 0, 0.0, b * np.power(a, b - 1)), y * np.log(a)


def power_defined(a, b):
    return a > 0 or (a == 0 and b >= 0) or (a < 0 and b == np.round(b))


def weighted_sum(*operands):
    *pairs, bias = operands
    return sum((w * x for w, x in zip(pairs[::2], pairs[1::2], strict=True)), bias)


def partners(*operands):
    """Of a product w x each factor is the slope of the other, so the two of every pair change places."""
    return tuple(operands[i + 1 - 2 * (i % 2)] for i in range(len(operands) - 1))


def weighted_sum_formula(*operands):
    *pairs, bias = operands
    products = [rf"{w} \cdot {x}" for w, x in zip(pairs[::2], pairs[1::2], strict=True)]
    return " + ".join([*products, bias])


def bce_with_logits(z, t):
    """log(1 + exp(z)) - t z, written so that exp never overflows (as in torch.nn.BCEWithLogitsLoss)."""
    size = np.where(np.real(z) > 0, z, -z)
    return relu(z) - t * z + np.log1p(np.exp(-size))


OPERATIONS = {
    "+": Operation(
        lambda a, b: a + b,
        lambda y, a, b: (1.0, 1.0),
        lambda a, b: f"{a} + {b}",
        lambda y, a, b: ("1", "1"),
        arity=(2,),
    ),
    "-": Operation(
        lambda a, b: a - b,
        lambda y, a, b: (1.0, -1.0),
        lambda a, b: f"{a} - {b}",
        lambda y, a, b: ("1", "-1"),
        arity=(2,),
    ),
    "*": Operation(
        lambda a, b: a * b,
        lambda y, a, b: (b, a),
        lambda a, b: rf"{a} \cdot {b}",
        lambda y, a, b: (b, a),
        arity=(2,),
    ),
    "/": Operation(
        lambda a, b: a / b,
        lambda y, a, b: (1 / b, -y / b),
        frac,
        lambda y, a, b: (frac("1", b), "-" + frac(y, b)),
        arity=(2,),
        defined=lambda a, b: b != 0,
        needs="a denominator other than 0",
    ),
    "**": Operation(
        np.power,
        power_slopes,
        power,
        lambda y, a, b: (rf"{b} \cdot {power(a, f'{b} - 1')}", rf"{y} \cdot \log {a}"),
        arity=(2,),
        defined=power_defined,
        needs="a whole exponent where the base is negative, no negative one where it is 0",
    ),
    "neg": Operation(
        lambda a: -a,
        lambda y, a: (-1.0,),
        lambda a: f"-{a}",
        lambda y, a: ("-1",),
    ),
    "sin": Operation(
        np.sin,
        lambda y, a: (np.cos(a),),
        lambda a: rf"\sin {a}",
        lambda y, a: (rf"\cos {a}",),
    ),
    "cos": Operation(
        np.cos,
        lambda y, a: (-np.sin(a),),
        lambda a: rf"\cos {a}",
        lambda y, a: (rf"-\sin {a}",),
    ),
    "tanh": Operation(
        np.tanh,
        lambda y, a: (1 - y**2,),
        lambda a: rf"\tanh {a}",
        lambda y, a: (f"1 - {power(y, '2')}",),
    ),
    "exp": Operation(
        np.exp,
        lambda y, a: (y,),
        lambda a: rf"\exp {a}",
        lambda y, a: (y,),
    ),
    "log": Operation(
        np.log,
        lambda y, a: (1 / a,),
        lambda a: rf"\log {a}",
        lambda y, a: (frac("1", a),),
        defined=lambda a: a > 0,
        needs="a number above 0",
    ),
    "relu": Operation(
        relu,
        lambda y, a: (1.0 * (a > 0),),
        lambda a: rf"\operatorname{{relu}} {a}",
        lambda y, a: (f"[{a} > 0]",),
    ),
    "sigmoid": Operation(
        sigmoid,
        lambda y, a: (y * (1 - y),),
        lambda a: rf"\operatorname{{sigmoid}} {a}",
        lambda y, a: (rf"{y} \cdot (1 - {y})",),
    ),
    "step": Operation(
        lambda a: 1.0 * (np.real(a) > 0),
        lambda y, a: (0.0,),
        lambda a: f"[{a} > 0]",
        lambda y, a: ("0",),
    ),
    "weighted_sum": Operation(
        weighted_sum,
        lambda y, *operands: (*partners(*operands), 1.0),
        weighted_sum_formula,
        lambda y, *operands: (*partners(*operands), "1"),
        arity=(3, 5, 7, 9),
    ),
    "mse_loss": Operation(
        lambda y, t: (y - t) ** 2,
        lambda loss, y, t: (2 * (y - t), -2 * (y - t)),
        lambda y, t: power(f"({y} - {t})", "2"),
        lambda loss, y, t: (rf"2 \cdot ({y} - {t})", rf"-2 \cdot ({y} - {t})"),
        arity=(2,),
    ),
    "bce_with_logits": Operation(
        bce_with_logits,
        lambda loss, z, t: (sigmoid(z) - t, -z),
        lambda z, t: rf"\log(1 + {power('e', z)}) - {t} \cdot {z}",
        lambda loss, z, t: (rf"\operatorname{{sigmoid}} {z} - {t}", f"-{z}"),
        arity=(2,),
        defined=lambda z, t: 0 <= t <= 1,
        needs="a target between 0 and 1",
    ),
}
INFIX = ("+", "-", "*", "/", "**")
FUNCTIONS = tuple(name for name in OPERATIONS if name not in (*INFIX, "neg"))
