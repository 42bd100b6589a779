"""Milliseconds per gradient step: this engine beside a plain loop of nn.Module and torch.optim.

    python tests/benchmarks/engine.py

Both take one core and CPU time is counted, so that a busy machine disturbs little. The plain loop trains one
network after the other and measures nothing; the engine is shown with the fewest snapshots, at the start and
the end, and with one every five steps, as on the pages.
"""

import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))

import torch
from torch import nn
from torch.nn import functional as F

from core.data import load
from core.engine.train import train
from core.experiment import Experiment

ROUNDS, STEPS = 5, 100
ONE = Experiment(samples=512, depth=8, width=32, learning_rate=0.01, steps=STEPS)
DEEP = ONE.but(depth=30, width=64, learning_rate=1e-3)
WORKLOADS = {
    "W1: one network, 8 layers of 32": [ONE],
    "W2: 32 networks, 8 learning rates x 4 seeds": ONE.vary(
        learning_rate=[0.001 * 2**i for i in range(8)], seed=range(4)
    ),
    "W3: 9 networks, 30 layers of 64": DEEP.vary(
        init=["he", "xavier", "pytorch"], activation=["relu", "tanh", "sigmoid"]
    ),
}
MODULES = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def plain(experiments):
    """What one would write in a notebook. The values of the weights do not matter for the time."""
    for e in experiments:
        data = load(e)
        x, y = torch.tensor(data.x_train).float(), torch.tensor(data.y_train).float()[:, None]
        layers, fan_in = [], e.inputs
        for _ in range(e.depth):
            layers += [nn.Linear(fan_in, e.width), MODULES[e.activation]()]
            fan_in = e.width
        model = nn.Sequential(*layers, nn.Linear(fan_in, 1))
        optimizer = torch.optim.SGD(model.parameters(), lr=e.learning_rate, momentum=e.momentum)
        for _ in range(e.steps):
            optimizer.zero_grad()
            loss = F.binary_cross_entropy_with_logits(model(x), y)
            loss.backward()
            optimizer.step()
            loss.item()


def milliseconds(function, *arguments):
    """CPU milliseconds per gradient step of the whole workload."""
    start = time.process_time()
    function(*arguments)
    return (time.process_time() - start) * 1000 / STEPS


def main():
    torch.set_num_threads(1)
    for name, experiments in WORKLOADS.items():
        ways = {
            "plain": (plain, experiments),
            "engine": (train, experiments, 2),
            "with snapshots": (train, experiments, STEPS // 5),
        }
        rounds = [{way: milliseconds(*call) for way, call in ways.items()} for _ in range(ROUNDS)]
        cost = {way: median(r[way] for r in rounds[1:]) for way in ways}
        print(name)
        for way, value in cost.items():
            print(f"    {way:18}{value:9.2f} ms a step{cost['plain'] / value:7.1f} times the speed of plain")


if __name__ == "__main__":
    main()
