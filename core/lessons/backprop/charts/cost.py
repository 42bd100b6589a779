"""Whether a gradient is right, and what it costs in operations, memory and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BACKWARD, BEFORE, FORWARD, THEORY, WEIGHTS, chart, drawable, log_axis
from core.lessons.backprop import cost
from core.lessons.backprop.check import lowest
from core.lessons.backprop.examine import Trial
from core.lessons.backprop.notation import apart
from core.words import short

if TYPE_CHECKING:
    from core.lessons.backprop.measured import Flops, Seconds

WAYS = {"backpropagation": AFTER, "forward mode": WEIGHTS, "central differences": BEFORE}


def differences(trial: Trial) -> go.Figure:
    """How far three differences are from the gradient on trial, against the step h, and what is predicted."""
    check = trial.check
    crossed = trial.taylor.crossed[trial.taylor.h <= 1e-2].any()
    smooth = trial.verdict == "right" and not crossed and not trial.taylor.straight
    errors, best = check.errors, check.best
    forward, central = best["forward"], best["central"]
    small, near = check.h <= 1e-8, int(np.argmin(abs(check.h - 1e-6)))
    off = np.max(errors["complex step"][small])
    if trial.wrong:
        measured, said = apart(np.median(check.complex_step[small]), check.exact)
        title = f"Along this direction the measured slope is {measured}, but the gradient says {said}"
    elif not any(error[check.h <= 1e-2].any() for error in errors.values()):
        title = "All three differences are exactly the gradient, for every h up to 10⁻²"
    elif trial.verdict == "kink" and errors["central"][central] > 1e-6:
        title = (
            f"At h = {short(check.h[near])} forward differences give {short(check.forward[near])} and "
            f"central ones {short(check.central[near])}; backpropagation takes {short(check.exact)}"
        )
    else:
        title = "Best step: " + ", ".join(
            f"{name} h = {short(check.h[i])} (error {short(errors[name][i])})"
            for name, i in (("forward", forward), ("central", central))
        )
        if np.isfinite(off):
            title += f"; the complex step is off by at most {short(off)} for every h up to 10⁻⁸"
    predicted = {"forward": check.predicted_forward, "central": check.predicted_central}
    expected = " and ".join(
        f"{short(check.h[lowest(error)])} for {name}" for name, error in predicted.items()
    )
    falls = "".join(
        f"On the right, {name} errors grow {short(10 ** check.orders[name])} times with ten times the h "
        f"(theory: {10**order}). "
        for name, order in (("forward", 1), ("central", 2))
        if np.isfinite(check.orders[name])
    )
    about = "With a right gradient the errors would follow the grey lines. " if trial.wrong else ""
    if smooth:
        about = (
            "Towards the left rounding takes over, towards the right the curve of the function. "
            f"{falls}Theory expects the best h at {expected}. "
        )
    traces = [
        go.Scatter(
            x=check.h,
            y=drawable(predicted[name]),
            name=f"{name}, predicted",
            mode="lines",
            line=dict(color=THEORY, dash=dash),
            hoverinfo="skip",
        )
        for name, dash in (("forward", "dash"), ("central", "dot"))
    ]
    for (name, error), colour in zip(errors.items(), (BEFORE, FORWARD, WEIGHTS), strict=True):
        traces.append(
            go.Scatter(
                x=check.h,
                y=drawable(np.maximum(error, 1e-18)),
                name=name,
                mode="lines+markers",
                line_color=colour,
                marker_size=5,
            )
        )
    return chart(
        traces,
        title=title,
        alt=f"Error of three differences against the step h. {title}.",
        how=f"{about}The gradient along this direction is {short(check.exact)}.",
        xaxis=log_axis(check.h, "step h"),
        yaxis=log_axis([1e-18, *errors["forward"], *errors["central"]], "error"),
    )


def taylor(trial: Trial) -> go.Figure:
    """What is left of the change of the output without and with the gradient, against the step h."""
    test = trial.taylor
    change, rest = (short(10**order) for order in test.orders)
    quickly = test.orders[1] > 1.8
    falls = f"With h ten times smaller the rest is {'' if quickly else 'only '}{rest} times smaller"
    falls = "With h ten times smaller the rest stays as large" if rest == "1" else falls
    crossed = test.h[test.crossed & (test.h <= 1e-2)].tolist()
    if trial.wrong:
        title = f"{falls}: the gradient is wrong" if test.orders[1] <= 1.8 else "The gradient is wrong"
    elif test.flat:
        title = "Nothing changes, as the gradient says: the function is flat here"
    elif test.straight:
        title = "The gradient explains the whole change: the function is straight here"
    elif quickly:
        title = f"{falls}: the gradient is right" if trial.verdict == "right" else falls
    elif crossed:
        where = "at every h" if crossed[0] == test.h[0] else f"from h = {short(crossed[0])} on"
        title = f"{falls}: {where} the way leads over a kink or a jump"
    else:
        title = falls
    return chart(
        [
            go.Scatter(x=test.h, y=drawable(left), name=name, mode="lines+markers", line_color=colour)
            for name, left, colour in (
                ("|change|", test.zeroth, BEFORE),
                ("|change − h · gradient|", test.first, AFTER),
            )
        ],
        title=title,
        alt=f"Taylor test. {title}.",
        how="The Taylor test: take off what the gradient promises. If it is right, h ten times smaller "
        "leaves a rest 100 times smaller; if it is wrong, only 10 times."
        + (f" The change itself gets {change} times smaller." if change != "NaN" else ""),
        xaxis=log_axis(test.h, "step h"),
        yaxis=log_axis([*np.maximum(test.first, 1e-18), *test.zeroth], "what is left"),
    )


def operations(flops: Flops) -> go.Figure:
    """The cost of the whole gradient, in forward passes, against the number of parameters."""
    parameters = np.array([cost.parameter_count(widths) for widths in flops.widths])
    counted = {
        "backpropagation": (flops.forward + flops.backward) / flops.forward,
        "forward mode": parameters * flops.tangent / flops.forward,
        "central differences": 2.0 * parameters,
    }
    formulas = (cost.reverse_mode_flops, cost.forward_mode_flops, cost.difference_flops)
    title = (
        f"A gradient of {parameters[-1]:,} numbers costs {counted['backpropagation'][-1]:.3f} forward passes "
        f"by backpropagation, {short(counted['forward mode'][-1])} by forward mode and "
        f"{short(counted['central differences'][-1])} by central differences"
    )
    traces = [
        go.Scatter(
            x=parameters,
            y=[formula(w, cost.BATCH) / cost.forward_flops(w, cost.BATCH) for w in flops.widths],
            mode="lines",
            line=dict(color=THEORY, dash="dash"),
            name="closed form",
            showlegend=formula is formulas[0],
            hoverinfo="skip",
        )
        for formula in formulas
    ]
    traces += [
        go.Scatter(x=parameters, y=counted[way], name=way, mode="markers", marker=dict(color=colour, size=9))
        for way, colour in WAYS.items()
    ]
    return chart(
        traces,
        title=title,
        alt=f"Cost of the gradient against parameters. {title}.",
        how="Dots: operations that PyTorch counted in each pass, times the passes a gradient takes, "
        "over those of one forward pass. Dashed: the closed form. Only backpropagation does not care how "
        "many parameters there are.",
        xaxis=log_axis(parameters, "parameters"),
        yaxis=log_axis(np.concatenate(list(counted.values())), "forward passes"),
    )


def ratio(flops: Flops) -> go.Figure:
    """Operations of the backward pass over those of the forward pass, against width."""
    widths, ratios = [w[1] for w in flops.widths], flops.backward / flops.forward
    title = f"Backward over forward: {ratios[0]:.2f} at width {widths[0]}, {ratios[-1]:.3f} at {widths[-1]}"
    figure = chart(
        [
            go.Scatter(
                x=widths,
                y=[cost.backward_flops(w, 1) / cost.forward_flops(w, 1) for w in flops.widths],
                name="closed form",
                mode="lines",
                line=dict(color=THEORY, dash="dash"),
            ),
            go.Scatter(
                x=widths, y=ratios, name="counted", mode="markers", marker=dict(color=BACKWARD, size=9)
            ),
        ],
        title=title,
        alt=f"Ratio of operations, backward over forward. {title}.",
        how="Each weight is used once forward, and twice backward: for its own gradient and for that of its "
        "input, which the first layer does not need. The ratio stays below 2 however large the network is.",
        xaxis=log_axis(widths, "width"),
        yaxis=dict(title="backward / forward", range=[0, 2.2]),
    )
    figure.add_hline(2, line=dict(color=THEORY, width=1))
    return figure


def memory(recorded: np.ndarray) -> go.Figure:
    """Bytes that are recorded between the passes, against depth."""
    depths, width = cost.DEPTHS, cost.MEMORY_WIDTH
    predicted = [cost.recorded_bytes(cost.shape(width, depth), cost.BATCH) for depth in depths]
    per_layer = (recorded[-1] - recorded[0]) / (depths[-1] - depths[0])
    title = f"Every layer adds {per_layer:,.0f} bytes to remember: {cost.BATCH} × {width} activations"
    return chart(
        [
            go.Scatter(
                x=depths, y=predicted, name="closed form", mode="lines", line=dict(color=THEORY, dash="dash")
            ),
            go.Scatter(
                x=depths, y=recorded, name="measured", mode="markers", marker=dict(color=FORWARD, size=9)
            ),
        ],
        title=title,
        alt=f"Bytes recorded between the passes against depth. {title}.",
        how="The price of recording: memory, linear in depth. Measured as the tensors that autograd saves.",
        xaxis=dict(title="hidden layers"),
        yaxis=dict(title="bytes", rangemode="tozero"),
    )


def seconds(times: Seconds) -> go.Figure:
    """Seconds for the whole gradient against the number of parameters."""
    found = {
        "backpropagation": times.reverse,
        "forward mode": times.forward_mode,
        "central differences": times.differences,
    }
    last = times.differences[-1] / times.reverse[-1]
    title = (
        f"On the clock, at {times.parameters[-1]:,.0f} parameters: central differences take {short(last)} "
        f"times as long as backpropagation, forward mode {short(times.forward_mode[-1] / times.reverse[-1])}"
    )
    return chart(
        [
            go.Scatter(x=times.parameters, y=found[way], name=way, mode="lines+markers", line_color=colour)
            for way, colour in WAYS.items()
        ],
        title=title,
        alt=f"Seconds against parameters, measured. {title}.",
        how="The best of three on the machine that serves this page; they differ a little every time.",
        xaxis=log_axis(times.parameters, "parameters"),
        yaxis=log_axis(np.concatenate(list(found.values())), "seconds"),
    )
