"""Gradients that vanish or explode on their way back. Settings: core/lessons/gradients/lesson.py."""

import streamlit as st

from core.charts.runs import loss
from core.export.csv import runs_csv
from core.lessons import LESSONS
from core.lessons.gradients import depth, ruler
from core.lessons.gradients.charts import (
    autopsy,
    clipping,
    depth_map,
    learning_rate,
    rescues,
    signals,
    strips,
)
from core.lessons.gradients.lesson import DIVERGING, EDGE, LARGE, RESCUES
from pages.parts import compare, controls, shell, show, take_away, verdicts
from pages.parts.training import computed, trained

shell.guard()
lesson = LESSONS["gradients"]
experiment = controls.ask(lesson)
[run] = trained([experiment])

show.glance(run, "per_layer", "first_over_last", "final_loss", "test_accuracy")
show.chart(signals.signal_by_layer(run), "gradients.signal")
st.subheader("What that does to learning")
show.beside({"gradients.moved": signals.weights_moved(run), "gradients.loss": loss(run)})
verdicts.findings(lesson, run)
st.subheader("Look inside the layers")
inside = strips.activations(run), strips.deltas(run)
show.beside(dict(zip(("gradients.activations", "gradients.deltas"), inside, strict=True)))
st.subheader("The same run with one thing changed")
compare.shared_axes(compare.variants(lesson, experiment), "gradients.variants")
with st.expander("Why: the mathematics with this run's numbers", icon=":material/function:"):
    formula, sentence = signals.why(run)
    st.latex(r"\delta_l = \phi'(z_l) \odot W_{l+1}^\top \delta_{l+1}")
    st.markdown(
        "On its way back the error signal is multiplied at every layer by the weights and by the slope of "
        "the activation. With random weights its mean square changes by one factor per layer "
        "(Poole et al. 2016; Schoenholz et al. 2017):"
    )
    st.latex(formula)
    st.markdown(sentence)
st.subheader("Go further")
names = ["How deep can it train?", "What rescues it?", "Learning-rate ruler", "Clipping", "NaN autopsy"]
parted = deep, rescue, rates, clip, _ = st.tabs(names, key="gradients.part", on_change="rerun")
with next(tab for tab in parted if tab.open):
    if deep.open:
        activation, fine = experiment.activation, st.toggle("Finer map", key="gradients.fine")
        sweep = depth.grid(activation, fine)
        if runs := show.on_demand("gradients.map", sweep.experiments):
            expected = computed(depth.expected, activation, fine)
            figure = depth_map.depth_map(depth.depth_map(sweep, runs), expected)
            show.pick(lesson, figure, f"gradients.map.{fine}", depth.cells(sweep), runs)
        if show.asked("gradients.chi", "Measure χ, the factor per layer, over σ_w"):
            from core.lessons.gradients.measured.chi import beside_sigmoid

            show.chart(depth_map.chi_curves(computed(beside_sigmoid, activation)), "gradients.chi")
    elif rescue.open:
        st.markdown("12 ReLU layers with PyTorch's default initialization do not learn. One change each:")
        if runs := show.on_demand("gradients.rescues", RESCUES.experiments):
            choices = dict(zip(RESCUES.axes["change"], RESCUES.experiments[:: RESCUES.shape[1]], strict=True))
            show.pick(lesson, rescues.rescues(RESCUES, runs), "gradients.rescues", choices, runs)
    elif rates.open:
        from core.lessons.gradients.measured import curvature, descent

        sweep = ruler.networks(experiment)
        if runs := show.on_demand("gradients.ruler", sweep.experiments):
            sharpness = computed(curvature.at_start, experiment)
            show.chart(learning_rate.ruler(experiment, sweep, runs, sharpness), "gradients.ruler")
            show.csv("gradients.rates", runs_csv, runs)
        st.markdown("##### Sharpness: how strongly the loss bends along its steepest direction")
        show.openers(lesson, {"A run on the edge of stability": EDGE})
        if show.asked("gradients.sharpness", "Measure it over the steps of this run", about=experiment):
            figure = learning_rate.sharpness(computed(curvature.over_steps, experiment, 30))
            show.chart(figure, "gradients.sharpness")
        st.markdown("##### Where the whole course is known: least squares, and the smallest catapult")
        ratio = st.slider("Learning rate over the threshold", 0.5, 1.1, 0.99, 0.01, key="gradients.ratio")
        beta = st.select_slider("Momentum", [0.0, 0.5, 0.9], key="gradients.beta")
        exact = learning_rate.least_squares(*computed(descent.in_both, ratio, beta))
        thrown = learning_rate.catapult(computed(descent.catapults, 0))
        show.beside({"gradients.least_squares": exact, "gradients.catapult": thrown}, "descents")
    elif clip.open:
        from core.lessons.gradients.measured.clipping import hard_cases, record

        networks = {"Weights too large": LARGE, "The network above": experiment}
        base = networks[st.selectbox("Which network", list(networks), key="gradients.clipped")]
        limit = st.select_slider("Largest norm", [0.1, 0.3, 1.0, 3.0, 10.0], 1.0, key="gradients.limit")
        records = [computed(record, base.but(clip_norm=c), limit) for c in (0, limit)]
        norms, arrows = clipping.norms(*records), clipping.arrows(records[1])
        show.beside({"gradients.norms": norms, "gradients.arrows": arrows}, "clipping")
        st.markdown("##### What clipping cannot do: four gradients through PyTorch's two functions, limit 1")
        st.table(computed(hard_cases))
    elif run.diverged_at is None:
        st.success("This run stays finite to its end. These do not:", icon=":material/check_circle:")
        show.openers(lesson, DIVERGING)
    else:
        from core.lessons.gradients.measured.autopsy import examine

        found = computed(examine, experiment)
        steps, layers = autopsy.over_steps(found), autopsy.over_layers(found)
        st.markdown(autopsy.prediction(found))
        show.beside({"gradients.autopsy": steps, "gradients.layers": layers}, "autopsy")
verdicts.claims(lesson)
take_away.take_away(run)
