"""What the gradient is for: the steps it leads to, and functions that it teaches or does not."""

import numpy as np
import plotly.graph_objects as go

from core.charts.style import FORWARD, PALETTE, THEORY, chart, drawable, few_points, log_axis
from core.lessons.backprop.graph import Training
from core.lessons.backprop.notation import apart, written
from core.lessons.backprop.settings import Passes
from core.words import short


def learning(settings: Passes, training: Training) -> go.Figure:
    """The output after every step, a loss or not, and what the gradient promised for it."""
    loss, steps, goal = training.loss, np.arange(len(training.loss)), settings.goal
    positive = loss.min() > 0
    title = f"The {goal} stays at {short(loss[0])}" if np.ptp(loss) == 0 else _from_to(f"The {goal}", loss)
    title += f" in {steps[-1]} step{'' if steps[-1] == 1 else 's'}"
    if len(loss) == 1:
        title = f"The {goal} starts at {short(loss[0])}, and the first step leaves what can be computed"
    if np.ptp(loss):
        promised, real = training.projected_loss[0] - loss[0], loss[1] - loss[0]
        title += f": the first step promised a change of {short(promised)} and brought {short(real)}"
    i = few_points(loss)
    projected = training.projected_loss[i[i < len(training.projected_loss)]]
    y = drawable if positive else np.asarray
    everything = np.clip([*loss, *projected], max(loss.min() / 10, 1e-20), None) if positive else loss
    return chart(
        [
            go.Scatter(
                x=i[: len(projected)] + 1,
                y=y(projected),
                name="promised by the gradient",
                line=dict(color=THEORY, dash="dash"),
                mode="lines+markers",
                marker_size=5,
            ),
            go.Scatter(x=i, y=y(loss[i]), name=goal, line_color=FORWARD, mode="lines+markers"),
        ],
        title=title,
        alt=f"The {goal} over {steps[-1]} steps. {title}.",
        how=f"Dashed is where the {goal} would be after each step if it were as straight as its tangent."
        + (" Where the promise is below 0 there is nothing to draw on this axis." if positive else ""),
        xaxis=dict(title="step", range=[0, max(steps[-1], 1)]),
        yaxis=log_axis(everything, goal, floor=1e-32) if positive else dict(title=goal),
    )


def weights(settings: Passes, training: Training) -> go.Figure:
    """The path of every weight and bias."""
    moved = {name: abs(training.paths[name][-1] - training.paths[name][0]) for name in settings.parameters}
    most = max(moved, key=moved.get)
    still = sum(np.ptp(training.paths[name]) == 0 for name in moved)
    if len(training.loss) == 1:
        title = "The first step leaves what can be computed"
    elif still == len(moved):
        flat = not any(settings.gradients[name] for name in settings.parameters)
        title = "Nothing moves" + ": every gradient is 0" * flat
    else:
        alone = sum(np.isclose(distance, moved[most], rtol=1e-9) for distance in moved.values()) == 1
        verb = "moves furthest," if alone else "moves as far as any,"
        title = f"{_from_to(written(most), training.paths[most], verb)}"
        title += f"; {still} of {len(moved)} never move" if still else ""
    i = few_points(training.loss)
    return chart(
        [
            go.Scatter(
                x=i,
                y=training.paths[name][i],
                name=written(name),
                line=dict(color=PALETTE[k % len(PALETTE)], dash="dot" if name.startswith("b") else "solid"),
            )
            for k, name in enumerate(moved)
        ],
        title=title,
        alt=f"Weights and biases over the steps. {title}.",
        how="One line per weight, dotted for biases; hover for its name. Where lines lie on each other, "
        "units stay copies.",
        showlegend=len(moved) < 10,
        xaxis=dict(title="step"),
        yaxis=dict(title="value"),
        hovermode="closest",
    )


def _from_to(what: str, path: np.ndarray, verb: str = "goes") -> str:
    """... goes from the first number to the last, in as many digits as tell them apart."""
    if path[0] == path[-1]:
        most = short(np.abs(path - path[0]).max())
        return f"{what} changes by up to {most} and ends where it began, at {short(path[0])}"
    first, last = apart(path[0], path[-1])
    return f"{what} {verb} from {first} to {last}"


def functions(runs: dict[str, Training]) -> go.Figure:
    """The losses of several functions, each relative to where it starts."""
    shares = {name: run.loss / run.loss[0] for name, run in runs.items()}
    good = [name for name, share in shares.items() if share[-1] < 0.01]
    title = f"{len(good)} of {len(runs)} are learned: {', '.join(good)}"
    return chart(
        [
            go.Scatter(
                x=np.arange(len(share)),
                y=drawable(np.maximum(share, 1e-16)),
                name=name,
                line=dict(color=PALETTE[k], dash="solid" if name in good else "dash"),
            )
            for k, (name, share) in enumerate(shares.items())
        ],
        title=title,
        alt=f"Loss relative to the start, for {', '.join(runs)}. {title}.",
        how="Loss relative to the start. Dashed lines are not learned. Values below 10⁻¹⁶ are drawn there.",
        xaxis=dict(title="step"),
        yaxis=log_axis([1.0, 1e-16], "loss / loss at the start"),
    )
