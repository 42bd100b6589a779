"""train: experiments in, Runs out. What shares a shape is trained as one Stack."""

import time
from collections.abc import Callable, Iterable

import numpy as np
import torch

from core.data import BATCHES, stream
from core.engine.network import Stack
from core.engine.objectives import chance
from core.engine.optimizers import OPTIMIZERS, per_parameter
from core.engine.probes import PROBES, SAMPLED, Seen, histogram
from core.run import DELTA_EDGES, PRE_ACTIVATION_EDGES, Run, activation_edges
from core.trainable import Trainable
from core.work import SMALL_BATCH, WORK_LIMIT, work

TICK_SECONDS = 0.02
LAYER_BYTES = 600_000
SIZES = ("samples", "inputs", "outputs", "depth", "width", "batch_size", "steps")
KINDS = ("loss", "activation", "batchnorm", "residual", "optimizer", "precision")


class Interval:
    """Calls `tick(done)` at most every 20 ms; `done` is the share of all work, from 0 to 1."""

    def __init__(self, tick: Callable[[float], None] | None):
        self.tick, self.done, self.last = tick, 0.0, time.monotonic()

    def __call__(self):
        if self.tick and time.monotonic() - self.last > TICK_SECONDS:
            self.tick(min(self.done, 1.0))
            self.last = time.monotonic()


def train(
    experiments: Iterable[Trainable],
    snapshots: int = 40,
    tick: Callable[[float], None] | None = None,
    watch: Callable[[int, Stack, torch.Tensor], None] | None = None,
    stack: Callable[..., Stack] = Stack,
) -> list[Run]:
    """Train every experiment and return its Run, in the order given.

    snapshots: how often, at most, a run is measured in full, the start, first steps and end among them.
    tick: called with the share of work done, about every 20 ms; what it raises ends the training.
    watch: called with step, stack and losses [K] before every update, when the whole step lies in the stack.
    stack: makes a Stack of experiments and tick, by default one that starts as they say.
    Raises ValueError when the whole takes too much work.
    A run has the same numbers, to the bit, alone or among others. Uses one core and no global random state.
    """
    experiments = list(experiments)
    if (total := work(*experiments)) > WORK_LIMIT:
        raise ValueError(
            f"{len(experiments)} networks are {total / WORK_LIMIT:.1f} times the work that is allowed at "
            "once: lower their number, steps, depth, width or batch_size."
        )
    runs, interval = [None] * len(experiments), Interval(tick)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        with torch.inference_mode():
            for chunk in chunks(experiments):
                group = [experiments[i] for i in chunk]
                share = work(*group) / total
                trained = train_stack(stack(group, interval), snapshots, interval, share, watch)
                for i, run in zip(chunk, trained, strict=True):
                    runs[i] = run
    finally:
        torch.set_flush_denormal(False)
    return runs


def chunks(experiments: list[Trainable]) -> list[list[int]]:
    """Indices of experiments that are trained together: equal in shape, and small enough for the cache.

    With batches below SMALL_BATCH every one is alone: there BLAS rounds differently in larger stacks.
    """
    groups = {}
    for i, e in enumerate(experiments):
        groups.setdefault(tuple(getattr(e, name) for name in SIZES + KINDS), []).append(i)
    found = []
    for group in groups.values():
        e = experiments[group[0]]
        numbers = max(e.width, e.inputs) * max(e.batch, e.samples // 8)
        fit = LAYER_BYTES // (numbers * (4 if e.precision == "float32" else 8))
        size = max(1, fit) if e.batch >= SMALL_BATCH else 1
        found += [group[start : start + size] for start in range(0, len(group), size)]
    return found


def snapshot_steps(steps: int, snapshots: int) -> np.ndarray:
    """At most `snapshots` steps from 0 to `steps`: a quarter of them at the very beginning, the rest even."""
    early = range(min(snapshots // 4, steps))
    even = np.linspace(0, steps, max(2, snapshots - len(early)))
    return np.unique(np.concatenate([early, np.round(even)]).astype(int))


def batches(stack: Stack):
    """Endless (x, y) batches: every epoch each network shuffles its samples with its own random stream."""
    e = stack.like
    streams = [stream(e.seed, BATCHES) for e in stack.experiments]
    while True:
        x, y = stack.x_train, stack.y_train
        if e.batch_size:
            order = [torch.from_numpy(rng.permutation(e.samples)) for rng in streams]
            x = torch.stack([x[k][:, o] for k, o in enumerate(order)])
            y = torch.stack([y[k][:, o] for k, o in enumerate(order)])
        for start in range(0, e.samples, e.batch):
            yield x[:, :, start : start + e.batch].contiguous(), y[:, :, start : start + e.batch].contiguous()


def clipped(stack: Stack, limits: torch.Tensor) -> torch.Tensor:
    """All gradients after torch.nn.utils.clip_grad_norm_ on every network that has a limit > 0.

    Pascanu, Mikolov & Bengio 2013, algorithm 1. As in PyTorch, a norm that overflows turns the gradient
    into zeros, and an infinite gradient into NaN.
    """
    tensors = [*stack.d_weight, *stack.d_bias, *stack.d_gamma, *stack.d_beta]
    norms = torch.stack([torch.linalg.vector_norm(t, dim=(1, 2)) for t in tensors], dim=1)
    factor = (limits / (torch.linalg.vector_norm(norms, dim=1) + 1e-6)).clamp_(max=1)
    return stack.gradients * torch.where(limits > 0, factor, 1)[stack.owner]


def train_stack(stack: Stack, snapshots, interval, share, watch=None) -> list[Run]:
    """Train a stack; the pass after the last step only measures."""
    e, optimizer = stack.like, OPTIMIZERS[stack.like.optimizer](stack)
    learning_rate, weight_decay = per_parameter(stack, "learning_rate"), per_parameter(stack, "weight_decay")
    limits = torch.tensor([e.clip_norm for e in stack.experiments], dtype=stack.dtype)
    clips, decays = bool(limits.any()), bool(weight_decay.any())
    at = snapshot_steps(e.steps, snapshots)
    loss = torch.full((e.steps + 1, stack.count), torch.nan, dtype=stack.dtype)
    record, states, before = [], [None] * stack.count, interval.done
    for step, (x, y) in zip(range(e.steps + 1), batches(stack), strict=False):
        snapshot = step == at[len(record)]
        if snapshot:
            measured, weight = measure(stack), [w.clone() for w in stack.weight[:-1]]
        if step == e.steps:
            states = [state or stack.state(k) for k, state in enumerate(states)]
        loss[step] = stack.forward(x, y)
        for k in np.flatnonzero(~np.isfinite(loss[step].numpy())):
            states[k] = states[k] or stack.state(k)
        stack.backward(y, keep=snapshot or watch is not None)
        if watch:
            watch(step, stack, loss[step])
        if all(states) and not snapshot:
            break
        gradient = clipped(stack, limits) if clips else stack.gradients
        if decays:
            gradient = torch.where(weight_decay > 0, gradient + stack.parameters * weight_decay, gradient)
        stack.parameters.sub_(optimizer.direction(gradient) * learning_rate)
        if snapshot:
            record.append(measured | probe(stack, measured["active_fraction"], weight))
        interval.done = before + share * step / e.steps
        interval()
    interval.done = before + share
    history = {name: torch.stack([r[name] for r in record], dim=1).numpy() for name in record[0]}
    return [run_of(stack, k, loss[:, k].numpy(), at, history, states[k]) for k in range(stack.count)]


def measure(stack: Stack) -> dict[str, torch.Tensor]:
    """Both sets in evaluation mode; the network comes first in every tensor."""
    active = torch.empty_like(stack.activated[..., 0])
    train_loss, train_accuracy = stack.evaluate(stack.x_train, stack.y_train, active)
    test_loss, test_accuracy = stack.evaluate(stack.x_test, stack.y_test)
    none = active.new_empty(stack.count, 0, stack.like.width)
    return {
        "train_loss": train_loss,
        "test_loss": test_loss,
        "train_accuracy": train_accuracy,
        "test_accuracy": test_accuracy,
        "active_fraction": active.transpose(0, 1),
        "gamma": torch.cat([none, *(p.mT for p in stack.gamma)], dim=1),
        "beta": torch.cat([none, *(p.mT for p in stack.beta)], dim=1),
    }


def probe(stack: Stack, active: torch.Tensor, weight: list[torch.Tensor]) -> dict[str, torch.Tensor]:
    """All probes and histograms of this step, [K, L, ...]; `weight` holds the weights before its update."""
    layers = [
        Seen(
            name=stack.like.activation,
            pre_activation=stack.pre_activation[layer],
            activation=stack.activated[layer],
            delta=stack.delta[layer],
            active=active[:, layer],
            weight=weight[layer],
            gradient=stack.d_weight[layer],
            start=stack.start[layer],
            updated=stack.weight[layer],
        )
        for layer in range(stack.like.depth)
    ]
    none = [torch.empty(stack.count, 0)]
    probes = {name: [f(seen)[:, None] for seen in layers] or none for name, f in PROBES.items()}
    return {
        **{name: torch.cat(values, dim=1) for name, values in probes.items()},
        "activation_histogram": histogram(stack.activated, activation_edges(stack.like.activation)),
        "pre_activation_histogram": histogram(stack.pre_activation, PRE_ACTIVATION_EDGES),
        "delta_histogram": histogram(stack.delta[..., :SAMPLED].abs(), DELTA_EDGES),
    }


def run_of(stack: Stack, k: int, loss: np.ndarray, at: np.ndarray, history: dict, state: dict) -> Run:
    """The Run of network k; nothing is left of what came after its first non-finite loss."""
    if np.isfinite(after := history["train_loss"][k, -1]):
        loss = np.append(loss[:-1], after)
    broken = np.flatnonzero(~np.isfinite(loss))
    diverged_at = int(broken[0]) if len(broken) else None
    last = at[-1] if diverged_at is None else diverged_at
    x, y = stack.x_train[k].double(), stack.y_train[k].double()
    target = y if stack.like.loss == "mse" else y.new_tensor([torch.nan])

    def over_time(name):
        values = np.full((len(at), *history[name].shape[2:]), np.nan, dtype=history[name].dtype)
        kept = np.count_nonzero(at <= last)
        values[:kept] = history[name][k, :kept]
        return values

    return Run(
        experiment=stack.experiments[k],
        loss=np.where(np.arange(len(loss)) > last, np.nan, loss)[:-1],
        at=at,
        probes={name: over_time(name) for name in PROBES},
        weights=state,
        input_mean=x.mean(dim=1).numpy(),
        input_std=x.std(dim=1, correction=0).numpy(),
        input_reach=(x - x.mean(dim=1, keepdim=True)).abs().amax(dim=1).numpy(),
        target_mean=float(target.mean()),
        target_std=float(target.std(correction=0)),
        chance=chance(stack.like.loss, y),
        diverged_at=diverged_at,
        **{name: over_time(name) for name in history if name not in PROBES},
    )
