"""Where inf and NaN come from, how one cell spreads, and the step of an overflow, known in advance."""

import pandas as pd
import streamlit as st

from core.lessons.feature_scaling import trials
from core.lessons.feature_scaling.charts import not_finite
from core.lessons.feature_scaling.measured import valley as measured
from core.lessons.feature_scaling.table import TableExperiment
from core.run import ENDS
from core.words import short
from core.work import work
from pages.parts import say, show
from pages.parts.training import computed, trained


def section(e: TableExperiment) -> None:
    """Where NaN comes from, how it spreads, at which step it will, and how to find and avoid it."""
    say.subheader("The NaN trap")
    say.markdown("A float32 ends at 3.4×10³⁸. Each line below was computed when you opened this page.")
    _facts()
    _poisoned(e)
    _overflow(e)
    _first_not_finite(e)
    say.markdown(
        "**How to be safe.** Look before training, stop at the first loss that is not finite, and let "
        "PyTorch name the operation:"
    )
    st.code(
        "assert torch.isfinite(x).all(), f'{(~torch.isfinite(x)).sum()} cells have no number'\n"
        "with torch.autograd.detect_anomaly():  # slow: only to find the operation\n"
        "    loss = loss_function(network(x), y)\n"
        "    assert torch.isfinite(loss), f'step {step}: the loss is {loss}'\n"
        "    loss.backward()",
        language="python",
    )


def _facts() -> None:
    """Where float32 makes inf and NaN."""
    from core.lessons.feature_scaling.measured.nan_trap import facts

    rows = pd.DataFrame(computed(facts), columns=["computed", "result", "why"])
    st.dataframe(rows, hide_index=True, height="content", key="feature_scaling.facts")


def _poisoned(e: TableExperiment) -> None:
    """How one missing cell takes every weight."""
    from core.lessons.feature_scaling.measured.nan_trap import poisoned

    show.chart(not_finite.parameters(computed(poisoned, e)), "feature_scaling.poisoned")


def _overflow(e: TableExperiment) -> None:
    """The step of the overflow, predicted before training and measured, over learning rates and seeds."""
    raw = trials.raw(e)
    sweep, expected = trials.overflow(raw, [computed(measured.steepest, one) for one in raw])
    if not sweep.experiments:
        say.caption("These columns are too small to overflow at any learning rate up to 100.")
        return
    found = trials.overflows(sweep, trained(sweep.experiments, ENDS), expected)
    show.chart(not_finite.overflow(found), "feature_scaling.overflow")


def _first_not_finite(e: TableExperiment) -> None:
    """The first tensor with a number that is not finite, in the run on the screen."""
    from core.lessons.feature_scaling.measured.nan_trap import first_not_finite

    key, label = "feature_scaling.look", "Look at every tensor of every step of the run on the screen"
    if not show.wanted(key, work(e), label, e, show.UNASKED):
        return
    found = computed(first_not_finite, e)
    if bad := found.first_bad:
        many = (
            f": {bad.finite:,} of its {bad.size:,} numbers are finite"
            if bad.size > 1
            else ", a single number"
        )
        say.markdown(
            "**How to find it.** In the run on the screen the first number that is not finite comes up at "
            f"step {found.step:,}, in the tensor **{bad.name}**{many}."
        )
    else:
        say.markdown(
            "**How to find it.** In the run on the screen every tensor of every step is finite, to step "
            f"{found.step:,}."
        )
    rows = [
        {
            "tensor": t.name,
            "finite": f"{t.finite:,} of {t.size:,}",
            "largest finite magnitude": short(t.largest) if t.finite else "none",
        }
        for t in found.tensors
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="feature_scaling.autopsy")
