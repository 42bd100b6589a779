"""Why the signals fall or grow as they do, with the numbers of this run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.diagnosis.finding import short_run
from core.diagnosis.numbers import per_layer
from core.run import Run
from core.theory import predict, sigma_w
from core.words import short, two_digits

if TYPE_CHECKING:
    from core.lessons.gradients.measured.last_layer import PulledApart

ALIKE, GUESSES, HALF = 0.01, 0.1, 0.5
"""Spread over samples, relative to layer 1, below which all samples look alike; how near to the loss of
guessing a loss is like it; which part of its loss a layer has to lose before one thing alone held it back."""


def alike_sentence(run: Run) -> str:
    """Why not even the last layer learns, where that is because all samples look alike to it; else ""."""
    e, last = run.experiment, run.last
    spread = run.probes["activation_std"].astype(float)
    alike = (spread[[0, last], -1] < ALIKE * spread[[0, last], 0]).all()
    heard = run.probes["delta_norm"][[0, last], -1].all()
    guesses = abs(float(run.train_loss[last]) / run.chance - 1) < GUESSES
    if not (guesses and alike and heard) or short_run(run) or e.depth == 1 or e.residual:
        return ""
    return (
        f"**Why does not even layer {e.depth} learn, which hears the error in full?** To it all inputs "
        f"look the same. From sample to sample a unit's activations differ by {short(spread[0, 0])} in "
        f"layer 1, in layer {e.depth} by {short(spread[0, -1])} before the first step and by "
        f"{short(spread[last, -1])} at step {run.at[last]}. So the network gives every input nearly the same "
        "answer, and one answer for all is no better than guessing."
    )


def _latex(value: float) -> str:
    return rf"\text{{{short(value)}}}"


def why(run: Run) -> tuple[str, str]:
    """The factor chi with this run's numbers as LaTeX, and what it predicts, beside what was measured."""
    e, theory = run.experiment, predict(run.experiment, run.input_mean_square)
    if e.init == "constant":
        return r"\chi = \sigma_w^2\, E[\phi'(z)^2]", (
            "That is for random weights. Here all weights of a layer are equal and so are its units: nothing "
            f"averages out, and theory is silent. Measured is ×{short(per_layer(run))} per layer."
        )
    chi, variance = float(theory.chi[-1]), sigma_w(e, e.width, e.width) ** 2
    if e.batchnorm:
        formula = (
            rf"\chi = \frac{{E[\phi'(z)^2]}}{{\mathrm{{Var}}[\phi(z)]}} = {_latex(chi)}, \quad z \sim N(0, 1)"
        )
    else:
        slope = chi / variance if variance else 0.0
        formula = (
            rf"\chi = \sigma_w^2\, E[\phi'(z)^2] = {_latex(variance)} \times {_latex(slope)} = {_latex(chi)},"
            rf" \quad z \sim N(0, {_latex(float(theory.pre_activation_square[-1]))})"
        )
    if e.depth == 1:
        return formula, "With one hidden layer there is no way from layer to layer to multiply on."
    predicted, measured = float(theory.delta_ratio[0]) ** (1 / (e.depth - 1)), per_layer(run)
    chi, root = (1 + chi, "√(1 + χ)") if e.residual else (chi, "√χ")
    each = f"{root} = ×{short(chi**0.5)} per layer at layer {e.depth}"
    sentence = f"So the size of the error signal should change by about {each}"
    if np.isfinite(predicted):
        sentence += f", and by ×{short(predicted)} per layer on the whole way"
    known = np.isfinite(measured)
    sentence += f"; measured is ×{short(measured)}." if known else "; here no ratio can be measured."
    if e.residual:
        sentence += (
            " With residual connections the error signal goes through a layer, times √χ, and around it, "
            "times 1; theory takes the two as independent, which in a network of finite width they are not."
        )
    if e.batchnorm:
        sentence += " That is for very wide layers and large batches: narrow ones multiply by more."
    return formula, sentence


def pulled_apart_sentence(layer: int, found: PulledApart) -> str:
    """What becomes of the last layer when its inputs alone are changed, so that they no longer look alike."""
    before, after = (two_digits(np.median(losses)) for losses in (found.as_it_comes, found.pulled_apart))
    better, seeds = int(found.better.sum()), len(found.better)
    lower = np.median(found.pulled_apart / found.as_it_comes)
    verdict = "that is what holds it back" if lower < HALF else "that holds it back, but not that alone"
    if better < seeds:
        verdict = "whether that holds it back is not decided" if better else "that is not what holds it back"
    return (
        f"**Tested by changing that alone.** Layer {layer} and the output, trained by themselves on what the "
        f"layers below make of the data, end at a loss of {before}; on the same, pulled apart to a mean "
        f"square of 1, at {after} (medians over {seeds} seeds). It is clearly lower in {better} of {seeds}: "
        f"{verdict}."
    )
