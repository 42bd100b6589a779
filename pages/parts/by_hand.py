"""One mini-batch of the Batchnorm page, number by number, and what moving one sample does to the others."""

import streamlit as st

from core.lessons.batchnorm.by_hand import ByHand, take_apart
from core.lessons.batchnorm.charts import by_hand as charts
from core.lessons.lesson import Lesson
from pages.parts import controls, say, show
from pages.parts.training import computed


def one_batch(lesson: Lesson, settings: ByHand) -> None:
    """The batch of the reader's size in a chart, in formulas, as a table, and in evaluation mode."""
    say.markdown(
        "The first samples on their way into the first hidden unit. Move one, and see what the others do."
    )
    controls.inline(lesson, settings, "rows", "nudge", "gamma", "beta", "seen")
    try:
        apart = take_apart(settings)
    except ValueError as error:
        from core.lessons.batchnorm.measured.single import single_sample

        say.error(str(error), icon=":material/error:")
        say.markdown(f"PyTorch says: `{computed(single_sample)}`")
        return
    left, right = st.columns(2)
    with left:
        show.chart(charts.by_hand(apart, settings.nudge), "batchnorm.by_hand")
    with right:
        say.latex(charts.formulas(apart.after, settings.gamma, settings.beta))
    st.dataframe(charts.table(apart), hide_index=True)
    show.chart(charts.warm_up(apart, settings.seen), "batchnorm.warm_up")
