"""The published rules of AUTOTRAINER and DeepDiagnosis over a Run, to stand beside core.diagnosis.

AUTOTRAINER: Zhang, Zhai, Ma & Shen 2021, ICSE; shiningrain/AUTOTRAINER at 04f4033, its version 1.0:
    AutoTrainer/utils/monitor.py, with default_param of utils.py.
DeepDiagnosis: Wardat, Cruz, Le & Rajan 2022, ICSE; DeepDiagnosis/ICSE2022, callback/callbacks.py.

    watch = Watch()
    for run in train(experiments, snapshots, watch=watch):
        seen = watch.seen[run.experiment]
        autotrainer(run, seen), deepdiagnosis(run, seen)

Both look at the end of an epoch, and end the training with the first thing they report: so do these.
"""

from collections.abc import Iterator

import numpy as np
import torch

from core.engine.network import Stack
from core.run import Run
from core.trainable import Trainable

Seen = dict[int, dict[str, np.ndarray]]
"""Step after which an epoch ends -> name -> a number, or one per layer, the output layer last."""
Symptom = tuple[str, tuple[str, ...], dict[str, np.ndarray]]
"""A symptom, the causes to ask about in order, and what was seen in the epoch that shows it."""

SAME_AS_AUTOTRAINER = {
    "vanish": {"vanishing", "saturated", "no_gradient"},
    "explode": {"exploding", "non_finite"},
    "dying_relu": {"born_dead", "dead", "no_gradient"},
    "oscillating": {"too_fast", "momentum"},
    "slow": {"too_slow", "clipped_too_hard", "plateau"},
    "not_converged": {"plateau"},
}
SAME_AS_DEEPDIAGNOSIS = {
    "vanishing": {"vanishing", "no_gradient"},
    "dead": {"born_dead", "dead"},
    "saturated": {"saturated"},
    "numerical": {"non_finite", "no_gradient", "born_dead", "dead"},
    "unchanged": {"no_gradient", "born_dead", "dead", "too_slow"},
    "loss_not_decreasing": {"plateau", "too_slow"},
    "accuracy_not_increasing": {"plateau", "too_slow"},
    "out_of_range": {"unscaled_target", "exploding"},
    "weights": {"exploding", "vanishing", "no_gradient", "symmetric", "decayed"},
    "data": {"unscaled"},
    "learning_rate": {"too_fast", "too_slow"},
}
"""Published symptom -> the rules of core.diagnosis that name the same defect, counted generously."""


def epochs(e: Trainable) -> np.ndarray:
    """The steps after which an epoch ends: as many epochs as passes over the samples, but at most 20.

    20 is the longest stretch that a rule looks back over. Where a pass is a single step, and wherever there
    are more passes, an epoch is a twentieth of the training.
    """
    count = min(20, max(1, e.steps * e.batch // e.samples))
    return np.linspace(0, e.steps, count + 1).round().astype(int)[1:]


class Watch:
    """Records what the rules ask for: `train(..., watch=Watch())`.

    Accuracies and losses are those of whole sets in evaluation mode, all else that of the step's batch in
    training mode. A network whose loss is not finite is seen once more, there.
    """

    def __init__(self):
        self.seen: dict[Trainable, Seen] = {}
        self.broken: set[Trainable] = set()
        self.ends: set[int] = set()

    def __call__(self, step: int, stack: Stack, losses: torch.Tensor):
        if step == 0:
            self.ends = set(epochs(stack.like).tolist())
        ends, finite = step in self.ends, losses.isfinite().tolist()
        if not ends and all(finite):
            return
        due = [k for k, e in enumerate(stack.experiments) if e not in self.broken and (ends or not finite[k])]
        numbers = measured(stack) if due else {}
        for k in due:
            e = stack.experiments[k]
            self.seen.setdefault(e, {})[step] = {name: value[k].numpy() for name, value in numbers.items()}
            if not finite[k]:
                self.broken.add(e)


def measured(stack: Stack) -> dict[str, torch.Tensor]:
    """What the rules ask for, of every network of the stack: [K] or [K, layers].

    Weighted sum and activation count as two layers, as in the models of both papers.
    """
    e = stack.like
    gradients = [*stack.d_weight, *stack.d_bias, *stack.d_gamma, *stack.d_beta]
    signals = [s for layer in zip(stack.pre_activation, stack.activated, strict=True) for s in layer]
    rectified = [*stack.activated] * (e.activation == "relu")
    squashed = [*stack.pre_activation] * (e.activation in ("sigmoid", "tanh"))
    answers = [stack.output] * (e.loss == "bce")
    train_loss, train_accuracy = stack.evaluate(stack.x_train, stack.y_train)
    test_loss, test_accuracy = stack.evaluate(stack.x_test, stack.y_test)

    def each(measure, tensors):
        numbers = [measure(t.flatten(1))[:, None].double() for t in tensors]
        return torch.cat([torch.empty(stack.count, 0), *numbers], dim=1)

    def mean(x):
        return x.mean(dim=1)

    def variance(x):
        return (x - x.mean(dim=1, keepdim=True)).square().sum(dim=1) / (x.shape[1] - 1)

    def norm(x):
        return torch.linalg.vector_norm(x, dim=1, dtype=torch.float64)

    def flat(z):
        return mean((z.abs() >= 5).float())

    def spread(x):
        return x.flatten(1).amax(dim=1) - x.flatten(1).amin(dim=1)

    return {
        "train_loss": train_loss,
        "train_accuracy": train_accuracy,
        "test_loss": test_loss,
        "test_accuracy": test_accuracy,
        "largest_input": stack.x_train.abs().flatten(1).amax(dim=1),
        "output_over_target": spread(stack.output) / spread(stack.y_train),
        "zero_gradients": sum((g == 0).flatten(1).sum(dim=1) for g in gradients)
        / sum(g[0].numel() for g in gradients),
        "gradient_norm": each(norm, stack.d_weight),
        "gradient_mean": each(mean, stack.d_weight),
        "gradient_size": each(lambda g: mean(g.abs()), stack.d_weight),
        "weight_norm": each(norm, stack.weight),
        "weight_mean": each(mean, stack.weight),
        "weight_variance": each(variance, stack.weight),
        "signal": each(mean, [*signals, stack.output]),
        "idle": each(lambda a: mean((a <= 0).float()), rectified),
        "saturated": each(flat, squashed),
        "answer_saturated": each(flat, answers),
    }


def oscillates(accuracy: np.ndarray) -> bool:
    """ol_judge: at least a fifth as many pairs of a high and a low, in order and 0.03 apart, as epochs."""
    before, here, after = accuracy[:-2], accuracy[1:-1], accuracy[2:]
    highs = here[(here >= before) & (here >= after)]
    lows = here[(here <= before) & (here <= after)]
    pairs = min(len(highs), len(lows))
    return np.count_nonzero(highs[:pairs] - lows[:pairs] >= 0.03) >= 0.2 * len(accuracy)


def autotrainer(run: Run, seen: Seen) -> set[str]:
    """IssueMonitor.determine after every third epoch, the last among them; one hit is enough.

    A gradient symptom counts only in a run that does not learn: whose best accuracy on either set is below
    0.7, or which never gains 0.01 in an epoch. `slow` is what the tool calls not_converge; not_converged is
    added where the best accuracy is below 0.7 besides, and never stands alone. For regression accuracy is R2.
    """
    history, hits, low, slow, unstable = list(seen.values()), set(), False, False, False
    for last in range((len(history) - 1) % 3, len(history), 3):
        past, now = history[: last + 1], history[last]
        numbers = [now["train_loss"], now["test_loss"], *now["gradient_norm"], *now["weight_norm"]]
        if not np.isfinite(numbers).all() or now["test_loss"] >= 1e5:
            return {"explode"}
        first = now["gradient_norm"][0]
        with np.errstate(all="ignore"):
            share = first / now["gradient_norm"][-1]
        hits |= {"vanish"} if share < 1e-3 and first < 1e-4 else set()
        hits |= {"explode"} if share > 70 else set()
        hits |= {"dying_relu"} if now["zero_gradients"] >= 0.7 else set()
        if len(past) >= 0.3 * len(epochs(run.experiment)):
            accuracy = np.array([[epoch[f"{name}_accuracy"] for epoch in past] for name in ("train", "test")])
            low |= accuracy.max(axis=1).min() < 0.7
            slow |= np.diff(accuracy).max(initial=0) < 0.01
            unstable |= oscillates(accuracy[0])
        if low or slow:
            for name in ("dying_relu", "explode", "vanish"):
                if name in hits:
                    return {name}
            if slow:
                return {"slow", "not_converged"} if low else {"slow"}
        elif unstable:
            return {"oscillating"}
    return set()


def numerical(values: np.ndarray) -> bool:
    """identifyNumerical: NaN, infinite or exactly 0."""
    return bool((~np.isfinite(values) | (values == 0)).any())


def unchanged(values: list) -> bool:
    """meanResult: the mean of these epochs is the largest of them; of none it is not."""
    return bool(values) and bool((np.mean(values, axis=0) == np.max(values, axis=0)).any())


def symptoms(run: Run, seen: Seen, answer: bool = False) -> Iterator[Symptom]:
    """mapFaluireToFix.on_epoch_end, going on after the first symptom.

    Within an epoch symptoms come by kind, in the tool layer by layer. Regression has no accuracy, and so no
    rule on it; the range of the output is asked for regression only, as sigmoid and softmax cannot leave it.
    answer: whether the sigmoid that answers two classes is a layer that can saturate, as in the paper's
        models, where every network that is sure does so; else it is part of the loss.
    """
    e, history = run.experiment, list(seen.values())
    weights_first, data_first = ("weights", "data", "learning_rate"), ("data", "weights", "learning_rate")
    regression = e.loss == "mse"
    for i, now in enumerate(history):
        five = history[i - 4 : i + 1] if i % 5 == 4 else []
        twenty = history[i - 19 : i + 1] if i % 20 == 19 else []
        if i == 0 and regression and now["output_over_target"] > 10:
            yield "out_of_range", (), now
        if numerical(now["signal"]):
            yield "numerical", weights_first, now
        if i == len(epochs(e)) - 1 and (now["idle"] >= 0.7).any():
            yield "dead", data_first, now
        if five and ((now["saturated"] > 0.5).any() or (answer and (now["answer_saturated"] > 0.5).any())):
            yield "saturated", data_first, now
        if unchanged([epoch["signal"][: -1 if regression else None] for epoch in five]):
            yield "unchanged", ("weights", "learning_rate"), now
        if not np.isfinite(now["train_loss"]) or (now["train_accuracy"] == 0 and not regression):
            yield "numerical", () if regression else ("learning_rate",), now
        if unchanged([epoch["train_loss"] for epoch in five]):
            yield "loss_not_decreasing", weights_first, now
        if unchanged([epoch["train_accuracy"] for epoch in twenty]) and not regression:
            yield "accuracy_not_increasing", weights_first, now
        if numerical(now["gradient_mean"]):
            yield "numerical", (), now
        if (now["gradient_size"] < 1e-7).any():
            yield "vanishing", ("learning_rate",), now
        if numerical(now["weight_mean"]):
            yield "numerical", weights_first, now
        if any(unchanged([epoch[name] for epoch in five]) for name in ("gradient_mean", "weight_mean")):
            yield "unchanged", ("weights", "learning_rate"), now


def causes(e: Trainable, now: dict[str, np.ndarray]) -> dict[str, bool]:
    """identifyTensorVariance, the range of the features, and identifyLearnRate, at one epoch.

    Of all weights of a layer: the published code takes the variance and norm of their mean, a single number.
    """
    with np.errstate(all="ignore"):
        update = e.learning_rate * now["gradient_norm"] / now["weight_norm"]
    return {
        "weights": ((now["weight_variance"] < 1e-5) | (now["weight_variance"] > 10)).any(),
        "data": now["largest_input"] > 1,
        "learning_rate": ((update < 1e-5) | (update > 0.1)).any(),
    }


def deepdiagnosis(run: Run, seen: Seen, answer: bool = False) -> set[str]:
    """The first symptom, and the first cause that its fix tree finds, if any."""
    for symptom, asked, now in symptoms(run, seen, answer):
        found = causes(run.experiment, now)
        return {symptom, *[cause for cause in asked if found[cause]][:1]}
    return set()
