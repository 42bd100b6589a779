"""Gradients that vanish or explode on their way back. Settings: core/lessons/gradients/lesson.py."""

import streamlit as st

from core.charts.runs import loss
from core.lessons import LESSONS
from core.lessons.gradients.charts import moved, signals, strips, why
from core.work import work
from pages.parts import claims, compare, controls, further, say, shell, show, take_away, verdicts
from pages.parts.training import computed, trained

shell.guard()
lesson = LESSONS["gradients"]
experiment = controls.ask(lesson)
[run] = trained([experiment])

show.glance(run, "per_layer", "first_over_last", "final_loss", "test_accuracy")
show.chart(signals.signal_by_layer(run), "gradients.signal")
say.markdown(
    r"The gradient of a layer's weights is $\partial L / \partial W_l = \delta_l\, h_{l-1}^\top$, summed "
    "over the batch: its error signal (orange) times the activations that enter it. A layer stands still "
    "where that product is small; where one of the two falls, the other can make up for it."
)
if sentence := why.alike_sentence(run):
    from core.lessons.gradients.measured.last_layer import networks, pulled_apart

    say.markdown(sentence)
    cost, label = work(*networks(experiment)), "Is it that? Train the last layer alone"
    what = "train the last layer alone"
    if show.wanted("gradients.apart", cost, label, experiment, show.UNASKED, what):
        say.markdown(why.pulled_apart_sentence(experiment.depth, computed(pulled_apart, experiment)))
say.subheader("What that does to learning")
show.beside({"gradients.moved": moved.weights_moved(run), "gradients.loss": loss(run)})
near_loss = st.container()
verdicts.findings(lesson, run)
say.subheader("Look inside the layers")
inside = strips.activations(run), strips.deltas(run)
show.beside(dict(zip(("gradients.activations", "gradients.deltas"), inside, strict=True)))
say.subheader("The same run with one thing changed")
compare.shared_axes(compare.variants(lesson, experiment), "gradients.variants")
with st.expander("Why: the mathematics with this run's numbers", icon=":material/function:"):
    formula, sentence = why.why(run)
    say.latex(r"\delta_l = \phi'(z_l) \odot W_{l+1}^\top \delta_{l+1}")
    say.markdown(
        "On its way back the error signal is multiplied at every layer by the weights and by the slope of "
        "the activation. With random weights its mean square changes by one factor per layer "
        "(Poole et al. 2016; Schoenholz et al. 2017):"
    )
    say.latex(formula)
    say.markdown(sentence)
say.subheader("Go further")
further.tabs(run)
claims.tested(lesson)
take_away.take_away(run, near_loss)
