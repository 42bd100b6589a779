"""What the Backprop page works on: a graph, the numbers at its leaves, and what is done with them."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal, Self

from pydantic import Field, model_validator

from core.experiment import LEARNING_RATES
from core.lessons.backprop.expression import parse
from core.lessons.backprop.graph import Graph, backward, forward, gradients
from core.lessons.backprop.networks import parameters, program, start_values
from core.lessons.backprop.notation import written
from core.settings import Conflict, Settings, number

LAST_STEP = 700
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
PAIR = re.compile(rf"([A-Za-z]\w{{0,11}}):({NUMBER})")
PAIRS = "name:number pairs, such as w1:0.5,b:-1"


class Passes(Settings):
    """A graph with a number at every leaf, the moment the passes have come to, and how it is trained."""

    shape: Literal["single neuron", "2-2-1", "2-3-3-1", "expression"] = Field(
        "2-2-1", title="Graph", description="A small network (inputs-units-output), or a formula you type."
    )
    expression: str = Field(
        "a = x*w; tanh(a) + a/2",
        title="Formula",
        description="a formula such as x*y + sin(x), or named steps separated by ; such as a = x*y; a + a*x",
    )
    activation: Literal["tanh", "sigmoid", "relu"] = Field(
        "tanh", title="Activation", description="What a hidden unit does to its weighted sum."
    )
    loss: Literal["mse", "cross-entropy"] = Field(
        "mse",
        title="Loss",
        description="Squared distance from the target, or log-likelihood of the class.",
    )
    init: Literal["random", "zero", "equal"] = Field(
        "random",
        title="Initial weights",
        description="Random as in torch.nn.Linear; all 0 or all 0.5 make the hidden units copies for ever.",
    )
    values: str = Field("", title="Numbers of your own", description=PAIRS, max_length=1000)
    accumulate: bool = Field(
        True,
        title="Add up shared gradients (+=)",
        description="Off is a common mistake: a value that is used twice keeps only the last share.",
    )
    zero_grad: bool = Field(
        True,
        title="Clear gradients first (zero_grad)",
        description="Off is a common mistake: the gradient of the pass before is still there.",
    )
    step: int = number(
        "Step", 1, 0, LAST_STEP, "How many steps of the two passes are done; beyond the last, all of them."
    )
    learning_rate: float = number(
        "Learning rate", 0.1, 1e-6, 100, "How far one step follows the gradient.", LEARNING_RATES
    )
    steps: int = number(
        "Gradient steps",
        30,
        1,
        500,
        "How often the weights are moved.",
        (10, 20, 30, 50, 100, 150, 200, 300, 500),
    )
    seed: int = number("Seed", 2, 0, 2**32 - 1, "Draws the first numbers: the same seed draws the same.")

    @model_validator(mode="after")
    def _can_be_computed(self) -> Self:
        if self.values and not all(PAIR.fullmatch(pair.strip()) for pair in self.values.split(",")):
            raise Conflict("values", f"allowed are {PAIRS}")
        if self.shape == "single neuron" and self.loss == "cross-entropy" and self.activation != "sigmoid":
            raise Conflict(
                "loss activation shape",
                "on a single neuron it needs the activation sigmoid",
            )
        try:
            _graph(self.expression)
        except ValueError as error:
            raise Conflict("expression", _reason(error)) from None
        try:
            backward(self.graph, forward(self.graph, self.leaves), self.accumulate, self.earlier)
        except ValueError as error:
            raise Conflict(
                "values expression shape init seed activation loss zero_grad",
                f"{_reason(error)}; other numbers of your own may help",
            ) from None
        return self

    @property
    def graph(self) -> Graph:
        """The graph of the network or of the formula."""
        if self.shape == "expression":
            return _graph(self.expression)
        return _graph(program(self.shape, self.activation, self.loss))

    @property
    def own(self) -> dict[str, float]:
        """The numbers the reader gave, by name."""
        pairs = (pair.split(":") for pair in self.values.split(",") if pair)
        return {name.strip(): float(value) for name, value in pairs}

    @property
    def leaves(self) -> dict[str, float]:
        """A number for every leaf: the reader's own, or those of the initial weights and the seed."""
        drawn, own = start_values(self.graph, self.init, self.seed), self.own
        return {leaf: own.get(leaf, value) for leaf, value in drawn.items()}

    @property
    def waiting(self) -> list[str]:
        """Names to which the reader gave a number and which this graph does not have."""
        return [name for name in self.own if name not in self.graph.leaves]

    @property
    def unused(self) -> dict[str, str]:
        """See Settings."""
        off = {}
        if self.shape == "expression":
            off |= dict.fromkeys(("activation", "loss"), "the formula says it")
            if not any(node.operation == "weighted_sum" for node in self.graph.operations):
                off["init"] = "the formula has no weighted sum"
        else:
            off["expression"] = "the graph is a network"
        if set(self.graph.leaves) <= self.own.keys():
            off |= dict.fromkeys(("init", "seed"), "every number is your own")
        return off

    @property
    def earlier(self) -> dict[str, float] | None:
        """The gradients of an earlier pass that nobody cleared, or None."""
        return None if self.zero_grad else gradients(self.graph, self.leaves, self.accumulate)

    @property
    def gradients(self) -> dict[str, float]:
        """What the passes find, with the mistakes that are switched on: right only without them."""
        return gradients(self.graph, self.leaves, self.accumulate, self.earlier)

    @property
    def goal(self) -> str:
        """What training lowers, in words: a formula need not be a loss."""
        return f"output {written(self.graph.output)}" if self.shape == "expression" else "loss"

    @property
    def parameters(self) -> tuple[str, ...]:
        """The leaves that training moves: weights and biases, in a formula those named w or b, else all."""
        named = tuple(leaf for leaf in self.graph.leaves if leaf[0] in "wb")
        return parameters(self.graph) or named or self.graph.leaves

    def with_value(self, leaf: str, value: float) -> Mapping[str, str]:
        """The change of `values` that puts a number at a leaf."""
        return {"values": ",".join(f"{name}:{v:.12g}" for name, v in (self.own | {leaf: value}).items())}


def _reason(error: ValueError) -> str:
    return str(error).removesuffix(".")


@lru_cache(maxsize=64)
def _graph(text: str) -> Graph:
    return parse(text)
