"""Networks that train and networks that do not, drawn for tests/benchmarks/diagnosis.py.

A sound network is drawn first: data, architecture, optimizer, seed. CAUSES then change settings of it. It
counts as broken by that cause if the change alone leaves more than twice as much of the loss as the sound one
has, and as a healthy neighbour if it learns all the same: a cause was shown to be one by intervention.
"""

import random
from typing import get_args

import numpy as np
from pydantic import ValidationError

from core.engine.train import train
from core.experiment import Experiment
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.table import PIPELINES
from core.run import Run
from core.trainable import Trainable

LEARNED, HARMED, HELD = 0.15, 0.3, 0.5
ADAM = dict(optimizer="adam", learning_rate=0.01)
TABLE = dict(scaling="log_clip_zscore", optimizer="adam", learning_rate=0.03)
TASKS = {
    "circles": dict(depth=(1, 8)),
    "moons": dict(depth=(1, 8)),
    "xor": dict(depth=(2, 6)),
    "spirals": dict(depth=(3, 5), steps=(500,), noise=0.03),
    "blobs": dict(depth=(1, 8), noise=0.2),
    "gaussians": dict(depth=(2, 6)),
    "curve": dict(depth=(2, 6)),
}
INIT = {"tanh": "xavier", "selu": "lecun", "sigmoid": "xavier"}
SMOOTH = ("tanh", "selu", "elu", "gelu", "silu")


def pick(rng, values):
    """One of some values."""
    return values[rng.integers(len(values))]


def between(rng, low, high):
    """A number from a logarithmic scale, two digits."""
    return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.1e}")


def sound(rng, **wanted) -> Experiment:
    """A network that should train."""
    dataset = wanted.get("dataset") or pick(rng, list(TASKS))
    task = TASKS[dataset]
    activation = wanted.get("activation") or pick(rng, ("relu", "relu", "leaky_relu", *SMOOTH))
    e = dict(
        dataset=dataset,
        samples=int(pick(rng, (128, 256))),
        noise=task.get("noise", float(pick(rng, (0.02, 0.05, 0.08)))),
        depth=int(rng.integers(task["depth"][0], task["depth"][1] + 1)),
        width=int(pick(rng, (16, 32, 32))),
        activation=activation,
        init=INIT.get(activation, "he"),
        steps=int(pick(rng, task.get("steps", (150, 200, 300)))),
        seed=int(rng.integers(10_000)),
    )
    if dataset == "gaussians":
        e["features"] = int(pick(rng, (3, 5)))
        e["samples"] = 256
    if dataset == "blobs":
        e["features"] = int(pick(rng, (2, 5, 20)))
    e |= optimizer(rng, dataset, e["depth"])
    return Experiment(**e | wanted)


def optimizer(rng, dataset, depth):
    """SGD with momentum, or Adam, at a usual rate."""
    if rng.random() < 0.4:
        return dict(optimizer="adam", learning_rate=float(pick(rng, (0.002, 0.003, 0.005, 0.01))))
    rates = (0.01, 0.02) if dataset == "curve" or depth > 5 else (0.02, 0.03, 0.05)
    return dict(optimizer="sgd", learning_rate=float(pick(rng, rates)))


def sgd(rng, **wanted):
    """The same with SGD."""
    dataset = wanted.get("dataset") or pick(rng, list(TASKS))
    depth = wanted.get("depth") or int(rng.integers(2, 5))
    rate = 0.01 if dataset == "curve" else 0.03
    return sound(
        rng, **dict(optimizer="sgd", learning_rate=rate) | wanted | dict(dataset=dataset, depth=depth)
    )


def _unscaled(rng):
    if rng.random() < 0.2:
        e = Houses(samples=256, seed=int(rng.integers(10_000)), depth=int(rng.integers(0, 3)), **TABLE)
        return e.but(learning_rate=0.01 if e.depth else 0.03), dict(scaling="none")
    e = sound(rng, dataset=pick(rng, [task for task in TASKS if task != "curve"]))
    return e, [
        dict(input_scale=between(rng, 1e-4, 0.02)),
        dict(input_scale=between(rng, 8, 1000)),
        dict(input_shift=float(pick(rng, (-1, 1))) * between(rng, 4, 300)),
        dict(input_spread=between(rng, 30, 1000)),
    ][rng.integers(4)]


def _vanishing(rng):
    kind = rng.integers(4)
    depth = int(rng.integers(10, 21))
    if kind == 0:
        e = sgd(rng, depth=int(rng.integers(3, 5)), activation="tanh")
        return e, dict(activation="sigmoid", depth=int(rng.integers(5, 16)))
    if kind == 1:
        return sgd(
            rng, depth=depth, learning_rate=0.01, activation=pick(rng, ("relu", "leaky_relu", "elu"))
        ), dict(init="pytorch")
    if kind == 2:
        return sgd(rng, depth=int(rng.integers(5, 11)), learning_rate=0.01), dict(
            gain=float(pick(rng, (0.05, 0.1, 0.2, 0.3, 0.4)))
        )
    return sgd(rng, depth=depth, learning_rate=0.01, activation=pick(rng, ("gelu", "silu"))), dict(
        init="pytorch"
    )


def _exploding(rng):
    kind = rng.integers(3)
    if kind == 0:
        return sgd(
            rng,
            depth=int(rng.integers(5, 13)),
            activation=pick(rng, ("relu", "leaky_relu", "gelu", "selu")),
            learning_rate=0.01,
        ), dict(gain=float(pick(rng, (2, 2.5, 3, 4, 8))))
    if kind == 1:
        return sgd(rng, depth=int(rng.integers(10, 21)), activation="tanh", learning_rate=0.01), dict(
            gain=float(pick(rng, (2.5, 3, 4, 5)))
        )
    return sgd(rng, depth=int(rng.integers(9, 21)), activation="relu", learning_rate=0.01), dict(
        residual=True
    )


def _saturated(rng):
    e = sound(
        rng,
        activation=pick(rng, ("tanh", "tanh", "sigmoid")),
        depth=int(rng.integers(1, 4)),
        optimizer="adam",
        learning_rate=0.01,
        steps=300,
    )
    gain = (10, 20, 50) if e.activation == "tanh" else (40, 80, 100)
    return e, pick(rng, [dict(bias=float(pick(rng, (-5, 5, 8, 10)))), dict(gain=float(pick(rng, gain)))])


def _mode_gap(rng):
    dataset = pick(rng, ("circles", "moons", "blobs", "spirals"))
    deep = sgd(rng, dataset=dataset, depth=int(rng.integers(4, 9)), batchnorm=True, steps=200)
    e = sgd(rng, dataset=dataset, depth=int(rng.integers(2, 7)), batchnorm=True, steps=200)
    return pick(
        rng,
        [
            (e, dict(steps=int(pick(rng, (6, 8, 10, 12))))),
            (deep, dict(dropout=float(pick(rng, (0.4, 0.5, 0.5, 0.6))))),
        ],
    )


def _overfitting(rng):
    dataset = pick(rng, ("xor", "gaussians", "circles", "moons"))
    features = {"xor": int(pick(rng, (6, 10))), "gaussians": int(pick(rng, (5, 10)))}.get(dataset, 0)
    e = sound(
        rng,
        dataset=dataset,
        features=features,
        samples=int(pick(rng, (64, 128, 256))),
        noise=0.1,
        depth=int(rng.integers(2, 4)),
        width=64,
        activation="relu",
        init="he",
        optimizer="adam",
        learning_rate=float(pick(rng, (0.003, 0.01))),
        steps=300,
        label_noise=float(pick(rng, (0.05, 0.1, 0.2))),
    )
    return e.but(dropout=0.6), dict(dropout=0)


def _noise(rng):
    e = sound(
        rng,
        depth=int(rng.integers(1, 4)),
        dataset=pick(rng, ("blobs", "curve", "circles")),
        learning_rate=0.01,
        optimizer="sgd",
        features=0,
    )
    return e, pick(rng, [dict(noise=float(pick(rng, (1.5, 2)))), dict(label_noise=0.5)])


CAUSES = {
    "unscaled": _unscaled,
    "unscaled_target": lambda rng: (
        sound(rng, dataset="curve"),
        pick(
            rng,
            [
                dict(target_scale=between(rng, 8, 1000)),
                dict(target_scale=between(rng, 1e-4, 0.02)),
                dict(target_shift=between(rng, 5, 1000)),
            ],
        ),
    ),
    "no_gradient": lambda rng: (sound(rng), pick(rng, [dict(init="zeros"), dict(gain=0), dict(dropout=1)])),
    "symmetric": lambda rng: (sound(rng), dict(init="constant")),
    "exploding": _exploding,
    "saturated": _saturated,
    "vanishing": _vanishing,
    "born_dead": lambda rng: (sound(rng, activation="relu"), dict(bias=-between(rng, 0.5, 20))),
    "decayed": lambda rng: (
        sound(rng, depth=int(rng.integers(2, 6))),
        dict(weight_decay=between(rng, 0.03, 3)),
    ),
    "too_fast": lambda rng: _rate(rng, 30, 3000),
    "too_slow": lambda rng: _rate(rng, 1e-6, 1e-2),
    "momentum": lambda rng: (
        sgd(rng, depth=int(rng.integers(2, 6)), learning_rate=float(pick(rng, (0.02, 0.03, 0.05)))),
        dict(momentum=float(pick(rng, (0.99, 0.995, 0.998, 0.999, 0.999)))),
    ),
    "clipped_too_hard": lambda rng: (
        sgd(rng, batchnorm=bool(rng.random() < 0.3)),
        dict(clip_norm=between(rng, 1e-4, 0.1)),
    ),
    "dropout_too_strong": lambda rng: (
        sound(
            rng,
            width=int(pick(rng, (2, 4, 8, 16, 32))),
            steps=500,
            depth=int(rng.integers(1, 4)),
            **ADAM,
        ),
        dict(dropout=float(pick(rng, (0.5, 0.6, 0.7, 0.8, 0.9)))),
    ),
    "small_batch_norm": lambda rng: (
        sound(rng, depth=int(rng.integers(2, 5)), batchnorm=True, batch_size=64, samples=128),
        dict(batch_size=int(pick(rng, (2, 2, 4)))),
    ),
    "mode_gap": _mode_gap,
    "too_small": lambda rng: (
        sound(rng, depth=int(rng.integers(1, 4)), **ADAM, steps=500),
        pick(
            rng,
            [
                dict(width=int(pick(rng, (1, 2, 2, 3, 4)))),
                dict(steps=int(pick(rng, (30, 40, 50))), learning_rate=0.002),
            ],
        ),
    ),
    "overfitting": _overfitting,
    "noise_floor": _noise,
    "plateau": lambda rng: (
        sgd(rng, depth=int(rng.integers(2, 4)), activation="relu", init="xavier"),
        dict(activation="sigmoid"),
    ),
}
"""Name of the rule that should see it -> a sound network and the change that breaks it."""


def _rate(rng, low, high):
    e = sound(rng, depth=int(rng.integers(1, 6)), batchnorm=bool(rng.random() < 0.2))
    if rng.random() < 0.15:
        e = Houses(samples=256, seed=int(rng.integers(10_000)), **TABLE)
    rate = e.learning_rate * between(rng, low, high)
    return e, dict(learning_rate=min(100.0, max(1e-6, float(f"{rate:.1e}"))))


WANTED = {
    "plateau": {"plateau", "vanishing", "too_slow", "too_small"},
    "too_fast": {"too_fast", "non_finite", "dead"},
    "born_dead": {"born_dead", "dead"},
    "saturated": {"saturated", "exploding"},
}
"""Where more than one name is right."""


NEAR = {
    "unscaled": lambda rng: sound(rng, dataset=pick(rng, ("circles", "moons", "blobs", "gaussians"))).but(
        input_spread=float(pick(rng, (2, 3, 4)))
    ),
    "unscaled_target": lambda rng: sound(rng, dataset="curve").but(target_shift=float(pick(rng, (-1, 1, 2)))),
    "symmetric": lambda rng: sound(rng, depth=int(rng.integers(1, 4))).but(
        init=pick(rng, ("lecun", "xavier", "orthogonal", "normal"))
    ),
    "momentum": lambda rng: sgd(rng).but(momentum=float(pick(rng, (0.8, 0.93, 0.95)))),
    "clipped_too_hard": lambda rng: sgd(rng).but(clip_norm=between(rng, 0.3, 10)),
    "dropout_too_strong": lambda rng: sound(rng, width=64).but(dropout=float(pick(rng, (0.2, 0.3, 0.4)))),
    "small_batch_norm": lambda rng: sound(rng, samples=128, batchnorm=True).but(
        batch_size=int(pick(rng, (8, 16, 32)))
    ),
    "mode_gap": lambda rng: sgd(rng, batchnorm=True, steps=200).but(
        **pick(rng, [dict(steps=60), dict(dropout=0.1), dict(dropout=0.2, dropout_last=False, depth=3)])
    ),
    "too_small": lambda rng: sound(rng, depth=2, **ADAM, steps=500).but(width=int(pick(rng, (6, 8, 12)))),
    "overfitting": lambda rng: _overfitting(rng)[0].but(
        label_noise=0, **pick(rng, [dict(samples=1024), dict(dropout=0.3)])
    ),
    "noise_floor": lambda rng: sound(rng, dataset=pick(rng, ("blobs", "curve", "circles"))).but(
        noise=float(pick(rng, (0.1, 0.15, 0.2)))
    ),
}
"""Name of a rule -> a network one setting away from those that it should see, which should train."""
HEALTHY = {
    "plain": sound,
    "batchnorm": lambda rng: sound(rng).but(batchnorm=True),
    "batchnorm, odd weights": lambda rng: sound(rng, depth=int(rng.integers(4, 13))).but(
        batchnorm=True, gain=float(pick(rng, (0.05, 5, 20)))
    ),
    "batchnorm, odd features": lambda rng: sound(rng).but(
        batchnorm=True, input_scale=float(pick(rng, (0.01, 100, 1000)))
    ),
    "batchnorm, high rate": lambda rng: sgd(rng).but(batchnorm=True, learning_rate=0.3),
    "residual": lambda rng: sound(rng).but(residual=True),
    "dropout": lambda rng: sound(rng).but(dropout=float(pick(rng, (0.1, 0.2, 0.3)))),
    "dropout 0.5, wide": lambda rng: sound(rng, width=128, optimizer="adam", learning_rate=0.003).but(
        dropout=0.5
    ),
    "mini-batches": lambda rng: sound(rng).but(batch_size=int(pick(rng, (8, 16, 32, 64)))),
    "clipped": lambda rng: sound(rng).but(clip_norm=float(pick(rng, (0.3, 1, 3)))),
    "weight decay": lambda rng: sound(rng).but(weight_decay=float(pick(rng, (1e-4, 1e-3)))),
    "odd features, scaled": lambda rng: sound(rng).but(
        scaling=pick(rng, ("zscore", "linear")), input_scale=between(rng, 1e-3, 1e4)
    ),
    "features a little off": lambda rng: sound(rng).but(input_scale=float(pick(rng, (0.3, 2, 3)))),
    "8 units": lambda rng: sound(rng, depth=2).but(width=8, steps=500, **ADAM),
    "momentum 0.99": lambda rng: sgd(rng).but(momentum=0.99, learning_rate=0.002, steps=600),
    "no momentum": lambda rng: sgd(rng).but(momentum=0, learning_rate=0.2),
    "adam, high rate": lambda rng: sound(rng).but(optimizer="adam", learning_rate=0.02),
    "he, 20 layers": lambda rng: sgd(rng, depth=20, width=64, activation="relu").but(learning_rate=0.002),
    "default init, 12 layers": lambda rng: sound(rng, depth=12, activation="relu").but(
        init="pytorch", **ADAM
    ),
    "sigmoid": lambda rng: sound(rng, depth=int(rng.integers(1, 3)), activation="sigmoid").but(
        optimizer="adam", learning_rate=0.02, steps=500
    ),
    "default init": lambda rng: sound(rng, depth=2).but(init="pytorch", steps=500),
    "target a little off": lambda rng: sound(rng, dataset="curve").but(
        target_scale=float(pick(rng, (0.3, 3)))
    ),
    "odd target, scaled": lambda rng: sound(rng, dataset="curve").but(
        target_scale=between(rng, 1e-3, 1e3), target_scaling="zscore"
    ),
    "label noise": lambda rng: sound(rng).but(label_noise=float(pick(rng, (0.05, 0.1)))),
    "float64": lambda rng: sound(rng).but(precision="float64"),
    "tanh, large weights": lambda rng: sound(rng, depth=8, activation="tanh").but(init="normal", gain=1.2),
    "table, linear": lambda rng: Houses(samples=256, seed=int(rng.integers(10_000)), **TABLE),
    "table, deep": lambda rng: Houses(
        samples=256, seed=int(rng.integers(10_000)), depth=2, noise=0.2, **TABLE | dict(learning_rate=0.003)
    ),
}
HEALTHY |= {f"neighbour of {name}": draw for name, draw in NEAR.items()}


def left(run: Run) -> float:
    """Share of the loss of the best constant answer that the training data keep, in evaluation mode."""
    loss = float(run.train_loss[-1])
    return loss / run.chance if np.isfinite(loss) else np.inf


def held_out(run: Run) -> float:
    """The same of the held-out data."""
    loss = float(run.test_loss[-1])
    return loss / run.chance if np.isfinite(loss) else np.inf


def is_sound(run: Run) -> bool:
    """Whether a network learns its samples, and something of all others."""
    return left(run) < LEARNED and held_out(run) < HELD


def own(cause: str):
    """What a cause does harm to."""
    return held_out if cause == "overfitting" else left


def learns(run: Run) -> bool:
    """Whether there is nothing to complain of: almost all is learned, and held out it did not get worse."""
    best = np.nanmin(run.test_loss)
    return left(run) < LEARNED and run.test_loss[-1] < max(1.3 * best, 0.15 * run.chance)


def harmed(cause: str, run: Run, sound_run: Run) -> bool:
    """Whether undoing the change at least halves what is left."""
    of, least = own(cause), 0.5 if cause in ("too_small", "plateau") else HARMED
    if cause == "mode_gap" and not run.loss[-3:].mean() < run.train_loss[-1] / 2:
        return False
    return of(run) > least and of(run) > 2 * of(sound_run)


def broken(rng, cause: str) -> list[tuple[str, Experiment]]:
    """A network broken by this cause, or one that stands the change and is healthy, or none."""
    try:
        before, change = CAUSES[cause](rng)
        after = before.but(**change)
    except ValueError:
        return []
    run, sound_run = (train([e], 20)[0] for e in (after, before))
    if cause == "noise_floor":
        return [(cause, after)]
    if harmed(cause, run, sound_run) and (cause == "overfitting" or is_sound(sound_run)):
        return [(cause, after)]
    return [(f"neighbour of {cause}", after)] if learns(run) else []


def healthy(rng, kind: str) -> list[tuple[str, Experiment]]:
    """A network of this kind, if it learns."""
    e = HEALTHY[kind](rng)
    return [(kind, e)] if learns(*train([e], 20)) else []


def bounds(kind, name: str) -> list[float]:
    """The smallest and the largest value that a setting allows."""
    field = kind.model_fields[name]
    return [next(getattr(m, side) for m in field.metadata if hasattr(m, side)) for side in ("ge", "le")]


MENUS = {
    Experiment: dict(
        samples=[32, 64],
        input_shift=[0, 0, 10],
        input_scale=[1, 1, 1e-6, 1000],
        input_spread=[1, 1, 1e6],
        target_shift=[0, 0, 1000],
        target_scale=[1, 1, 1e-6, 1000],
        depth=[1, 2, 5, 12],
        width=[1, 2, 8, 16],
        gain=[0, 0.1, 1, 1, 1, 3, 100],
        bias=[0, 0, -5, 5],
        dropout=[0, 0, 0.5, 1],
        momentum=[0, 0.9, 0.999],
        weight_decay=[0, 0, 1, 10],
        batch_size=[0, 2, 32],
        clip_norm=[0, 0, 1e-3, 1],
        label_noise=[0, 0.5],
        noise=[0.1],
        features=[0],
        steps=[20, 40],
    ),
    Houses: dict(
        samples=[64],
        depth=[0, 0, 1, 2, 4],
        width=[1, 8],
        momentum=[0, 0.9, 0.999],
        clip=[0.5, 3],
        missing=[0, 0, 1, 5],
        outlier=[50, 500, 1e6],
        outlier_share=[0, 0.01],
        income_spread=[1, 2],
        noise=[0, 0.5, 2],
        steps=[20, 40],
        **{name: ["as above", "as above", *PIPELINES] for name in Houses.features},
    ),
}


def anything(kind, count: int, seed: int = 0) -> list[Trainable]:
    """Experiments of which every setting is drawn, learning rates over all that is allowed."""
    rng, found = random.Random(seed), []
    low, high = bounds(kind, "learning_rate")
    while len(found) < count:
        settings = dict(learning_rate=low * (high / low) ** rng.random(), seed=len(found))
        for name, field in kind.model_fields.items():
            if name not in settings:
                options = get_args(field.annotation) if field.annotation is not bool else [False, True]
                settings[name] = rng.choice(MENUS[kind].get(name, options))
        try:
            found.append(kind(**settings))
        except ValidationError:
            continue
    return found


def overflowing(rng) -> Experiment:
    """A network whose numbers are too large before it takes a step: by gain and depth, behind odd data."""
    e = dict(samples=int(pick(rng, (32, 64))), width=int(pick(rng, (8, 16, 32))), steps=20)
    e |= dict(dataset=pick(rng, list(TASKS)), depth=int(rng.integers(20, 61)), gain=between(rng, 20, 100))
    e |= dict(activation=pick(rng, ("relu", "leaky_relu", "gelu", "silu", "identity", "elu", "selu")))
    e |= dict(init=pick(rng, ("he", "normal", "lecun", "orthogonal")), residual=bool(rng.random() < 0.3))
    e |= dict(input_scale=between(rng, 1e-3, 1e6), target_scale=between(rng, 1e-3, 1e6))
    e |= dict(learning_rate=between(rng, 1e-4, 100), clip_norm=float(pick(rng, (0, 0, 1e-3, 1))))
    e |= dict(momentum=float(pick(rng, (0, 0.9, 0.999))), optimizer=pick(rng, ("sgd", "adam")))
    e |= dict(dropout=float(pick(rng, (0, 0, 0.5))), weight_decay=float(pick(rng, (0, 0, 1))))
    return Experiment(**e, seed=int(rng.integers(10_000)))
