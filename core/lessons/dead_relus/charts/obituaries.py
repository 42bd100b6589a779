"""What is said of a unit: what it died of, what silenced it before the first step, or why neither is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.diagnosis import census
from core.diagnosis.wording import NAMES
from core.experiment import Experiment
from core.words import listed, short

if TYPE_CHECKING:
    from core.lessons.dead_relus.measured.births import Births
    from core.lessons.dead_relus.measured.deaths import Death, Deaths
    from core.lessons.dead_relus.measured.history import UnitHistory

SLOPES = {
    "leaky_relu": "its slope there is 0.01",
    "elu": "its slope there is eᶻ, which fades further down",
    "selu": "its slope there is 1.76 eᶻ, which fades further down",
    "gelu": "its slope there only fades further down",
    "silu": "its slope there only fades further down",
    "tanh": "its slope is the same on both sides, and fades far off on either",
    "sigmoid": "its slope is the same on both sides, and fades far off on either",
    "identity": "its slope is 1 everywhere",
}
"""Activation functions that are not flat below 0."""
BATCHNORM = (
    "With batch normalization no death is pinned on a cause. Units are counted in evaluation mode, and there "
    "what a unit says depends on its weights and bias, on γ and β, on its inputs and on the running "
    "statistics, which all move at every step. In training mode every batch is normalized by its own mean: a "
    "unit that counts as dead may still get gradients."
)


def untold(history: UnitHistory) -> str:
    """Why no unit of this network has a cause of death; "" where they have."""
    h, e = history, history.experiment
    if e.activation not in SLOPES:
        return BATCHNORM * e.batchnorm
    text = (
        "No unit is called dead here: one that is negative on all data may learn all the same, as "
        f"{NAMES.get(e.activation, e.activation)} is not flat below 0: {SLOPES[e.activation]}."
    )
    negative, flat = h.dead[-1].sum(), h.flat[-1].sum()
    if not flat:
        return text
    return (
        f"{text} At step {h.at[-1]}, {flat} of the {negative} units that are negative on all data are so far "
        f"down that in {e.precision} their slope is exactly 0 on every training sample."
    )


def name(history: UnitHistory) -> str:
    """The unit, as readers count."""
    return f"unit {history.unit + 1} of layer {history.layer + 1}"


def part(name: str, e: Experiment) -> str:
    """A part of a unit's own update in words."""
    momentum = "momentum" if e.optimizer == "sgd" else "Adam's moving average"
    return {"gradient": "its own gradient", "momentum": momentum, "decay": "weight decay"}[name]


def verdict(history: UnitHistory, deaths: Deaths | None, births: Births) -> str:
    """When the unit fell silent for good and what did it: as the register of deaths says, if there is one."""
    h, died, word = history, history.died, census.word(history.experiment.activation)
    subject = name(h).capitalize()
    known = deaths.of(h.layer, h.unit) if deaths else []
    if died is None:
        back = [f"from step {d.step} to {d.returned}" for d in known if d.returned is not None]
        more = f" It was dead {listed(back[:3])}{', and again later' * (len(back) > 3)}." if back else ""
        share = short(100 * h.active[-1])
        return f"At step {h.at[-1]} {name(h)} is above 0 on {share} % of the samples.{more}"
    if died == 0:
        return f"{subject} is {word} before the first step already. {born(births, h.layer, h.unit)}"
    before = f" Before, it was above 0 on {short(100 * h.active[died - 1])} % of the samples."
    if not known or known[-1].returned is not None:
        apart = "" if h.every == 1 else f", as far as looks {h.every} steps apart show"
        return f"{subject} is {word} from step {h.at[died]} on{apart}.{before}"
    text = f"{subject} is dead from step {known[-1].step} on.{before if h.every == 1 else ''}"
    return f"{text} {told(known[-1], h.experiment)}"


def told(death: Death, e: Experiment) -> str:
    """What killed a unit, with the numbers that say so."""
    if death.cause == "inputs":
        return (
            "On the inputs it had, its new weights and bias would have left it a highest weighted sum of "
            f"{short(death.own)}; its inputs, moved by the layers below, brought it to {short(death.after)}."
        )
    names = {name: part(name, e) for name in death.alone}
    came = f"its highest weighted sum from {short(death.before)} to {short(death.own)}"
    zero = "Its own gradient was exactly 0 on that step. " * death.no_gradient
    if len(names) == 1:
        return f"{zero}On the inputs it had, {names[death.cause]} alone took {came}."
    (first, top), *others = death.alone.items()
    tried = [f"{names[first]} alone would have left {short(top)}"]
    tried += [f"{names[name]} alone {short(top)}" for name, top in others]
    text = f"{zero}On the inputs it had, its update took {came}, where {listed(tried)}"
    if death.cause != "several":
        return f"{text}: {names[death.cause]} killed it."
    if death.enough:
        return f"{text}: {listed([names[name] for name in death.enough])} would each have killed it alone."
    return f"{text}: {'neither' if len(names) == 2 else 'none'} was enough alone."


def before_training(found: Births) -> str:
    """How many units are dead before the first step, and how many with one setting changed alone."""
    e, silent = found.experiment, found.active == 0
    if not silent.any():
        return ""
    text = f"Dead before the first step: {silent.sum()} of {silent.size} unit{'s' * (silent.size > 1)}"
    if unfed := silent[~found.fed].sum():
        text += f", {unfed} of them as nothing but zeros comes from the layers below"
    for name, share in found.without.items():
        changed = f"the {_setting(name)} at 0 instead of {short(getattr(e, name))}"
        text += f"; with {changed}, all else the same, {(share == 0).sum() or 'none'}"
    return f"{text}."


def born(found: Births, layer: int, unit: int) -> str:
    """Why a unit is silent before the first step, as far as one change alone tells."""
    e = found.experiment
    woken = {name: share[layer, unit] for name, share in found.without.items() if share[layer, unit]}
    if woken:
        return " ".join(
            f"You set the {_setting(name)} to {short(getattr(e, name))}: at 0, with the same first weights, "
            f"it would be above 0 on {short(100 * share)} % of the samples."
            for name, share in woken.items()
        )
    if not found.fed[layer]:
        return f"Nothing comes to it from layer {layer}, and its bias alone does not lift it above 0."
    others = "".join(f"; so they do with the {_setting(name)} at 0" for name in found.without)
    return f"Its first weights and bias make that of its inputs{others}."


def _setting(name):
    return Experiment.model_fields[name].title.lower()
