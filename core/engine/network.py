"""Stack: K networks of one shape as one set of tensors, with forward and backward pass written out.

A layer is: weighted sum, batch normalization, activation, dropout, and with residual connections plus
its input. Samples lie last and contiguous: weights [K, fan_out, fan_in], signals [K, units, batch].
Every sum stays inside one network, so that no network can feel its neighbours, not even their NaN.
"""

import numpy as np
import torch
from torch.nn import functional as F

from core.data import DROPOUT, stream
from core.engine.activations import ACTIVATIONS
from core.engine.initial import initial
from core.engine.objectives import accuracy, objective, objective_delta
from core.experiment import BN_EPSILON, BN_MOMENTUM


def weighted_sum(weight, h, bias, out=None):
    """weight @ h + bias. One input takes plain products: BLAS would depend on the number of networks."""
    if weight.shape[2] == 1:
        return torch.mul(weight, h, out=out).add_(bias)
    return torch.baddbmm(bias, weight, h, out=out)


def weight_gradient(delta, h, out):
    """dL/dW = delta @ h.T, summed over the batch."""
    if h.shape[1] == 1:
        return torch.sum(delta * h, dim=2, keepdim=True, out=out)
    return torch.bmm(delta, h.mT, out=out)


def send_back(weight, delta, out):
    """dL/dh = W.T @ delta: every unit collects from all units it fed."""
    if weight.shape[2] == 1:
        return torch.sum(weight * delta, dim=1, keepdim=True, out=out)
    return torch.bmm(weight.mT, delta, out=out)


class Stack:
    """Networks that share data size, depth, width, activation, batchnorm, residual and precision.

    All parameters lie in the flat tensor `parameters`, their gradients in `gradients`: `weight[l]`
    [K, fan_out, fan_in], `bias[l]`, `gamma[l]` and `beta[l]` [K, units, 1] are views of the first,
    `d_weight[l]` and so on of the second; `owner` tells whose network an element is. `tick()` is
    called after every layer.
    """

    def __init__(self, experiments, tick=lambda: None):
        self.experiments, self.tick = list(experiments), tick
        e = self.like = self.experiments[0]
        self.count, self.dtype = len(self.experiments), getattr(torch, e.precision)
        self.activation = ACTIVATIONS[e.activation]
        self._load_data()
        self._allocate_parameters()
        self._draw_parameters()
        self._allocate_signals()

    def _load_data(self):
        e, sets = self.like, []
        for experiment in self.experiments:
            sets.append(experiment.load())
            self.tick()

        def features(name):
            return torch.stack([torch.from_numpy(getattr(s, name).T.copy()) for s in sets]).to(self.dtype)

        def targets(name):
            y = torch.stack([torch.from_numpy(getattr(s, name).copy()) for s in sets])
            if e.loss == "cross_entropy":
                return F.one_hot(y, e.outputs).mT.to(self.dtype).contiguous()
            return y[:, None, :].to(self.dtype)

        self.x_train, self.x_test = features("x_train"), features("x_test")
        self.y_train, self.y_test = targets("y_train"), targets("y_test")

    def _allocate_parameters(self):
        e, hidden = self.like, self.like.depth * [(self.like.width, 1)]
        sizes = [e.inputs, *e.depth * [e.width], e.outputs]
        shapes = {
            "weight": list(zip(sizes[1:], sizes, strict=False)),
            "bias": [*hidden, (e.outputs, 1)],
            "gamma": hidden * e.batchnorm,
            "beta": hidden * e.batchnorm,
        }
        size = self.count * sum(rows * columns for group in shapes.values() for rows, columns in group)
        self.parameters = torch.zeros(size + -size % 64, dtype=self.dtype)
        self.gradients = torch.zeros_like(self.parameters)
        self.owner = torch.zeros(len(self.parameters), dtype=torch.long)
        start = 0
        for name, group in shapes.items():
            views, gradients = [], []
            for rows, columns in group:
                end = start + self.count * rows * columns
                views.append(self.parameters[start:end].view(self.count, rows, columns))
                gradients.append(self.gradients[start:end].view(self.count, rows, columns))
                self.owner[start:end] = torch.arange(self.count).repeat_interleave(rows * columns)
                start = end
            setattr(self, name, views)
            setattr(self, "d_" + name, gradients)

    def _draw_parameters(self):
        for layer, (weight, bias) in enumerate(zip(self.weight, self.bias, strict=True)):
            for k, e in enumerate(self.experiments):
                weight[k], bias[k, :, 0] = map(torch.from_numpy, initial(e, layer))
                self.tick()
        for gamma in self.gamma:
            gamma.fill_(1)
        self.start = [weight.clone() for weight in self.weight[:-1]]

    def _allocate_signals(self):
        e = self.like
        shape = (e.depth, self.count, e.width, e.batch)
        self.pre_activation, self.activated, self.delta = torch.empty(3, *shape, dtype=self.dtype)
        self.returning = torch.empty(2, *shape[1:], dtype=self.dtype)
        rates = [[e.dropout_after(layer) for e in self.experiments] for layer in range(e.depth)]
        rates = torch.tensor(rates, dtype=self.dtype)[..., None, None]
        self.drops = bool(rates.any())
        if self.drops:
            self.mask = torch.empty(shape, dtype=self.dtype)
            self.drawn, self.rate = torch.zeros(shape[1:]), rates.float()
            self.kept_scale = torch.where(rates < 1, 1 / (1 - rates), 0)
            self.mask_streams = [
                [stream(e.seed, DROPOUT, layer) for e in self.experiments] for layer in range(e.depth)
            ]
        if e.batchnorm:
            self.normalized = torch.empty(shape, dtype=self.dtype)
            self.std = torch.empty(*shape[:3], 1, dtype=self.dtype)
            self.running_mean = torch.zeros_like(self.std)
            self.running_var = torch.ones_like(self.std)
        changed = self.drops or e.residual
        self.signal = [None, *(torch.empty_like(self.activated) if changed else self.activated)]

    def forward(self, x, y):
        """One batch forward in training mode; every intermediate result is kept. Returns the losses [K]."""
        self.signal[0] = x
        for layer in range(self.like.depth):
            pre_activation = self.pre_activation[layer]
            weighted_sum(self.weight[layer], self.signal[layer], self.bias[layer], out=pre_activation)
            if self.like.batchnorm:
                self._normalize(layer, pre_activation)
            self.activation.forward(pre_activation, self.activated[layer])
            self._pass_on(layer)
            self.tick()
        self.output = weighted_sum(self.weight[-1], self.signal[-1], self.bias[-1])
        return objective(self.like.loss, self.output, y).mean(dim=1)

    def _pass_on(self, layer):
        """Dropout, then the residual connection: from activated[layer] to signal[layer + 1]."""
        activated, signal = self.activated[layer], self.signal[layer + 1]
        if self.drops:
            for drawn, rng in zip(self.drawn.numpy(), self.mask_streams[layer], strict=True):
                rng.random(out=drawn, dtype=np.float32)
            torch.ge(self.drawn, self.rate[layer], out=self.mask[layer]).mul_(self.kept_scale[layer])
            torch.mul(activated, self.mask[layer], out=signal)
        elif self.like.residual:
            signal.copy_(activated)
        if self.like.residual and layer:
            signal += self.signal[layer]

    def _normalize(self, layer, z):
        """Batch normalization (Ioffe & Szegedy 2015, algorithm 1), in place on z [K, units, batch]."""
        n, normalized, std = z.shape[2], self.normalized[layer], self.std[layer]
        mean = z.mean(dim=2, keepdim=True)
        torch.sub(z, mean, out=normalized)
        variance = torch.linalg.vector_norm(normalized, dim=2, keepdim=True).square_() / n
        torch.sqrt(variance + BN_EPSILON, out=std)
        normalized /= std
        torch.mul(normalized, self.gamma[layer], out=z).add_(self.beta[layer])
        self.running_mean[layer].mul_(1 - BN_MOMENTUM).add_(mean * BN_MOMENTUM)
        self.running_var[layer].mul_(1 - BN_MOMENTUM).add_(variance * (BN_MOMENTUM * n / (n - 1)))

    def backward(self, y, keep=False):
        """The chain rule from the loss back to every parameter.

        `keep` leaves every layer's error signal in `delta`; otherwise two places are used in turn, which
        stay in the processor's cache.
        """
        delta = self.output_delta = objective_delta(self.like.loss, self.output, y)
        gradient = self._collect(self.like.depth, delta)
        for layer in reversed(range(self.like.depth)):
            from_above = gradient
            if self.drops:
                gradient = gradient * self.mask[layer]
            delta = self.delta[layer if keep else layer % 2]
            self.activation.backward(gradient, self.pre_activation[layer], self.activated[layer], delta)
            if self.like.batchnorm:
                delta = self._through_normalization(layer, delta)
            gradient = self._collect(layer, delta)
            if self.like.residual and layer:
                gradient += from_above
            self.tick()

    def _collect(self, layer, delta):
        """Gradients of this layer's weights and biases, and of the signal it received."""
        weight_gradient(delta, self.signal[layer], out=self.d_weight[layer])
        torch.sum(delta, dim=2, keepdim=True, out=self.d_bias[layer])
        return send_back(self.weight[layer], delta, out=self.returning[layer % 2]) if layer else None

    def _through_normalization(self, layer, delta):
        """Gradient by the weighted sum; mean and deviation depend on every sample of the batch."""
        normalized = self.normalized[layer]
        torch.sum(delta * normalized, dim=2, keepdim=True, out=self.d_gamma[layer])
        torch.sum(delta, dim=2, keepdim=True, out=self.d_beta[layer])
        centred = delta - self.d_beta[layer] / delta.shape[2]
        centred -= normalized * (self.d_gamma[layer] / delta.shape[2])
        return centred.mul_(self.gamma[layer] / self.std[layer])

    def inference(self, x):
        """Evaluation mode: every layer's input and its pre-activation, the output layer's last.

        The pre-activation is overwritten when the next layer is asked for.
        """
        e, signal = self.like, x
        for layer in range(e.depth):
            z = weighted_sum(self.weight[layer], signal, self.bias[layer])
            if e.batchnorm:
                std = torch.sqrt(self.running_var[layer] + BN_EPSILON)
                z.sub_(self.running_mean[layer]).div_(std).mul_(self.gamma[layer]).add_(self.beta[layer])
            yield signal, z
            self.activation.forward(z, z)
            signal = z + signal if e.residual and layer else z
        yield signal, weighted_sum(self.weight[-1], signal, self.bias[-1])

    def evaluate(self, x, y, active=None):
        """Loss and accuracy [K] of a whole set in evaluation mode.

        `active` [L, K, units] receives the share of samples on which a unit's pre-activation is above 0,
        NaN where the network's output is not finite.
        """
        e = self.like
        for layer, (_, output) in enumerate(self.inference(x)):
            if active is not None and layer < e.depth:
                torch.mean(torch.gt(output, 0, out=torch.empty_like(output)), dim=2, out=active[layer])
            self.tick()
        if active is not None:
            active[:, ~output.isfinite().all(dim=2).all(dim=1)] = torch.nan
        loss = objective(e.loss, output, y).mean(dim=1)
        return loss, torch.where(loss.isnan(), torch.nan, accuracy(e.loss, output, y))

    def state(self, k: int) -> dict[str, np.ndarray]:
        """Parameters and running statistics of network k, under the names they have in PyTorch."""
        state = {}
        for layer, (weight, bias) in enumerate(zip(self.weight, self.bias, strict=True)):
            state[f"linear.{layer}.weight"] = weight[k].numpy().copy()
            state[f"linear.{layer}.bias"] = bias[k, :, 0].numpy().copy()
        for layer in range(len(self.gamma)):
            state[f"norm.{layer}.weight"] = self.gamma[layer][k, :, 0].numpy().copy()
            state[f"norm.{layer}.bias"] = self.beta[layer][k, :, 0].numpy().copy()
            state[f"norm.{layer}.running_mean"] = self.running_mean[layer, k, :, 0].numpy().copy()
            state[f"norm.{layer}.running_var"] = self.running_var[layer, k, :, 0].numpy().copy()
        return state
