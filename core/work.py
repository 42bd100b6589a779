"""What it costs to train a network, and how much of it is allowed at once."""

from operator import mul

from core.trainable import Trainable

WORK_LIMIT = 1.5e12
SMALL_BATCH = 32
"""Networks with smaller batches are trained one by one."""


def work(*experiments: Trainable) -> float:
    """Floating-point operations to train these, with what small networks cost besides, in equivalents.

    A step costs 2 operations per weight and sample forward and 4 backward; moving one number of an
    activation costs as much as about 100 of them. Networks that train together share what calls cost.
    """
    total = 0.0
    for e in experiments:
        weights = _weights(e)
        calls = (3e5 if e.batch >= SMALL_BATCH else 1.3e6) * max(e.depth, 1)
        total += e.steps * (e.batch * (6 * weights + 100 * e.depth * e.width) + calls)
    return total


def looking(e: Trainable) -> float:
    """The same for sending the whole training set forward before every step."""
    return e.steps * (e.samples * (2 * _weights(e) + 50 * e.depth * e.width) + 3e5 * max(e.depth, 1))


def _weights(e: Trainable) -> int:
    sizes = [e.inputs, *e.depth * [e.width], e.outputs]
    return sum(map(mul, sizes, sizes[1:]))
