"""Gradients that vanish or explode on their way back. Settings: core/lessons/gradients.py."""

import streamlit as st

from core import charts
from core.lessons import LESSONS
from pages import parts, shell
from pages.training import trained

shell.guard()

lesson = LESSONS["gradients"]
experiment = parts.ask(lesson)
[run] = trained([experiment])

parts.glance(run, "per_layer", "first_over_last", "final_loss", "test_accuracy")
parts.show(charts.gradients.signal_by_layer(run), "gradients.signal")

st.subheader("What that does to learning")
left, right = st.columns(2)
with left:
    parts.show(charts.gradients.weights_moved(run), "gradients.moved")
with right:
    parts.show(charts.runs.loss(run), "gradients.loss")

parts.findings(lesson, run)

st.subheader("Look inside the layers")
left, right = st.columns(2)
with left:
    parts.show(charts.strips.activations(run), "gradients.activations")
with right:
    parts.show(charts.strips.deltas(run), "gradients.deltas")

st.subheader("The same run with one thing changed")
rivals = parts.rivals(lesson, experiment)
parts.compared(rivals, "gradients.rivals")

with st.expander("Why: the mathematics with this run's numbers", icon=":material/function:"):
    formula, sentence = charts.gradients.why(run)
    st.latex(r"\delta_l = \phi'(z_l) \odot W_{l+1}^\top \delta_{l+1}")
    st.markdown(
        "On its way back the error signal is multiplied at every layer by the weights and by the slope of "
        "the activation. With random weights its mean square changes by one factor per layer "
        "(Poole et al. 2016; Schoenholz et al. 2017):"
    )
    st.latex(formula)
    st.markdown(sentence)

parts.claims(lesson)
parts.take_away(run)
