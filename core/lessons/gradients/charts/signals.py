"""The signal on its way through the layers: forward, and back."""

import numpy as np
import plotly.graph_objects as go

from core.charts.style import (
    BACKWARD,
    FORWARD,
    HEALTHY,
    SCALE,
    THEORY,
    WEIGHTS,
    chart,
    drawable,
    log_axis,
    played,
)
from core.diagnosis.measures import first_over_last, per_layer
from core.run import Run
from core.spread import spread
from core.theory import predict, sigma_w
from core.words import power_of_ten, short

SIGNALS = {
    "activation_std": ("activations forward (spread over samples)", FORWARD),
    "delta_norm": ("error signal back (RMS of δ)", BACKWARD),
    "weight_grad_norm": ("weight gradients (norm)", WEIGHTS),
}


def signal_sentence(run: Run, snapshot: int = 0) -> str:
    """What layer 1 hears of the error, in one sentence."""
    layers, ratio = run.experiment.depth, first_over_last(run, snapshot)
    if layers == 1:
        return "With one hidden layer the error signal has no way to go"
    if not np.isfinite(ratio):
        return f"The error signal is not finite at step {run.at[snapshot]}"
    if ratio == 0:
        return f"Nothing of the error signal at layer {layers} reaches layer 1: it is exactly 0"
    share = f"{short(ratio)} of" if ratio < 1 else f"{short(ratio)} times"
    return (
        f"Layer 1 receives {share} the error signal that layer {layers} receives: "
        f"×{short(per_layer(run, snapshot))} per layer"
    )


EDGES = {"not finite": ("x", 1), "exactly 0": ("triangle-down", 0)}


def _signals(run: Run, snapshot: int, axis: dict) -> list[dict]:
    """What a frame changes: the three signals, and a mark at the edge for what a logarithm cannot show."""
    layers = np.arange(1, run.experiment.depth + 1)
    measured = {name: run.probes[name][snapshot] for name in SIGNALS}
    data = [dict(y=drawable(values)) for values in measured.values()]
    for title, (_, side) in EDGES.items():
        wrong = {n: v == 0 if title == "exactly 0" else ~np.isfinite(v) for n, v in measured.items()}
        x = np.concatenate([layers[mask] for mask in wrong.values()])
        colour = [SIGNALS[n][1] for n, mask in wrong.items() for _ in range(mask.sum())]
        data.append(dict(x=x, y=np.full(len(x), 10.0 ** axis["range"][side]), marker=dict(color=colour)))
    return data


def signal_by_layer(run: Run) -> go.Figure:
    """Forward and backward signal per layer at every snapshot, over the mean-field prediction at step 0."""
    e, kept = run.experiment, run.kept
    theory = predict(e, run.input_mean_square)
    top = float(run.probes["delta_norm"][0, -1])
    back = drawable(theory.delta_ratio * top)
    every = [run.probes[name][kept].ravel() for name in SIGNALS]
    axis = log_axis(np.concatenate([*every, back]), "size")
    layers = np.arange(1, e.depth + 1)
    dashed = dict(color=THEORY, dash="dash", width=2)
    expected = (
        "Dashed is what mean-field theory predicts before the first step, from data and kind of weights"
    )
    if e.init == "constant":
        expected = (
            "No line is dashed: the weights of a layer are equal, and mean-field theory is of random ones"
        )

    def note(i):
        text = f"step {run.at[i]}: δ of layer 1 is {short(first_over_last(run, i))} × that of layer {e.depth}"
        place = dict(x=0, y=1, xref="paper", yref="paper", xanchor="left", yanchor="bottom", showarrow=False)
        return dict(annotations=[dict(text=text, **place)])

    start = _signals(run, 0, axis)
    lines = [
        go.Scatter(x=layers, name=title, line_color=colour, mode="lines+markers")
        for title, colour in SIGNALS.values()
    ]
    marks = [
        go.Scatter(
            name=title,
            mode="markers",
            marker=dict(symbol=symbol, size=10),
            cliponaxis=False,
            showlegend=False,
        )
        for title, (symbol, _) in EDGES.items()
    ]
    figure = chart(
        [
            *(trace.update(data) for trace, data in zip([*lines, *marks], start, strict=True)),
            go.Scatter(
                x=layers,
                y=drawable(spread(e, e.load().x_train)),
                line=dashed,
                mode="lines",
                name="predicted at the start",
            ),
            go.Scatter(x=layers, y=back, line=dashed, mode="lines", name="predicted", showlegend=False),
        ],
        title=signal_sentence(run),
        alt=f"Size of the signals in {e.depth} layers, step by step. {signal_sentence(run)}.",
        how="Each dot is a layer. A straight fall of the orange line: every layer takes the same share. A "
        "fall of the blue line: the inputs look ever more alike (each unit's standard deviation over the "
        f"batch, RMS over units); near the last digit of {e.precision} it leaves the dashed line or is 0. "
        f"{expected}; the green band is a tenth to ten times what the last layer receives. A triangle at the "
        "bottom is exactly 0, a cross at the top is not finite.",
        height=540,
        xaxis=dict(
            title="hidden layer: data goes right, gradients go left",
            range=[0.5, e.depth + 0.5],
            dtick=max(1, e.depth // 12),
        ),
        yaxis=axis,
        margin=dict(l=8, r=8, t=90, b=8),
        **note(0),
    )
    figure.update_layout(legend_y=1.06)
    if np.isfinite(top) and top > 0:
        figure.add_hrect(top / 10, top * 10, fillcolor=HEALTHY, line_width=0, layer="below")
    frames = [
        dict(data=_signals(run, i, axis), traces=list(range(len(start))), name=str(run.at[i]), layout=note(i))
        for i in kept
    ]
    return played(figure, frames, "step ")


def _distance(moved: float) -> str:
    return f"{100 * moved:.2g} %" if moved < 10 else f"{moved:.1g} times"


def weights_moved(run: Run) -> go.Figure:
    """How far every layer's weights have come from their start, over the steps."""
    e, kept = run.experiment, [i for i in run.kept if run.at[i] > 0]
    moved = run.probes["weight_moved"][kept].astype(float)
    finite = moved[np.isfinite(moved).all(axis=1)]
    title = "No relative distance to show: the weights start at 0, or the run ended before its first update"
    if len(finite):
        first, last = _distance(finite[-1, 0]), _distance(finite[-1, -1])
        title = f"Layer 1 moved by {first} of its weights, layer {e.depth} by {last}"
    exponents = np.log10(drawable(moved)).T
    low = np.floor(np.nanmin(exponents)) if np.isfinite(exponents).any() else -1
    high = max(np.ceil(np.nanmax(exponents)), low + 1) if np.isfinite(exponents).any() else 0
    ticks = np.arange(low, high + 1, max(1, round((high - low) / 6)))
    return chart(
        [
            go.Heatmap(
                x=run.at[kept],
                y=np.arange(1, e.depth + 1),
                z=exponents.astype(np.float32),
                zmin=low,
                zmax=high,
                colorscale=SCALE,
                customdata=100 * moved.T,
                hovertemplate="layer %{y}, step %{x}: %{customdata:.2g} %<extra></extra>",
                colorbar=dict(tickvals=ticks, ticktext=[power_of_ten(t) for t in ticks], thickness=12, len=1),
            )
        ],
        title=title,
        alt=f"Heat map of the relative distance of the weights from their start, layers over steps. {title}.",
        how="Colour is the distance of a layer's weights from their initial values, relative to their norm.",
        xaxis=dict(title="step", range=[0, e.steps]),
        yaxis=dict(title="hidden layer", dtick=max(1, e.depth // 10)),
        hovermode="closest",
    )


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
            rf"\chi = \frac{{E[\phi'(z)^2]}}{{\mathrm{{Var}}[\phi(z)]}} = {short(chi)}, \quad z \sim N(0, 1)"
        )
    else:
        slope = chi / variance if variance else 0.0
        formula = (
            rf"\chi = \sigma_w^2\, E[\phi'(z)^2] = {short(variance)} \times {short(slope)} = {short(chi)},"
            rf" \quad z \sim N(0, {short(float(theory.pre_activation_square[-1]))})"
        )
    predicted = float(theory.delta_ratio[0]) ** (1 / max(e.depth - 1, 1))
    sentence = (
        f"So the size of the error signal should change by about √χ = ×{short(chi**0.5)} per layer at "
        f"layer {e.depth}, and by ×{short(predicted)} over all layers; measured is ×{short(per_layer(run))}."
    )
    if e.residual:
        sentence += " A residual connection adds a way around each layer: on it the factor is 1 + χ."
    return formula, sentence
