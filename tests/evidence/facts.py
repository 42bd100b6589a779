"""What every sentence of the diagnosis has to say, from the arrays of the run."""

from dataclasses import dataclass, field

import numpy as np
from scipy.special import log_softmax

from core.diagnosis.rules import CAUSES
from core.engine.forward import draw_masks, forward
from core.engine.initial import initial_weight
from core.engine.optimizers import OPTIMIZERS
from core.run import Run
from tests.evidence.ended import (
    GUESSING,
    PARTLY,
    broken,
    end,
    finite,
    guess,
    left,
    right_class,
    severities,
    too_short,
    unlearned,
    yardstick,
)
from tests.evidence.numbers import over


@dataclass
class Facts:
    """What a sentence has to say: its numbers and words by name, whether its quantifiers hold, by the word.

    measured: what the rule is about, `beyond` the threshold: above, below, or at it.
    worst: the most severe it may be, "" where severity follows a rule of its own, which is then `severity`.
    """

    numbers: dict = field(default_factory=dict)
    holds: dict = field(default_factory=dict)
    measured: float = np.nan
    beyond: str = ">"
    layer: int | None = None
    step: int | None = None
    worst: str = "critical"
    severity: str = ""


def log_probabilities(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Of every held-out sample and class, by the final weights; and the right classes."""
    data = run.experiment.load()
    output = forward(run.experiment, run.weights, data.x_test).output
    if output.shape[1] == 1:
        output = np.concatenate([np.zeros_like(output), output], axis=1)
    return log_softmax(output, axis=1), data.y_test.astype(int)


def outcome_facts(run: Run, number: int) -> Facts:
    """What one of OUTCOMES has to say."""
    e, train = run.experiment, left(run)[0]
    if number == 0:
        return Facts(dict(step=broken(run)), {"it diverges": broken(run) is not None})
    if number == 1:
        return Facts({}, {"it is short": too_short(run)})
    if number == 2:
        learned = train <= PARTLY and severities(run) & {"note"} and end(run) < run.chance
        return Facts(dict(loss=end(run)), {"all": bool(learned), "same": bool(learned)})
    known = right_class(run)
    near = unlearned(run) > GUESSING
    facts = Facts(dict(steps=e.steps, loss=end(run), guess=guess(e)), {"it ended": broken(run) is None})
    facts.holds["the accuracy is not passed over"] = (known is not None and near) == (number > 3)
    if number > 3:
        log_p, y = log_probabilities(run)
        losses, classes = -log_p[np.arange(len(y)), y], log_p.shape[1]
        furthest = np.abs(np.exp(log_p) - 1 / classes).max()
        wrong = losses[log_p.argmax(axis=1) != y].sum() / losses.sum()
        facts.numbers |= dict(right=100 * known[0], share=100 * known[1]) if known else dict(right=np.nan)
        facts.numbers |= {4: {}, 5: dict(furthest=furthest, classes=classes), 6: dict(wrong=100 * wrong)}[
            number
        ]
        facts.holds["the right form"] = number == (5 if furthest < 0.1 else 6 if wrong > 0.5 else 4)
    if number == 5:
        facts.holds["no"] = True
    return facts


def start(run: Run, probe: str) -> np.ndarray:
    """A probe before the first step, [layers] in float64."""
    return run.probes[probe][0].astype(float)


def by_itself(run) -> str:
    """The most severe that data may be called: weights by which signals overflow need no help of theirs."""
    spread, bounded = start(run, "activation_std"), run.experiment.activation in ("tanh", "sigmoid")
    known = spread[np.isfinite(spread)]
    reached = known[-1:] if len(known) == len(spread) else known
    grows = len(spread) > 1 and not bounded and max(reached, default=0) > 10 * spread[0]
    return "note" if broken(run) == 0 and grows else "critical"


def unscaled(run, which, *_):
    x = run.experiment.load().x_train.astype(run.experiment.precision).astype(float)
    mean, std = x.mean(axis=0), x.std(axis=0)
    varies, worst = run.input_std > 0, by_itself(run)
    size = np.sqrt((x**2).mean(axis=0))[varies]
    if which < 2:
        spread = size.max() / size.min()
        drowned = (size.min() / size.max()) ** 2 < 0.01
        words = {"largest": True, "smallest": drowned, "all vary": bool(varies.all()) == (which == 0)}
        return Facts(dict(spread=spread), words, spread, worst=worst)
    if which == 2:
        pooled = np.sqrt((x**2).mean())
        return Facts(dict(pooled=pooled), {}, pooled, ">" if pooled > 1 else "<", worst=worst)
    if which == 3:
        z = (np.abs(x - mean)[:, varies] / std[varies]).max(axis=0)
        far = (np.abs(x - mean)[:, varies] / std[varies])[:, z.argmax()] > z.max() / 2
        return Facts(dict(tail=z.max()), {"few": far.mean() < 0.05}, z.max(), worst=worst)
    offset = (np.abs(mean) / np.where(varies, std, np.inf)).max()
    return Facts(dict(offset=offset), {"it is small": offset > 2}, offset, worst=worst)


def unscaled_target(run, *_):
    y = run.experiment.load().y_train.astype(run.experiment.precision).astype(float)
    size = np.sqrt(np.mean(y**2))
    return Facts(dict(mean=y.mean(), std=y.std()), {}, size, ">" if size > 1 else "<", worst=by_itself(run))


def no_gradient(run, which, *_):
    e = run.experiment
    starts = [initial_weight(e, layer) for layer in range(e.depth)]
    gradients = run.probes["weight_grad_norm"][: finite(run) + 1]
    none = not gradients.any()
    if not e.weight_decay:
        none &= all((run.weights[f"linear.{i}.weight"] == w).all() for i, w in enumerate(starts))
    true = not any(w.any() for w in starts) if which == 0 else e.dropout == 1
    words = {"all" if which == 0 else "every": bool(true), "no": bool(none), "ever": bool(none)}
    return Facts({}, words, gradients.max(), "=", severity="critical")


def symmetric(run, which, *_):
    e, apart = run.experiment, 0.0
    alike = all(np.ptp(initial_weight(e, layer), axis=0).max() == 0 for layer in range(e.depth))
    for layer in range(e.depth):
        w = run.weights[f"linear.{layer}.weight"].astype(float)
        for row in w[1:]:
            differ = ~((row == w[0]) | (np.isnan(row) & np.isnan(w[0])))
            alike &= bool(np.isfinite(row[differ]).all() and np.isfinite(w[0][differ]).all())
        good = np.isfinite(w).all(axis=0)
        if good.any() and np.abs(w).max() > 0:
            apart = max(apart, over(np.ptp(w[:, good], axis=0).max(), np.abs(w).max()))
    dropped = 0 < e.dropout < 1
    words = {
        "all": alike,
        "every": alike,
        "same": alike and apart <= 1e-3,
        "most": apart <= 1e-3,
        "largest": True,
    }
    words["dropout"] = dropped == (which == 1)
    return Facts(dict(width=e.width, apart=100 * apart), words, apart, "<")


def small_batch_norm(run, *_):
    e = run.experiment
    return Facts(dict(batch=e.batch), {"chance": e.batchnorm and e.batch < e.samples}, e.batch, "<=")


def exploding(run, which, *_):
    spread, delta = start(run, "activation_std"), start(run, "delta_norm")
    layers = len(spread)
    if which < 2:
        growth = over(spread[-1], spread[0]) if which == 0 else over(delta[0], delta[-1])
        numbers = dict(last=layers, first=1, growth=growth, factor=growth ** (1 / (layers - 1)))
        return Facts(numbers, {}, growth, layer=layers if which == 0 else 1, step=0)
    layer = int(np.flatnonzero(~np.isfinite(spread))[0])
    top = max(range(layer), key=lambda i: spread[i])
    growth = spread[top] / spread[0]
    numbers = dict(last=top + 1, first=1, growth=growth, factor=growth ** (1 / top), layer=layer + 1)
    numbers["bits"] = dict(float32=32, float64=64)[run.experiment.precision]
    words = {"features are finite": bool(np.isfinite(run.experiment.load().x_train).all())}
    return Facts(numbers, words, np.inf, layer=layer + 1, step=0)


def saturated(run, *_):
    shares = start(run, "saturated_fraction")
    layer = int(np.argmax(shares))
    numbers = dict(share=100 * shares[layer], layer=layer + 1)
    return Facts(numbers, {"almost": True}, shares[layer], layer=layer + 1, step=0)


def vanishing(run, which, *_):
    delta, spread = start(run, "delta_norm"), start(run, "activation_std")
    layers, forward = len(delta), which > 1
    lost = over(spread[-1], spread[0]) if forward else over(delta[0], delta[-1])
    numbers = dict(last=layers, first=1, lost=lost, factor=lost ** (1 / (layers - 1)))
    words = {"nothing": delta[0] == 0 and delta[-1] > 0, "all": spread[-1] == 0, "same": spread[-1] == 0}
    return Facts(numbers, words, lost, "<", layer=layers if forward else 1, step=0)


def decayed(run, which, *_):
    e, last = run.experiment, finite(run)
    norms, gradients = run.probes["weight_norm"], run.probes["weight_grad_norm"]
    shares = np.array([over(*pair) for pair in zip(norms[last], norms[0], strict=True)])
    layer, step = int(np.argmin(shares)), int(run.at[last])
    numbers = dict(decay=e.weight_decay, share=100 * shares[layer], layer=layer + 1)
    if which == 0:
        return Facts(numbers, {}, shares[layer], "<", layer + 1, step)
    pulls = sorted(over(e.weight_decay * w, g) for w, g in zip(norms[last], gradients[last], strict=True))
    pull = (pulls[(len(pulls) - 1) // 2] + pulls[len(pulls) // 2]) / 2
    return Facts(numbers | dict(pull=pull), {}, pull, step=step)


def momentum(run, *_):
    e = run.experiment
    loss = run.loss[: len(run.loss) if broken(run) is None else broken(run)].astype(float)
    width = max(10, min(e.samples // e.batch, e.steps // 10))
    means = np.array([loss[i : i + width].mean() for i in range(len(loss) - width + 1)])
    rises = [mean - means[: i + 1].min() for i, mean in enumerate(means)]
    top = int(np.argmax(rises))
    numbers = dict(beta=e.momentum, memory=1 / (1 - e.momentum), low=means[: top + 1].min(), width=width)
    numbers |= dict(high=means[top], step=top + width - 1)
    return Facts(numbers, {"old ones": e.momentum > 0}, over(rises[top], run.chance), step=top + width - 1)


def mode_losses(run):
    """Losses of every switch by more draws, with what draws leave uncertain: switch -> (mean, deviation)."""
    e, data, rng = run.experiment, run.experiment.load(), np.random.default_rng(12345)
    x, y = data.x_train[:512], data.y_train[:512]
    batch = min(e.batch, len(x))
    found = {}
    for name, (masks, own) in dict(none=(0, 0), dropout=(1, 0), batch=(0, 1), both=(1, 1)).items():
        if (masks and not e.dropout) or (own and not e.batchnorm):
            continue
        losses = []
        for _ in range(64 if masks or own else 1):
            some = rng.permutation(len(x))[: batch if own else len(x)]
            drawn = draw_masks(e, rng, len(some)) if masks else None
            z = forward(e, run.weights, x[some], drawn, bool(own)).output
            if e.loss == "mse":
                losses.append(np.mean((z[:, 0] - y[some]) ** 2))
            else:
                z = np.concatenate([np.zeros_like(z), z], axis=1) if z.shape[1] == 1 else z
                losses.append(-log_softmax(z, axis=1)[np.arange(len(z)), y[some].astype(int)].mean())
        draws = 4 * (min(8, -(-len(x) // batch)) if own else 1)
        with np.errstate(over="ignore"):
            found[name] = np.mean(losses), np.std(losses) * np.sqrt(1 / draws + 1 / 64)
    return found


def mode_gap(run, which, finding, _):
    found = mode_losses(run)
    worst = found["none"][0]
    shown = {row["switch"] or "none": row["loss"] for row in finding.table}
    middle = np.sqrt(shown["none"] * list(shown.values())[-1])
    closes = {name for name in ("dropout", "batch") if shown.get(name, np.inf) < middle}
    words = {
        f"loss of {name}": abs(shown[name] - mean) <= 8 * sd + 1e-6 * mean
        for name, (mean, sd) in found.items()
    }
    words["both modes"] = shown.keys() == found.keys()
    words["same"] = True
    words["the blame"] = closes == [set(), {"dropout"}, {"batch"}, {"dropout", "batch"}][which]
    apart = abs(np.log(over(worst, end(run)))) / max(1, np.log(over(worst, run.chance)))
    words["evaluation is that of the run"] = run.experiment.samples > 512 or apart < 0.01
    if which == 3:
        words["none"] = run.experiment.dropout > 0
    rows = min(run.experiment.samples, 512)
    numbers = dict(best=list(shown.values())[-1], worst=worst, rows=rows)
    measured = over(shown["none"], list(shown.values())[-1])
    return Facts(numbers, words, measured, severity="any length")


def dropout_too_strong(run, which, *_):
    e = run.experiment
    units, few = e.width * (1 - e.dropout), e.dropout < 0.4
    words = {"none": which == 0, "it diverges": (broken(run) is not None) == (which == 1)}
    numbers = dict(rate=e.dropout, units=units, width=e.width)
    return Facts(numbers, words, units if few else e.dropout, "<=" if few else ">=")


def times_off(run) -> tuple[float, float]:
    """How many times the learning rate is above what such networks bear, and below the lowest usual one."""
    e, kind = run.experiment, OPTIMIZERS[run.experiment.optimizer]
    beta = e.momentum if kind.has_momentum else 0
    if kind.rescales:
        lowest, bears = kind.usual if e.depth else (kind.linear_rate / 10, kind.linear_rate)
    elif e.depth:
        bears, lowest = (1 - min(beta, 0.9)) * 2 / e.depth, kind.usual[0] * (1 - beta)
    else:
        steady = 0.5 / (1 + (e.load().x_train.astype(e.precision).astype(float) ** 2).mean() * e.inputs)
        bears, lowest = (1 - min(beta, 0.9)) / (1 + e.inputs), float(f"{steady * (1 - beta):.0e}") / 10
    return tuple(float(f"{off:.3g}") for off in (e.learning_rate / bears, lowest / e.learning_rate))


def non_finite(run, which, _, examined):
    step, losses = broken(run), np.append(run.loss, run.train_loss[-1])
    e = run.experiment
    sound = bool(np.isfinite(e.load().x_train.astype(e.precision)).all())
    numbers = dict(loss=losses[step], step=step, rate=e.learning_rate)
    if which == 0:
        words = {"every": not sound}
        return Facts(numbers, words, losses[step], "not finite", step=step)
    if which == 1:
        return Facts(numbers, {"no": step == 0 and sound}, losses[step], "not finite", step=step)
    words = {"a step was taken": step > 0 and sound}
    blame = (which - 2) // 5
    numbers["off"] = times_off(run)[0]
    words["the blame is right"] = blame == 0 or (times_off(run)[0] > 1) == (blame == 1)
    if blame == 2:
        explained = {f.rule for f in examined.findings} & (set(CAUSES["non_finite"]))
        words["no"] = not explained and not examined.explained & set(CAUSES["non_finite"])
    if (which - 2) % 5 == 0:
        return Facts(numbers, words, losses[step], "not finite", step=step)
    sizes = run.probes["weight_norm" if e.batchnorm else "activation_std"]
    looks = [i for i in range(len(sizes)) if run.at[i] <= step and np.isfinite(sizes[i]).all()]
    layer = int(sizes[looks[-1]].argmax())
    norm, then = divmod((which - 3) % 5, 2)
    words |= {"last": True, "largest": True, "the right probe": e.batchnorm == norm}
    words["the start is another"] = (looks[-1] > 0) == then
    numbers |= dict(at=run.at[looks[-1]], layer=layer + 1, now=sizes[looks[-1], layer], then=sizes[0, layer])
    return Facts(numbers, words, losses[step], "not finite", layer=layer + 1, step=step)


def dead(run, which, *_):
    e, active = run.experiment, run.active_fraction[: finite(run) + 1]
    silent = [[not active[-2:, i, u].any() for u in range(e.width)] for i in range(e.depth)]
    layer = int(np.argmax([sum(units) for units in silent]))
    units = np.flatnonzero(silent[layer])
    since = len(active) - 1
    while since and not active[since - 1, layer, units].any():
        since -= 1
    mine = len(active) > 1 and not active[since:, layer, units].any()
    hidden = e.batchnorm or (e.dropout and layer)
    mode, fast = which % 2 == 1, which < 2
    words = {"every": mine, "whenever": mine, "since": mine, "mode": bool(hidden) == mode}
    many = max(sum(not active[0, i, u] for u in range(e.width)) for i in range(e.depth)) > e.width / 2
    words["the rate is named"] = fast == (not many and times_off(run)[0] > 1)
    if not mode and len(units) == e.width and not e.clip_norm:
        words["no"] = not run.probes["weight_grad_norm"][finite(run), layer]
    else:
        words["no"] = mine
    numbers = dict(count=len(units), width=e.width, layer=layer + 1, step=run.at[since])
    numbers |= dict(rate=e.learning_rate, off=times_off(run)[0]) if fast else {}
    worst = "critical" if len(units) == e.width else "warning"
    return Facts(numbers, words, len(units) / e.width, layer=layer + 1, step=int(run.at[since]), worst=worst)


def too_fast(run, which, *_):
    rate = dict(rate=run.experiment.learning_rate, off=times_off(run)[0])
    if which == 0:
        updates = run.probes["update_ratio"][: finite(run) + 1]
        known = np.where(np.isfinite(updates), updates, -1)
        at, layer = (int(i[0]) for i in np.nonzero(known == known.max()))
        numbers = rate | dict(step=run.at[at], share=100 * known.max(), layer=layer + 1)
        return Facts(numbers, {}, known.max(), layer=layer + 1, step=int(run.at[at]))
    loss = run.train_loss.astype(float)
    top = int(np.argmax(loss))
    rise = over(loss[top], loss[0])
    return Facts(rate | dict(rise=rise, step=run.at[top]), {}, rise, step=int(run.at[top]))


def clipped_too_hard(run, *_):
    e, gradients = run.experiment, run.probes["weight_grad_norm"][: finite(run) + 1].astype(float)
    shares = [e.clip_norm / max(np.sqrt(sum(g**2 for g in row)), 1e-300) for row in gradients]
    kept = float(np.median(shares))
    return Facts(dict(limit=e.clip_norm, kept=100 * kept), {"most": True}, kept, "<")


def too_slow(run, which, *_):
    e, updates = run.experiment, run.probes["update_ratio"][: finite(run) + 1]
    if which == 1:
        first = initial_weight(e, 0).astype(float)
        way = np.sqrt(((run.weights["linear.0.weight"] - first) ** 2).sum() / (first**2).sum())
        typical = way / e.steps
    else:
        ordered = np.sort(updates.astype(float).ravel())
        typical = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    numbers = dict(share=100 * typical, rate=e.learning_rate, off=times_off(run)[1])
    return Facts(numbers, {"layers": bool(e.depth) == (which == 0)}, typical, "<")


def overfitting(run, *_):
    held, train = run.test_loss.astype(float), run.train_loss.astype(float)
    best = int(np.flatnonzero(held == held.min())[0])
    numbers = dict(step=run.at[best], low=held[best], high=held[-1], then=train[best], now=train[-1])
    words = {"it rises": held[-1] > held[best], "it falls": train[-1] < train[best]}
    within, ridge = held[best], yardstick(run.experiment)
    if ridge:
        within = min(within, ridge[1] / ridge[2] * run.chance)
    lost = run.test_accuracy.max() - run.test_accuracy[-1]
    severe = held[-1] > 2 * within and (left(run)[1] > 1 or lost > 0.05)
    near = abs(held[-1] - 2 * within) < 1e-3 * held[-1]
    severity = "warning note" if near else "warning" if severe else "note"
    return Facts(numbers, words, over(held[-1], held[best]), step=int(run.at[best]), severity=severity)


def too_small(run, which, *_):
    e, train = run.experiment, run.train_loss.astype(float)
    numbers = dict(steps=e.steps, loss=end(run), guess=guess(e))
    if which == 0:
        return Facts(numbers, {"it is short": too_short(run)}, e.steps, "<", severity="note")
    at = int(np.argmin(np.abs(run.at[:-1] - 0.75 * e.steps)))
    fall = 100 * (1 - end(run) / float(train[at]))
    numbers |= dict(step=run.at[at], then=train[at], fall=fall, width=e.width)
    late = run.at[at] >= e.steps / 2
    if which == 1:
        fall = over(train[at] - train[-1], run.chance)
        words = {"still": fall > 0 and late}
        return Facts(numbers, words, fall, step=int(run.at[at]), worst="warning")
    settled = train[at] - train[-1] < max(0.1 * train[at], 0.02 * run.chance)
    words = {"few": e.width <= 8, "no": bool(settled and late)}
    return Facts(numbers, words, e.width, "<=", worst="warning")


def plateau(run, which, _, examined):
    others = {f.rule for f in examined.findings} | examined.explained
    words = {"no": others <= {"plateau", "overfitting"}}
    if which:
        words["little better"] = "note" in severities(run)
    return Facts({}, words, unlearned(run), "any", step=run.experiment.steps, worst="warning")


def noise_floor(run, *_):
    train, held, chance = yardstick(run.experiment)
    share, share_held = left(run)
    reached = min(share / (train / chance), share_held / (held / chance))
    numbers = dict(held=run.test_loss[-1], ridge=held, guess=guess(run.experiment))
    words = {"little": reached < 1.16, "more": True}
    return Facts(numbers, words, reached, "<", severity="note")
