"""How long page and exported script agree, beside what the page promises, on drawn networks.

    python tests/benchmarks/agreement.py [--seed 1] [--count 30]

Draws experiments of every kind, runs the script of each in this process, and finds the first step whose loss
is more than 1 % from the page's: the promise holds where that is no earlier than `script_leaves`. Prints one
line a network, then how many promises were broken, and how tight they are. Page and script round differently
here in the order of their sums; what they do on another processor is another sample of the same.
"""

import argparse
import contextlib
import io
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import torch
from pydantic import ValidationError

from core.diagnosis.chaos import AGREE, apart, sensitivity
from core.engine.train import train
from core.experiment import Experiment
from core.export.script import pytorch_script

MENU = dict(
    dataset=("circles", "moons", "spirals", "blobs", "curve", "xor", "gaussians"),
    samples=(128, 256),
    noise=(0, 0.08, 0.2),
    depth=(1, 2, 4, 6, 8, 12, 20, 30),
    width=(8, 16, 32, 64),
    activation=("relu", "tanh", "sigmoid", "gelu", "leaky_relu", "selu", "silu", "elu"),
    init=("he", "xavier", "lecun", "pytorch", "normal", "orthogonal"),
    gain=(1, 1, 1, 2, 3, 0.5),
    batchnorm=(False, False, True),
    residual=(False, False, True),
    dropout=(0, 0, 0, 0.3),
    optimizer=("sgd", "sgd", "adam"),
    learning_rate=(0.003, 0.01, 0.03, 0.1, 0.3),
    momentum=(0, 0.9),
    weight_decay=(0, 0, 1e-3),
    batch_size=(0, 0, 64, 16),
    clip_norm=(0, 0, 1),
    precision=("float32",) * 5 + ("float64",),
    steps=(100, 200, 300),
)


def drawn(rng):
    """An experiment with every setting drawn; drawn again until they go together."""
    while True:
        with contextlib.suppress(ValidationError):
            seed = rng.randrange(10_000)
            return Experiment(seed=seed, **{name: rng.choice(values) for name, values in MENU.items()})


def script_losses(e):
    """The loss of every step that the exported script gets."""
    script = {"__name__": "script"}
    exec(compile(pytorch_script(e), "script", "exec"), script)
    torch.set_num_threads(1)
    x, y, _, _ = script["load"]()
    network = script["Network"]()
    script["draw_weights"](network)
    with contextlib.redirect_stdout(io.StringIO()):
        return np.array(script["train"](network, x, y))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=30)
    asked = parser.parse_args()
    rng, broken, calm, parted, shares = random.Random(asked.seed), 0, 0, 0, []
    for _ in range(asked.count):
        e = drawn(rng)
        [run] = train([e])
        found = sensitivity(run)
        away = np.flatnonzero(apart(run.loss, script_losses(e)) > AGREE)
        left = int(away[0]) if len(away) else e.steps
        broken += left < found.script_leaves
        if left == e.steps:
            parted += found.script_leaves < e.steps
            calm += 1
        else:
            shares.append(found.script_leaves / left)
        mark = "BROKEN" if left < found.script_leaves else ""
        kind = "chaotic" if found.chaotic else ""
        print(
            f"{e.steps:4} steps, promised {found.script_leaves:4}, script {left:4} {kind:8}{mark:7}"
            f"{e.dataset} {e.depth} x {e.width} {e.activation} {e.init} {e.precision} seed {e.seed}",
            flush=True,
        )
    print(f"{broken} of {asked.count} promises broken")
    print(f"{calm} scripts agree to the end; of {parted} of them less was promised")
    if shares:
        print(f"where the script leaves, the promise ends at {np.median(shares):.2f} of its steps (median)")


if __name__ == "__main__":
    main()
