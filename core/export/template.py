"""The text of the PyTorch script that core.export.script hands out, piece by piece.

A line that ends in a mark such as `# if label_noise, not mse` is for the experiments where that holds, and
`$name` stands for a setting.
"""

HEAD = '''
"""$sentence

Its losses are those of the page up to rounding, which a chaotic training lets grow: the page says from which
step on.

Its settings, to be added to the address of a page of the Gradient Clinic:
$link
"""

import json
import math

import numpy as np
import torch
from torch import nn

SEED = $seed
SAMPLES = $samples
NOISE = $noise
LABEL_NOISE = $label_noise  # if label_noise
INPUT_SCALE = $input_scale  # if input_scale
INPUT_SPREAD = $input_spread  # if input_spread
INPUT_SHIFT = $input_shift  # if input_shift
TARGET_SCALE = $target_scale  # if target_scale, mse
TARGET_SHIFT = $target_shift  # if target_shift, mse

INPUTS = $inputs
DEPTH = $depth
WIDTH = $width
OUTPUTS = $outputs
GAIN = $gain  # if gain
BIAS = $bias  # if bias
DROPOUT = $dropout  # if dropout
DTYPE = torch.$precision

STEPS = $steps
BATCH_SIZE = $batch_size  # if batch_size
LEARNING_RATE = $learning_rate
MOMENTUM = $momentum  # if momentum
WEIGHT_DECAY = $weight_decay  # if weight_decay
CLIP_NORM = $clip_norm  # if clip_norm
loss_function = nn.$loss()

# Every use of random numbers has its own stream in every layer, so that a change of one setting leaves the
# rest as it is: a deeper network still sees the same data, and its first layers start the same.
STREAMS = {
    "data": 0,
    "label_noise": 1,  # if label_noise
    "weights": 2,
    "dropout": 3,  # if dropout
    "batches": 4,  # if batch_size
}


def stream(use, layer=0):
    """The random numbers of one use in one layer."""
    return np.random.default_rng([SEED, STREAMS[use], layer])
'''

LOAD = '''
def load():
    """A training set and a held-out set of the same size: x_train, y_train, x_test, y_test."""
    x, y = $dataset(stream("data"), 2 * SAMPLES, INPUTS, NOISE)
    x = INPUT_SCALE * x  # if input_scale
    x = x * INPUT_SPREAD ** np.linspace(0, 1, INPUTS)  # if input_spread
    x = x + INPUT_SHIFT  # if input_shift
    x = $scaling(x, x[:SAMPLES])  # if scaling
    rng = stream("label_noise")  # if label_noise
    y[:SAMPLES] += LABEL_NOISE * rng.normal(size=SAMPLES)  # if label_noise, mse
    y = TARGET_SCALE * y  # if target_scale, mse
    y = y + TARGET_SHIFT  # if target_shift, mse
    y = $target_scaling(y, y[:SAMPLES])  # if target_scaling, mse
    wrong = np.flatnonzero(rng.random(SAMPLES) < LABEL_NOISE)  # if label_noise, not mse
    y[wrong] = 1 - y[wrong]  # if label_noise, bce
    other = rng.integers(1, OUTPUTS, SAMPLES)  # if label_noise, cross_entropy
    y[wrong] = (y[wrong] + other[wrong]) % OUTPUTS  # if label_noise, cross_entropy
    x = torch.tensor(x, dtype=DTYPE)
    y = torch.tensor(y)  # if cross_entropy
    y = torch.tensor(y, dtype=DTYPE)[:, None]  # if not cross_entropy
    return x[:SAMPLES], y[:SAMPLES], x[SAMPLES:], y[SAMPLES:]
'''

DROPOUT = '''
class Dropout(nn.Module):
    """What nn.Dropout does, with a stream of random numbers of its own."""

    def __init__(self, layer):
        super().__init__()
        self.rng = stream("dropout", layer)

    def forward(self, h):
        if not self.training:
            return h
        drawn = self.rng.random((h.shape[1], h.shape[0]), dtype=np.float32).T
        return h * torch.from_numpy(drawn >= np.float32(DROPOUT)) / (1 - DROPOUT)
'''

NETWORK = '''
class Network(nn.Module):
    """DEPTH hidden layers of WIDTH units, then a linear layer."""

    def __init__(self):
        super().__init__()
        sizes, layers = [INPUTS, *DEPTH * [WIDTH], OUTPUTS], range(DEPTH + 1)
        self.linear = nn.ModuleList(nn.Linear(sizes[i], sizes[i + 1], dtype=DTYPE) for i in layers)
        self.norm = nn.ModuleList(nn.BatchNorm1d(WIDTH, dtype=DTYPE) for _ in range(DEPTH))  # if batchnorm
        self.activation = nn.$activation()
        self.dropout = nn.ModuleList($drop for layer in range(DEPTH))  # if dropout, dropout_last
        self.dropout = nn.ModuleList($drop for layer in range(DEPTH - 1))  # if dropout, not dropout_last

    def forward(self, h):
        for layer in range(DEPTH):
            skip = h  # if residual
            h = self.linear[layer](h)
            h = self.norm[layer](h)  # if batchnorm
            h = self.activation(h)
            h = self.dropout[layer](h)  # if dropout, dropout_last
            h = self.dropout[layer](h) if layer < DEPTH - 1 else h  # if dropout, not dropout_last
            if layer > 0:  # if residual
                h = h + skip  # if residual
        return self.linear[-1](h)
'''

WEIGHTS = '''
@torch.no_grad()
def draw_weights(network):
    """Give every layer its initial weights and biases."""
    for i, layer in enumerate(network.linear):
        rng, (fan_out, fan_in) = stream("weights", i), layer.weight.shape
        weight = $init(rng, fan_out, fan_in)
        weight = GAIN * weight  # if gain
        layer.weight.copy_(torch.from_numpy(weight))
        bias = rng.uniform(-1, 1, fan_out) / np.sqrt(fan_in)  # if pytorch
        layer.bias.copy_(torch.from_numpy(bias))  # if pytorch
        layer.bias.zero_()  # if not pytorch
        if i < DEPTH:  # if bias
            layer.bias.add_(BIAS)  # if bias
'''

BATCHES = '''
def batches(x, y):
    """Mini-batches without end; every epoch shuffles the samples anew."""
    rng = stream("batches")
    while True:
        order = torch.from_numpy(rng.permutation(SAMPLES))
        for chosen in order.split(BATCH_SIZE):
            yield x[chosen], y[chosen]
'''

TRAIN = '''
def train(network, x, y):
    """The loss of every step, before its update; NaN after the first loss that is not finite."""
    optimizer = torch.optim.$optimizer(
        network.parameters(),
        lr=LEARNING_RATE,
        momentum=MOMENTUM,  # if momentum
        weight_decay=WEIGHT_DECAY,  # if weight_decay
    )
    losses = [math.nan] * STEPS
    batch = batches(x, y)  # if batch_size
    for step in range(STEPS):
        x, y = next(batch)  # if batch_size
        loss = loss_function(network(x), y)
        losses[step] = loss.item()
        if step % $every == 0:
            print(f"step {step}: loss {losses[step]:.6g}")
        if not math.isfinite(losses[step]):
            print(f"step {step}: the loss is {losses[step]}, training ends here")
            break
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP_NORM)  # if clip_norm
        optimizer.step()
    return losses


@torch.no_grad()
def accuracy(network, x, y):
    """The share of samples in the right class, in evaluation mode."""  # if not mse
    """The explained variance R2, in evaluation mode."""  # if mse
    network.eval()
    output = network(x)
    return ((output > 0) == (y == 1)).double().mean().item()  # if bce
    return (output.argmax(dim=1) == y).double().mean().item()  # if cross_entropy
    return (1 - loss_function(output, y) / y.var(correction=0)).item()  # if mse

'''

DEAD_UNITS = '''
@torch.no_grad()
def dead_units(network, x):
    """How many units of every hidden layer are at or below 0 on all samples, in evaluation mode."""
    dead = []

    def count(relu, entering, leaving):
        dead.append(int((entering[0] <= 0).all(dim=0).sum()))

    network.activation.register_forward_hook(count)
    network.eval()
    network(x)
    return dead
'''

MAIN = """
def main():
    torch.set_num_threads(1)  # small networks are fastest on one core
    x_train, y_train, x_test, y_test = load()
    network = Network()
    draw_weights(network)
    losses = train(network, x_train, y_train)
    if math.isfinite(losses[-1]):  # if relu
        print(f"dead units per hidden layer {dead_units(network, x_train)}")  # if relu
    print(f"held-out accuracy {accuracy(network, x_test, y_test):.4f}")  # if not mse
    print(f"held-out R2 {accuracy(network, x_test, y_test):.4f}")  # if mse
    print(json.dumps(losses))  # Python's json also reads NaN and Infinity


if __name__ == "__main__":
    main()
"""
