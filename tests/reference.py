"""The training an Experiment describes, as one would write it with torch.nn, torch.optim and autograd.

Written from the description of the settings and probes, in the usual layout [samples, units]. Only the random
numbers are shared with the engine: data, initial weights, dropout masks and the order of samples.
"""

from collections import defaultdict
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from core.data import BATCHES, DROPOUT, WEIGHTS, load, stream
from core.engine.initial import INITS
from core.engine.optimizers import OPTIMIZERS
from core.engine.probes import SAMPLED
from core.run import DELTA_EDGES, PRE_ACTIVATION_EDGES, activation_edges

PHI = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "identity": nn.Identity(),
}
LOSS = {
    "bce": lambda output, y: F.binary_cross_entropy_with_logits(output[:, 0], y),
    "cross_entropy": lambda output, y: F.cross_entropy(output, y.long()),
    "mse": lambda output, y: F.mse_loss(output[:, 0], y),
}


class Network(nn.Module):
    """Keeps what `entered` and what `left` every activation function in the last forward pass."""

    def __init__(self, e):
        super().__init__()
        self.e, sizes = e, [e.inputs, *e.depth * [e.width], e.outputs]
        self.linear = nn.ModuleList(nn.Linear(i, o) for i, o in pairwise(sizes))
        self.norm = nn.ModuleList(nn.BatchNorm1d(e.width) for _ in range(e.depth * e.batchnorm))
        self.to(getattr(torch, e.precision))
        self.streams = [stream(e.seed, DROPOUT, layer) for layer in range(e.depth)]
        for layer, linear in enumerate(self.linear):
            self._draw(layer, linear.weight.data, linear.bias.data)

    def _draw(self, layer, weight, bias):
        rng = stream(self.e.seed, WEIGHTS, layer)
        weight.copy_(torch.from_numpy(self.e.gain * INITS[self.e.init](rng, *weight.shape)))
        bias.zero_()
        if self.e.init == "pytorch":
            bias.copy_(torch.from_numpy(rng.uniform(-1, 1, len(bias)) / np.sqrt(weight.shape[1])))
        if layer < self.e.depth:
            bias.add_(self.e.bias)

    def forward(self, h):
        self.entered, self.left = [], []
        for layer in range(self.e.depth):
            z = self.linear[layer](h)
            if self.e.batchnorm:
                z = self.norm[layer](z)
            if self.training:
                z.retain_grad()
            a = PHI[self.e.activation](z)
            self.entered.append(z)
            self.left.append(a)
            if self.training:
                a = self._drop(layer, a)
            h = a + h if self.e.residual and layer else a
        return self.linear[-1](h)

    def _drop(self, layer, a):
        p = self.e.dropout_after(layer)
        if p in (0, 1):
            return a * (1 - p)
        drawn = self.streams[layer].random((a.shape[1], a.shape[0]), dtype=np.float32).T
        return a * torch.from_numpy(drawn >= np.float32(p)) / (1 - p)


def batches(e, x, y):
    rng = stream(e.seed, BATCHES)
    while True:
        order = torch.from_numpy(rng.permutation(e.samples)) if e.batch_size else torch.arange(e.samples)
        for rows in order.split(e.batch):
            yield x[rows], y[rows]


def accuracy(e, output, y):
    if e.loss == "mse":
        return 1 - F.mse_loss(output[:, 0], y) / y.var(correction=0)
    guess = output[:, 0] > 0 if e.loss == "bce" else output.argmax(dim=1)
    return (guess == y).double().mean()


def evaluate(model, x, y):
    """Loss, accuracy and active_fraction [L, units] of a whole set in evaluation mode."""
    model.eval()
    with torch.no_grad():
        output = model(x)
    active = torch.stack([(z > 0).double().mean(dim=0) for z in model.entered])
    return LOSS[model.e.loss](output, y), accuracy(model.e, output, y), active


def ratio(a, b):
    return a / b if b else torch.tensor(torch.nan)


def slope(phi, z):
    z = z.detach().requires_grad_()
    return torch.autograd.grad(phi(z).sum(), z)[0]


def shares(values, edges):
    values = values.detach()[:SAMPLED].numpy().ravel()
    found = np.searchsorted(edges.astype(values.dtype), values)
    return torch.from_numpy(np.bincount(found, minlength=len(edges) + 1) / values.size).float()


def per_unit(model, name):
    norms = [getattr(norm, name).detach().clone() for norm in model.norm]
    return torch.stack(norms) if norms else torch.empty(0, model.e.width)


def layer_probes(model, layer, start):
    """What is known of a hidden layer between backward pass and update."""
    z, a, weight = model.entered[layer], model.left[layer], model.linear[layer].weight
    steepest = 0.25 if model.e.activation == "sigmoid" else 1
    return {
        "activation_mean": a.mean(),
        "activation_std": a.double().var(dim=0, correction=0).mean().sqrt(),
        "delta_norm": z.grad.square().mean().sqrt(),
        "weight_grad_norm": weight.grad.norm(),
        "weight_norm": weight.norm(),
        "weight_moved": ratio((weight - start).norm(), start.norm()),
        "saturated_fraction": (slope(PHI[model.e.activation], z).abs() < 0.06 * steepest).double().mean(),
        "activation_histogram": shares(a, activation_edges(model.e.activation)),
        "pre_activation_histogram": shares(z, PRE_ACTIVATION_EDGES),
        "delta_histogram": shares(z.grad.abs(), DELTA_EDGES),
    }


def train(e, at, first=None):
    """loss [steps]; `measured`: name -> [snapshots, ...] at the steps `at`; `weights`: the final state.

    first: the weights to start from instead of its own, by their names in PyTorch.
    """
    data = load(e)
    x, y, x_test, y_test = (
        torch.from_numpy(getattr(data, name)).to(getattr(torch, e.precision))
        for name in ("x_train", "y_train", "x_test", "y_test")
    )
    model, losses, measured = Network(e), [], defaultdict(list)
    for name, value in (first or {}).items():
        model.get_parameter(name).data.copy_(torch.from_numpy(value))
    start = [linear.weight.detach().clone() for linear in model.linear]
    kind = OPTIMIZERS[e.optimizer]
    options = {"momentum": e.momentum} if kind.has_momentum else {}
    optimizer = getattr(torch.optim, kind.__name__)(
        model.parameters(), lr=e.learning_rate, weight_decay=e.weight_decay, **options
    )
    for step, (x_batch, y_batch) in zip(range(e.steps + 1), batches(e, x, y), strict=False):
        if step in at:
            train_loss, train_accuracy, active = evaluate(model, x, y)
            test_loss, test_accuracy, _ = evaluate(model, x_test, y_test)
            now = dict(train_loss=train_loss, train_accuracy=train_accuracy, active_fraction=active)
            now |= dict(test_loss=test_loss, test_accuracy=test_accuracy)
            now["dead_fraction"] = (active == 0).double().mean(dim=1)
            now |= dict(gamma=per_unit(model, "weight"), beta=per_unit(model, "bias"))
        if step == e.steps:
            weights = {name: value.numpy().copy() for name, value in model.state_dict().items()}
        model.train()
        optimizer.zero_grad()
        loss = LOSS[e.loss](model(x_batch), y_batch)
        losses.append(loss.item())
        loss.backward()
        before = [linear.weight.detach().clone() for linear in model.linear]
        layers = [layer_probes(model, layer, start[layer]) for layer in range(e.depth)]
        if e.clip_norm:
            nn.utils.clip_grad_norm_(model.parameters(), e.clip_norm)
        optimizer.step()
        for layer, probes in enumerate(layers):
            moved = (model.linear[layer].weight - before[layer]).norm()
            probes["update_ratio"] = ratio(moved, before[layer].norm())
        if step in at:
            now |= {name: torch.stack([probes[name] for probes in layers]) for name in layers[0]}
            for name, value in now.items():
                measured[name].append(value.detach().numpy())
    return SimpleNamespace(
        loss=np.array(losses[:-1]),
        measured={name: np.array(values) for name, values in measured.items()},
        weights={name: value for name, value in weights.items() if not name.endswith("tracked")},
    )


def assert_same(run, other):
    """Two Runs agree in every bit of every array; any NaN is as good as another."""
    assert run.experiment == other.experiment
    for name, value in _flat(run).items():
        np.testing.assert_array_equal(value, _flat(other)[name], err_msg=name, strict=True)


def _flat(run):
    fields = {name: value for name, value in vars(run).items() if name not in ("probes", "weights")}
    return fields | run.probes | run.weights
