"""How good the rules are: healthy and broken networks over five seeds, and what the offered remedies do.

    python tests/benchmarks/rules.py

Every healthy run should be silent or get a note at most, every broken run the finding in front of its name,
and every remedy should make its finding go and the loss end lower. Takes some minutes on one core.
"""

import re
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from core.diagnosis.measures import short
from core.diagnosis.rules import diagnose, helped
from core.engine.train import train
from core.experiment import Experiment

SEEDS, SNAPSHOTS = range(5), 20
START = Experiment(samples=256, depth=6, steps=200)
SIGMOID = dict(activation="sigmoid", init="xavier")
TANH = dict(activation="tanh", init="xavier")
SELU = dict(activation="selu", init="lecun")
ADAM = dict(optimizer="adam", learning_rate=0.003)
DEFAULT = dict(init="pytorch", depth=12)
HE_2015 = dict(depth=20, width=64, samples=512, learning_rate=0.003, batch_size=128, steps=300)
WIDE = dict(depth=10, width=64, samples=512, learning_rate=0.1, gain=2**0.5)
NORM = dict(batchnorm=True, batch_size=64)
CLOUD = dict(dataset="gaussians", depth=2, width=64, samples=512, batch_size=64, steps=100)

HEALTHY = {
    **{f"relu, {depth} layers": dict(depth=depth) for depth in (2, 3, 4, 6, 8, 10, 12)},
    "he 2015, 20 layers": HE_2015,
    "he, 30 layers, small steps": dict(depth=30, learning_rate=0.002),
    "default init, 3 layers": dict(depth=3, init="pytorch"),
    "xavier relu, 4 layers": dict(depth=4, init="xavier"),
    "orthogonal relu": dict(init="orthogonal", gain=1.41),
    "tanh, 4 layers": dict(depth=4, **TANH),
    "tanh, 8 layers": dict(depth=8, **TANH),
    "tanh, gain 1.2": dict(depth=10, activation="tanh", init="normal", gain=1.2),
    "sigmoid, 1 layer": dict(SIGMOID, depth=1, steps=400, optimizer="adam", learning_rate=0.05),
    "sigmoid, 2 layers": dict(depth=2, learning_rate=0.5, steps=600, **SIGMOID),
    "sigmoid, adam": dict(depth=2, **SIGMOID) | dict(optimizer="adam", learning_rate=0.02),
    **{name: dict(activation=name) for name in ("gelu", "silu", "elu", "leaky_relu")},
    "selu, 8 layers": dict(depth=8, learning_rate=0.02, **SELU),
    "identity": dict(activation="identity", init="xavier", dataset="blobs", depth=3),
    **{f"batchnorm, {depth} layers": dict(NORM, depth=depth) for depth in (6, 12, 20)},
    "batchnorm, 30 layers": dict(depth=30, batchnorm=True),
    "batchnorm, full batch": dict(batchnorm=True, depth=12),
    "batchnorm, gain 5": dict(NORM, gain=5),
    "batchnorm, gain 0.05": dict(NORM, gain=0.05),
    "batchnorm, learning rate 0.3": dict(NORM, depth=4, learning_rate=0.3),
    "batchnorm, features x1000": dict(NORM, depth=4, input_scale=1000),
    "residual, 4 layers": dict(residual=True, depth=4, learning_rate=0.01),
    "residual, 6 layers": dict(residual=True, learning_rate=0.005),
    "residual, default init": dict(DEFAULT, residual=True),
    "residual, batchnorm": dict(residual=True, batchnorm=True, depth=10),
    "adam": ADAM,
    "adam, 3 layers": dict(depth=3, optimizer="adam", learning_rate=0.01),
    "adam, default init": dict(DEFAULT, **ADAM),
    "batches of 32": dict(batch_size=32, learning_rate=0.01),
    "batches of 64": dict(depth=4, batch_size=64),
    "dropout 0.2": dict(depth=4, dropout=0.2),
    "dropout 0.5": dict(depth=2, width=128, dropout=0.5, **ADAM),
    "moons": dict(dataset="moons", depth=4),
    "xor": dict(dataset="xor", depth=4),
    "xor, 10 features": dict(dataset="xor", features=10, depth=3),
    "spirals": dict(dataset="spirals", depth=4, steps=400),
    "spirals, adam": dict(dataset="spirals", depth=8, **ADAM),
    "blobs": dict(dataset="blobs", depth=4),
    "blobs, 20 features": dict(dataset="blobs", features=20, depth=4, learning_rate=0.01),
    "gaussians": dict(dataset="gaussians", depth=3),
    "gaussians, 6 layers": dict(dataset="gaussians", learning_rate=0.02),
    "curve": dict(dataset="curve", depth=3, learning_rate=0.02),
    "curve, noise 0.5": dict(dataset="curve", depth=4, learning_rate=0.01, noise=0.5),
    "curve, tanh": dict(dataset="curve", depth=3, **TANH),
    "curve, 8 layers": dict(dataset="curve", depth=8, learning_rate=0.005),
    "clipped": dict(WIDE, clip_norm=1),
    "weight decay": dict(weight_decay=1e-3),
    "z-score, features x1000": dict(scaling="zscore", input_scale=1000),
    "without momentum": dict(momentum=0, learning_rate=0.1, depth=4, steps=400),
    "label noise 0.1": dict(label_noise=0.1, depth=4),
    "label noise 0.3": dict(label_noise=0.3, depth=8),
    "width 128": dict(width=128, learning_rate=0.02),
    "width 8": dict(width=8, depth=3),
    "float64": dict(precision="float64"),
}

BROKEN = {
    **{f"vanishing: sigmoid, {depth} layers": dict(depth=depth, **SIGMOID) for depth in (5, 8, 10, 20)},
    "vanishing: sigmoid, he": dict(depth=10, activation="sigmoid"),
    "vanishing: sigmoid, default init": dict(depth=10, activation="sigmoid", init="pytorch"),
    "vanishing: sigmoid, gaussians": dict(depth=10, dataset="gaussians", **SIGMOID),
    "vanishing: sigmoid, curve": dict(depth=10, dataset="curve", **SIGMOID),
    "vanishing: sigmoid, adam": dict(depth=12, **SIGMOID) | ADAM,
    "vanishing: relu, default init": DEFAULT,
    "vanishing: relu, 20 layers": dict(DEFAULT, depth=20),
    "vanishing: relu, moons": dict(DEFAULT, dataset="moons"),
    "vanishing: relu, blobs": dict(DEFAULT, dataset="blobs"),
    "vanishing: relu, batches": dict(DEFAULT, batch_size=64),
    **{
        f"vanishing: {name}": dict(DEFAULT, activation=name)
        for name in ("leaky_relu", "gelu", "silu", "tanh")
    },
    "vanishing: selu": dict(DEFAULT, depth=20, activation="selu"),
    "vanishing: relu, normal, gain 0.05": dict(init="normal", gain=0.05),
    "vanishing: relu, he, gain 0.2": dict(depth=8, gain=0.2),
    "vanishing: xavier, he 2015": dict(HE_2015, init="xavier"),
    "vanishing: tanh, gain 0.3": dict(depth=8, activation="tanh", init="normal", gain=0.3),
    **{f"exploding: relu, gain {gain}": dict(gain=gain) for gain in (4, 20)},
    "exploding: relu, 10 layers": dict(depth=10, gain=2.5),
    "exploding: relu, 10 x 64": WIDE,
    "exploding: relu, 2 layers": dict(depth=2, gain=50),
    "exploding: relu, adam": dict(depth=10, gain=3, **ADAM),
    "exploding: relu, curve": dict(dataset="curve", gain=3),
    **{
        f"exploding: tanh, gain {gain}": dict(depth=20, activation="tanh", init="normal", gain=gain)
        for gain in (2.5, 4)
    },
    "exploding: sigmoid, gain 24": dict(depth=15, width=128, activation="sigmoid", init="normal", gain=24),
    "exploding: residual, 12 layers": dict(depth=12, residual=True),
    "exploding: residual, 20 layers": dict(depth=20, residual=True),
    "exploding: identity": dict(activation="identity", init="lecun", gain=3, depth=8),
    "exploding: batchnorm, 40 layers": dict(depth=40, batchnorm=True, width=16, learning_rate=0.01),
    "exploding: selu": dict(SELU, gain=2.5, depth=10),
    **{f"too_fast|non_finite: {rate}": dict(depth=4, learning_rate=rate) for rate in (3, 10)},
    "too_fast|non_finite: 100, 2 layers": dict(depth=2, learning_rate=100),
    "too_fast|non_finite: moons": dict(dataset="moons", learning_rate=1),
    "too_fast|non_finite: blobs": dict(dataset="blobs", depth=4, learning_rate=2),
    "too_fast|non_finite: curve": dict(dataset="curve", depth=3, learning_rate=1),
    "too_fast|non_finite: tanh": dict(TANH, depth=4, learning_rate=5),
    "too_fast|non_finite: leaky": dict(activation="leaky_relu", depth=4, learning_rate=3),
    "too_fast|non_finite: batchnorm": dict(batchnorm=True, depth=4, learning_rate=30),
    "too_fast|non_finite: adam": dict(depth=4, optimizer="adam", learning_rate=3),
    "too_fast|non_finite: he, 20 layers": dict(depth=20, learning_rate=0.2),
    **{f"too_slow: {rate}": dict(depth=4, learning_rate=rate) for rate in (1e-6, 1e-5)},
    "too_slow: adam": dict(depth=4, optimizer="adam", learning_rate=1e-6),
    "too_slow: tanh": dict(TANH, depth=4, learning_rate=1e-5),
    "too_slow: without momentum": dict(depth=4, learning_rate=1e-4, momentum=0),
    "too_slow: batchnorm": dict(batchnorm=True, learning_rate=1e-6),
    "too_slow: gaussians": dict(dataset="gaussians", depth=3, learning_rate=1e-5),
    **{f"born_dead|dead: bias {bias}": dict(bias=bias) for bias in (-1, -5)},
    "born_dead|dead: bias -2": dict(depth=4, bias=-2),
    "born_dead|dead: bias -20": dict(depth=2, bias=-20),
    "born_dead|dead: width 4, 20 layers": dict(depth=20, width=4),
    **{f"dead|too_fast: rate {rate}": dict(CLOUD, learning_rate=rate) for rate in (1, 3)},
    **{f"unscaled: x{scale}": dict(depth=4, input_scale=scale) for scale in (1e-5, 1e-3, 30, 100, 1000)},
    "unscaled: x1000, 2 layers": dict(depth=2, input_scale=1000),
    "unscaled: x1000, tanh": dict(TANH, depth=4, input_scale=1000),
    "unscaled: x0.001, tanh": dict(TANH, depth=4, input_scale=1e-3),
    "unscaled: x1000, sigmoid": dict(steps=600, depth=2, input_scale=1000, learning_rate=0.5, **SIGMOID),
    "unscaled: x1000, adam": dict(depth=4, input_scale=1000, **ADAM),
    "unscaled: x100, curve": dict(dataset="curve", depth=3, input_scale=100, learning_rate=0.02),
    "unscaled: +10": dict(depth=4, input_shift=10),
    "unscaled: +1000": dict(depth=4, input_shift=1000),
    "unscaled: +30, gaussians": dict(dataset="gaussians", depth=3, input_shift=30),
    "unscaled: +100, adam": dict(depth=4, input_shift=100, **ADAM),
    "saturated: tanh, gain 6": dict(activation="tanh", init="normal", gain=6),
    **{
        f"saturated|exploding: tanh, gain {gain}": dict(activation="tanh", init="normal", gain=gain)
        for gain in (10, 50)
    },
    "saturated: tanh, 2 layers": dict(depth=2, activation="tanh", init="normal", gain=20),
    "saturated: sigmoid, gain 40": dict(depth=3, activation="sigmoid", init="normal", gain=40),
    "saturated: tanh, bias 5": dict(TANH, depth=4, bias=5),
    "saturated: sigmoid, bias -10": dict(SIGMOID, depth=3, bias=-10),
    **{f"no_gradient: {name}": dict(init="zeros", activation=name) for name in ("relu", "tanh", "sigmoid")},
    "no_gradient: gain 0": dict(gain=0, depth=4),
    "no_gradient: batchnorm": dict(init="zeros", batchnorm=True, depth=4),
    "no_gradient: bias 1": dict(init="zeros", bias=1, depth=3),
    "no_gradient: dropout 1": dict(dropout=1),
}


def trained(experiments):
    """Experiment -> Run, in portions that stay below the limit of work."""
    experiments, runs = list(dict.fromkeys(experiments)), {}
    for start in range(0, len(experiments), 50):
        portion = experiments[start : start + 50]
        runs |= zip(portion, train(portion, SNAPSHOTS), strict=True)
    return runs


def seen(findings):
    """Findings in a few characters: two marks for critical, one for a warning, none for a note."""
    marks = {"critical": "!!", "warning": "!", "note": ""}
    return " ".join(f.rule + marks[f.severity] for f in findings) or "-"


def line(name, runs, found):
    """One row of the table: the range of final losses over chance, and what was found how often."""
    losses = [run.train_loss[-1] / run.chance for run in runs]
    counted = Counter(seen(found[run.experiment]) for run in runs)
    losses = (
        "diverged" if any(map(lambda x: x != x, losses)) else f"{short(min(losses))} – {short(max(losses))}"
    )
    return f"{name:42}{losses:20}" + "  |  ".join(f"{n} x {text}" for text, n in counted.items())


def main():
    groups = {
        name: [START.but(**changes, seed=seed) for seed in SEEDS]
        for name, changes in {**HEALTHY, **BROKEN}.items()
    }
    runs = trained(e for group in groups.values() for e in group)
    found = {e: diagnose(run) for e, run in runs.items()}
    silent = hit = 0
    for name, group in groups.items():
        print(line(name, [runs[e] for e in group], found))
        wanted = name.split(":")[0].split("|") if name in BROKEN else []
        hit += sum(any(f.rule in wanted for f in found[e]) for e in group)
        silent += sum(all(f.severity == "note" for f in found[e]) for e in group) * (name in HEALTHY)
    print(f"\nhealthy runs without a warning: {silent} of {len(HEALTHY) * len(SEEDS)}")
    print(f"broken runs with the wanted finding: {hit} of {len(BROKEN) * len(SEEDS)}\n")

    offers = [(e, f, r) for name in BROKEN for e in groups[name] for f in found[e] for r in f.remedies]
    after = trained(e.but(**remedy.change) for e, _, remedy in offers)
    cured, total, failed = Counter(), Counter(), {}
    names = {e: name for name, group in groups.items() for e in group}
    for e, finding, remedy in offers:
        then = after[e.but(**remedy.change)]
        key = finding.rule, re.sub(r"[\d.e-]+$", "…", remedy.title)
        total[key] += 1
        gone = all(f.rule != finding.rule or f.severity == "note" for f in diagnose(then))
        if gone and helped(runs[e], then):
            cured[key] += 1
        else:
            failed.setdefault(key, Counter())[names[e]] += 1
    for key in sorted(total):
        where = ", ".join(f"{name} x{n}" for name, n in failed.get(key, {}).items())
        print(f"{key[0]:14}{key[1]:55}cures {cured[key]} of {total[key]}  {where}")
    print(f"\nremedies that cure: {cured.total()} of {total.total()}")


if __name__ == "__main__":
    main()
