"""What the sizes of columns do to steps: how far one goes, and how long one may be."""

import streamlit as st

from core.lessons.feature_scaling.charts import steps as charts
from core.quotes import KAGGLE
from pages.parts import claims, say, show
from pages.parts.training import computed


@st.fragment
def shift() -> None:
    """A sentence that no pair of trainings tests: what one step does to the weights of a column."""
    key = "feature_scaling.shift"
    with st.container(border=True, key=key):
        claims.sentence(
            "SGD will shift the network weights in proportion to how large an activation the data produces",
            KAGGLE,
        )
        if show.asked(key, "Test it: one step each, with columns of many sizes"):
            from core.lessons.feature_scaling.measured import steps

            found = computed(steps.shifts)
            claims.said(
                found.verdict,
                "A step is the learning rate times the mean of error signal times input: a larger input "
                "makes it larger in proportion as long as the error signal stays. But a larger column also "
                "makes larger errors, unless its weights make up for it.",
            )
            show.chart(charts.shifted(found), f"{key}.chart")
            claims.numbers({shift.condition: shift.sentence for shift in found.verdict.outcomes})


@st.fragment
def steady() -> None:
    """How long a step columns of unlike sizes allow, once the reader asks."""
    key = "feature_scaling.steady"
    say.markdown("How long may a step be where one column is large and another small?")
    if show.asked(key, "Spread the sizes: the largest steady learning rate, and rises of the loss"):
        from core.lessons.feature_scaling.measured import steps

        found = computed(steps.steadiness)
        show.beside({f"{key}.chart": charts.steady(found), f"{key}.rising": charts.rising(found)})
    further = "And normalized inside the network? Inputs, inside, neither, both"
    st.page_link("pages/batchnorm.py", label=further, icon=":material/arrow_forward:")
