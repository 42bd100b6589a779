"""What outliers and heavy tails cost: one straight line in closed form, and models that were trained."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.charts.style import AFTER, BEFORE, FORWARD, PALETTE, THEORY, chart
from core.charts.sweeps import over_seeds
from core.diagnosis.claims import NOT_HERE, TRUE, UNDECIDED, Outcome
from core.diagnosis.skill import percent
from core.lessons.feature_scaling.charts.ladder import marks, named, rows
from core.lessons.feature_scaling.theory import SIZES, SLOPE, SPREADS, clipped_theory, log_theory
from core.lessons.feature_scaling.trials import COST, WORST
from core.words import short


def outlier_lines(found: dict, share: float, bound: float) -> go.Figure:
    """Slope and R2 against the size of the outliers, with and without clipping, over the closed forms."""
    sizes, grid = SIZES, np.logspace(0, 2, 60)
    theory = dict(zip(("slope", "r2"), clipped_theory(share, grid, np.inf), strict=True))
    theory |= dict(zip(("clipped", "clipped_r2"), clipped_theory(share, grid, bound), strict=True))
    raw, clipped = (np.median(found[name], axis=1)[-1] for name in ("slope", "clipped"))
    title = (
        f"A straight line through one column with {percent(share)} of outliers of size {sizes[-1]:g} has "
        f"{_part(raw)} of its slope; clipped at {bound:g}, {_part(clipped)}"
    )
    shown = {
        "slope": ("slope, raw", PALETTE[1]),
        "clipped": (f"slope, clipped at ±{bound:g}", PALETTE[0]),
        "r2": ("R², raw", PALETTE[4]),
        "clipped_r2": ("R², clipped", PALETTE[8]),
    }
    traces = [
        go.Scatter(
            x=sizes,
            y=np.median(found[key], axis=1),
            name=name,
            mode="markers",
            marker=dict(color=colour, size=9),
        )
        for key, (name, colour) in shown.items()
    ]
    traces += [
        go.Scatter(
            x=grid,
            y=theory[key],
            mode="lines",
            name="closed form",
            line=dict(color=THEORY, dash="dash", width=2),
            showlegend=i == 0,
            legendgroup="theory",
        )
        for i, key in enumerate(shown)
    ]
    return chart(
        traces,
        title=title,
        alt=f"Slope and R² of a straight line against the size of outliers. {title}.",
        how="Not the table above: 5,000 rows, y = 2x + noise, x normal. Then a share of x is replaced by ± "
        "the size of an outlier, which flattens the line. A clip narrows x itself, too, the more the lower "
        "it is, which makes the line steeper. Dots are medians of 5 seeds, dashed is the closed form.",
        xaxis=dict(title="size of the outliers, in standard deviations", type="log", tickvals=SIZES),
        yaxis=dict(title="slope, R²", range=[-0.05, 1.05 * max(SLOPE, theory["clipped"].max())]),
        hovermode="closest",
    )


def _part(slope: float) -> str:
    """Of the true slope, in percent: two digits, as many as five seeds have to give."""
    return percent(float(f"{slope / SLOPE:.2g}"))


def squeezed(found: dict, share: float) -> go.Figure:
    """How much of a column this share of outliers presses together under linear scaling."""
    sizes, pressed = SIZES, np.median(found["squeezed"], axis=1)
    title = (
        f"The same column under linear scaling, with {percent(share)} of outliers of size {sizes[-1]:g}: "
        f"{percent(pressed[-1])} of the rows share a tenth of the range"
    )
    return chart(
        [go.Scatter(x=sizes, y=pressed, mode="lines+markers", line_color=FORWARD)],
        title=title,
        alt=f"Share of rows within 5 % of the range of the median against the size of outliers. {title}.",
        how="Rows within 5 % of the range either side of the median. One value sets the range; all pay.",
        xaxis=dict(title="size of the outliers, in standard deviations", type="log", tickvals=SIZES),
        yaxis=dict(title="share of the rows", tickformat=".0%", range=[0, 1.04]),
    )


def cost_sentence(outcomes: Sequence[Outcome]) -> str:
    """What the outliers of the table cost behind which pipeline, by the rule of all claims."""
    lost = [o.condition for o in outcomes if np.isneginf([*o.without, *o.helped]).all()]
    rest = [o for o in outcomes if o.condition not in lost]
    said = {word: [o for o in rest if o.word == word] for word in (TRUE, NOT_HERE, UNDECIDED)}

    def cost(outcome):
        return short(outcome.gain) if np.isfinite(outcome.gain) else "all: only with them it diverges"

    parts = {
        "{} cost held-out R² behind": [f"{o.condition} ({cost(o)})" for o in said[TRUE]],
        f"{{}} cost less than {COST} of held-out R² behind": [o.condition for o in said[NOT_HERE]],
        "what {} cost in held-out R² is not decided behind": [o.condition for o in said[UNDECIDED]],
        "whether {} are there or not, training diverges behind": lost,
    }
    parts = {says: named(behind) for says, behind in parts.items() if behind}
    told = [
        f"{says.format('they' if i else 'the outliers of this table')} {behind}"
        for i, (says, behind) in enumerate(parts.items())
    ]
    return ". ".join(text[0].upper() + text[1:] for text in told)


def trained(outcomes: Sequence[Outcome], unavoidable: float) -> go.Figure:
    """Held-out R2 with the outliers and without them, behind every pipeline over the seeds.

    unavoidable: the R2 that the rows cost in which the sensor says nothing.
    """
    title = cost_sentence(outcomes)
    names = [o.condition for o in outcomes]
    scores = {
        "with the outliers": np.array([o.without for o in outcomes]),
        "without them": np.array([o.helped for o in outcomes]),
    }
    seeds = len(outcomes[0].without)
    return chart(
        marks(names, scores, (BEFORE, AFTER)),
        title=title,
        alt=f"Held-out R² with outliers and without them behind {len(outcomes)} pipelines. {title}.",
        how=f"The model above, trained on the table as it is and on the same table with a sensor that never "
        f"sticks, nothing else changed: small marks are {seeds} seeds, the large one is their median, a "
        f"cross diverged, a triangle is below {WORST}. A cost is said where the whole 93 % interval of the "
        f"paired differences reaches {COST}. A model that has learned all that the sensor says loses about "
        f"{short(unavoidable)}, whatever the scaling: a row in which it sticks is held out too, and there it "
        "says nothing.",
        height=130 + 50 * len(outcomes),
        hovermode="closest",
        **rows(names),
    )


def without_log(kept: np.ndarray) -> go.Figure:
    """R2 of a raw log-normal feature over that of its logarithm: kept [spreads, seeds]."""
    at = list(SPREADS).index(1)
    left = 100 * np.median(kept[at])
    title = f"Without its logarithm a log-normal feature of spread 1 keeps {left:.0f} % of its R²"
    grid = np.linspace(SPREADS[0], 1, 50)
    return over_seeds(
        SPREADS,
        {"measured": kept},
        theory={"closed form, up to 1": (grid, log_theory(grid))},
        x_title="spread s: standard deviation of the logarithm",
        y_title="R² raw / R² with log",
        title=title,
        alt=f"Share of R² that is left without the logarithm. {title}.",
        how="Linear regression on exp(s z), whose target is linear in z. Dashed is s² / (exp(s²) − 1); "
        "beyond 1 the few largest rows rule what 2,000 of them can show.",
    )
