"""The NaN trap, live: where float32 makes one, how it spreads, and which tensor has it first."""

from dataclasses import dataclass

import numpy as np
import torch

from core.engine.network import Stack
from core.engine.train import train
from core.engine.watch import tensors
from core.lessons.feature_scaling.table import TableExperiment
from core.run import ENDS

FACTS = {
    "tensor(1.84e19) ** 2": "just below the largest float32, 3.4×10³⁸",
    "tensor(1.85e19) ** 2": "a square overflows beyond 1.8447e19: inf, not yet NaN",
    "tensor(88.7).exp()": "just below the largest float32",
    "tensor(88.8).exp()": "the exponential overflows beyond 88.72",
    "tensor(0.0).log()": "a log of zero",
    "tensor(-1.0).log()": "a log of a negative number",
    "tensor(inf) - tensor(inf)": "infinity less infinity has no value: so overflow becomes NaN",
    "0 * tensor(inf)": "zero times infinity has no value either",
    "tensor(0.0) / 0": "nothing over nothing",
    "tensor(-1.0).sqrt()": "a root of a negative number, often a variance by rounding",
    "softmax_by_hand(tensor([100.0, 0.0]))": "exp(100) overflows, and inf / inf is NaN",
    "torch.softmax(tensor([100.0, 0.0]), 0)": "subtracts the largest first: safe",
    "zscore_by_hand(tensor([7.0, 7.0, 7.0]))": "a constant column has standard deviation 0",
    "tensor(nan).clamp(-3, 3)": "clipping keeps NaN",
    "tensor(nan).nan_to_num(0)": "filling does not",
    "slope_of_safe_root(0.0)": "gradient of where(x > 0, sqrt(x), 0) at 0: the branch not taken is 0 * inf",
}


def softmax_by_hand(x):
    """The formula as it stands in the book."""
    return x.exp() / x.exp().sum()


def zscore_by_hand(x):
    """Mean 0 and standard deviation 1, without a guard."""
    return (x - x.mean()) / x.std(correction=0)


def slope_of_safe_root(at):
    """d/dx of where(x > 0, sqrt(x), 0)."""
    x = torch.tensor(at, requires_grad=True)
    torch.where(x > 0, x.sqrt(), 0).backward()
    return x.grad


def facts(tick=lambda *_: None) -> list[tuple[str, str, str]]:
    """(expression, what this machine answers in float32, why): every expression is evaluated now."""
    names = dict(torch=torch, tensor=torch.tensor, inf=torch.inf, nan=torch.nan)
    names |= {f.__name__: f for f in (softmax_by_hand, zscore_by_hand, slope_of_safe_root)}
    tick()
    return [(text, _plain(eval(text, names)), why) for text, why in FACTS.items()]


def _plain(answer: torch.Tensor) -> str:
    numbers = [f"{v:.4g}" for v in answer.reshape(-1).tolist()]
    return numbers[0] if answer.dim() == 0 else f"[{', '.join(numbers)}]"


@dataclass(frozen=True)
class Tensor:
    """One tensor of a step: how many of its `size` numbers are finite, and the largest magnitude of these."""

    name: str
    finite: int
    size: int
    largest: float


@dataclass(frozen=True)
class NotFinite:
    """The step at which a number that is not finite first came up, or the last step; its tensors in order."""

    step: int
    tensors: tuple[Tensor, ...]

    @property
    def first_bad(self) -> Tensor | None:
        """The first tensor, in the order of computation, with a number that is not finite."""
        return next((t for t in self.tensors if t.finite < t.size), None)


def _seen(name: str, tensor: torch.Tensor) -> Tensor:
    good = tensor[tensor.isfinite()]
    largest = float(good.abs().max()) if good.numel() else np.nan
    return Tensor(name, good.numel(), tensor.numel(), largest)


def first_not_finite(e: TableExperiment, tick=None) -> NotFinite:
    """Train the experiment again, and look at every tensor of every step until one is not finite."""
    found = []

    def watch(step, stack, loss):
        if not found or not found[-1].first_bad:
            seen = [_seen("features", stack.x_train)]
            for kind, layer, tensor in tensors(stack, loss):
                seen.append(_seen(kind if kind == "loss" else f"{kind} of layer {layer + 1}", tensor))
            found[:] = [NotFinite(step, tuple(seen))]

    train([e], snapshots=ENDS, tick=tick, watch=watch)
    return found[0]


@dataclass(frozen=True)
class Poisoned:
    """One missing cell among `cells`; `grids`: after 0, 1, ... steps, a map of the parameters.

    A grid is [width, columns]: one block of columns per tensor, 0 where a parameter is finite, 1 where not,
    NaN between the blocks. `blocks` names them with their first column. `healthy_finite` is the share of
    finite outputs on rows without a gap, after the last step.
    """

    cells: int
    parameters: int
    shares: tuple[float, ...]
    healthy_finite: float
    grids: tuple[np.ndarray, ...]
    blocks: tuple[tuple[str, int], ...]


def poisoned(e: TableExperiment, steps: int = 2, tick=lambda *_: None) -> Poisoned:
    """Two hidden layers of 16 on well-scaled columns of the page's table, in which one cell is made NaN."""
    e = e.everywhere("log_clip_zscore").but(
        depth=2, width=16, impute=True, optimizer="sgd", learning_rate=0.01
    )
    tick()
    with torch.inference_mode():
        stack = Stack([e])
        healthy, grids = stack.x_train.clone(), []
        stack.x_train[0, 0, 0] = torch.nan
        for _ in range(steps):
            grids.append(_grid(stack))
            stack.forward(stack.x_train, stack.y_train)
            stack.backward(stack.y_train)
            stack.parameters.sub_(stack.gradients * e.learning_rate)
        grids.append(_grid(stack))
        stack.forward(healthy, stack.y_train)
        finite = float(stack.output.isfinite().double().mean())
        count = sum(p[0].numel() for p in (*stack.weight, *stack.bias))
        shares = tuple(float(np.nansum(grid) / count) for grid in grids)
        return Poisoned(healthy.numel(), count, shares, finite, tuple(grids), _blocks(stack))


def _grid(stack: Stack) -> np.ndarray:
    columns, gap = [], np.full((stack.like.width, 1), np.nan, np.float32)
    for weight, bias in zip(stack.weight, stack.bias, strict=True):
        for tensor in (weight[0], bias[0]):
            bad = (~tensor.isfinite()).numpy().astype(np.float32)
            bad = bad.T if bad.shape[0] == 1 else bad
            columns += [np.pad(bad, ((0, len(gap) - len(bad)), (0, 0)), constant_values=np.nan), gap]
    return np.hstack(columns[:-1])


def _blocks(stack: Stack) -> tuple[tuple[str, int], ...]:
    blocks, start = [], 0
    for i, weight in enumerate(stack.weight, start=1):
        width = weight.shape[2] if weight.shape[1] > 1 else 1
        blocks += [(f"W{i}", start), (f"b{i}", start + width + 1)]
        start += width + 3
    return tuple(blocks)
