"""Networks small enough to follow every number, written as expressions, with values to start from.

One training sample: inputs x1 and x2, a target t, and the loss L. Weights, biases and units carry their layer
first, then the unit, then the input: w2_13 is the weight in layer 2 to unit 1 from unit 3. Hidden units are
activated and the last layer is linear, except that a single neuron has only its own activation.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from core.lessons.backprop.graph import Graph

SHAPES = {"single neuron": (2, 1), "2-2-1": (2, 2, 1), "2-3-3-1": (2, 3, 3, 1)}
ACTIVATIONS = ("tanh", "sigmoid", "relu")
LOSSES = ("mse", "cross-entropy")
INITS = ("random", "zero", "equal")


def program(shape: str, activation: str = "tanh", loss: str = "mse") -> str:
    """The steps of the network's forward pass and loss, for `core.lessons.backprop.expression.parse`.

    Cross-entropy is computed from the logit z as log(1 + exp(z)) - t z, so the sigmoid is part of the loss:
    this never takes the logarithm of 0, as -log(sigmoid(z)) does once the sigmoid is rounded to 0.
    Raises ValueError for an unknown name, and for a single neuron with cross-entropy and another activation.
    """
    _check("shape", shape, SHAPES)
    _check("activation", activation, ACTIVATIONS)
    _check("loss", loss, LOSSES)
    inputs, *hidden, _ = SHAPES[shape]
    if not hidden and loss == "cross-entropy":
        _check("activation of a single neuron with cross-entropy", activation, ["sigmoid"])
    steps = []
    units = [f"x{i + 1}" for i in range(inputs)]
    for layer, width in enumerate(hidden, 1):
        indices = [f"{layer}_{unit + 1}" for unit in range(width)]
        steps += [_weighted_sum(f"z{index}", index, units) for index in indices]
        steps += [f"h{index} = {activation}(z{index})" for index in indices]
        units = [f"h{index}" for index in indices]
    index = f"{len(hidden) + 1}_1" if hidden else ""
    if loss == "cross-entropy":
        steps += [_weighted_sum("z", index, units), "L = bce_with_logits(z, t)"]
    elif hidden:
        steps += [_weighted_sum("y", index, units), "L = mse_loss(y, t)"]
    else:
        steps += [_weighted_sum("z", index, units), f"y = {activation}(z)", "L = mse_loss(y, t)"]
    return "\n".join(steps)


def parameters(graph: Graph) -> tuple[str, ...]:
    """The leaves that are a weight or a bias of a weighted sum."""
    return tuple(leaf for leaf in graph.leaves if leaf in _fan_in(graph))


def start_values(graph: Graph, init: str = "random", seed: int = 0) -> dict[str, float]:
    """A number for every leaf, with two decimals, the same for the same seed.

    Weights and biases are drawn from U(-1, 1) / sqrt(fan_in), as in torch.nn.Linear, or are all 0 ("zero")
    or all 0.5 ("equal"); targets are 1 and inputs are drawn from U(0.5, 2), whatever the init.
    """
    _check("init", init, INITS)
    rng = np.random.default_rng(seed)
    fan_in = _fan_in(graph)
    losses = [node for node in graph.operations if node.operation in ("mse_loss", "bce_with_logits")]
    targets = [node.operands[1] for node in losses]
    values = {}
    for leaf in graph.leaves:
        draw = rng.uniform(-1, 1)
        if leaf in fan_in:
            values[leaf] = {"zero": 0.0, "equal": 0.5}.get(init, draw / np.sqrt(fan_in[leaf]))
        else:
            values[leaf] = 1.0 if leaf in targets else 1.25 + 0.75 * draw
    return {leaf: round(float(value), 2) for leaf, value in values.items()}


def _weighted_sum(result: str, index: str, units: Sequence[str]) -> str:
    pairs = ", ".join(f"w{index}{i}, {unit}" for i, unit in enumerate(units, 1))
    return f"{result} = weighted_sum({pairs}, b{index})"


def _fan_in(graph: Graph) -> dict[str, int]:
    sums = [node.operands for node in graph.operations if node.operation == "weighted_sum"]
    return {leaf: len(operands) // 2 for operands in sums for leaf in (*operands[:-1:2], operands[-1])}


def _check(setting: str, value: str, allowed: Iterable[str]) -> None:
    if value not in allowed:
        raise ValueError(f"{setting} is {value!r}; allowed: {', '.join(allowed)}.")
