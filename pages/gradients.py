"""Gradients that vanish or explode on their way back. Settings: core/lessons/gradients.py."""

import streamlit as st

from core import charts, depth, export, ruler
from core.lessons import LESSONS
from core.lessons.gradients import DIVERGING, EDGE, LARGE, RESCUES
from pages import controls, parts, shell, verdicts
from pages.training import computed, trained

shell.guard()
lesson = LESSONS["gradients"]
experiment = controls.ask(lesson)
[run] = trained([experiment])

parts.glance(run, "per_layer", "first_over_last", "final_loss", "test_accuracy")
parts.show(charts.gradients.signal_by_layer(run), "gradients.signal")
st.subheader("What that does to learning")
parts.beside(
    {"gradients.moved": charts.gradients.weights_moved(run), "gradients.loss": charts.runs.loss(run)}
)
verdicts.findings(lesson, run)
st.subheader("Look inside the layers")
inside = charts.strips.activations(run), charts.strips.deltas(run)
parts.beside(dict(zip(("gradients.activations", "gradients.deltas"), inside, strict=True)))
st.subheader("The same run with one thing changed")
parts.compared(parts.rivals(lesson, experiment), "gradients.rivals")
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
st.subheader("Go further")
names = ["How deep can it train?", "What rescues it?", "Learning-rate ruler", "Clipping", "NaN autopsy"]
parted = deep, rescue, rates, clip, autopsy = st.tabs(names, key="gradients.part", on_change="rerun")
with next(tab for tab in parted if tab.open):
    if deep.open:
        activation, fine = experiment.activation, st.toggle("Finer map", key="gradients.fine")
        if runs := parts.on_demand("gradients.map", depth.grid(activation, fine)):
            figure = charts.depth_map.depth_map(activation, fine, runs)
            parts.pick(lesson, figure, f"gradients.map.{fine}", depth.names(activation, fine), runs)
        if parts.asked("gradients.chi", "Measure χ, the factor per layer, over σ_w"):
            chi = computed("core.mean_field.beside_sigmoid", activation)
            parts.show(charts.depth_map.chi_curves(chi), "gradients.chi")
    elif rescue.open:
        st.markdown("12 ReLU layers with PyTorch's default initialization do not learn. One change each:")
        if runs := parts.on_demand("gradients.rescues", [e for es in RESCUES.values() for e in es]):
            names = list(RESCUES)
            parts.pick(lesson, charts.rescues.rescues(names, runs), "gradients.rescues", names, runs)
    elif rates.open:
        if runs := parts.on_demand("gradients.ruler", ruler.networks(experiment)):
            sharpness = computed("core.curvature.at_start", experiment)
            parts.show(charts.learning_rate.ruler(experiment, runs, sharpness), "gradients.ruler")
            parts.csv("gradients.rates", export.runs_csv, runs)
        st.markdown("##### Sharpness: how strongly the loss bends along its steepest direction")
        parts.doors(lesson, {"A run on the edge of stability": EDGE})
        if parts.asked("gradients.sharpness", "Measure it over the steps of this run", about=experiment):
            figure = charts.learning_rate.sharpness(computed("core.curvature.over_steps", experiment, 30))
            parts.show(figure, "gradients.sharpness")
        st.markdown("##### Where the whole course is known: least squares, and the smallest catapult")
        ratio = st.slider("Learning rate over the threshold", 0.5, 1.1, 0.99, 0.01, key="gradients.ratio")
        beta = st.select_slider("Momentum", [0.0, 0.5, 0.9], key="gradients.beta")
        exact = charts.learning_rate.least_squares(*computed("core.descent.in_both", ratio, beta))
        thrown = charts.learning_rate.catapult(computed("core.descent.catapults", 0))
        parts.beside({"gradients.least_squares": exact, "gradients.catapult": thrown}, "descents")
    elif clip.open:
        networks = {"Weights too large": LARGE, "The network above": experiment}
        base = networks[st.selectbox("Which network", list(networks), key="gradients.clipped")]
        limit = st.select_slider("Largest norm", [0.1, 0.3, 1.0, 3.0, 10.0], 1.0, key="gradients.limit")
        records = [computed("core.clipping.record", base.but(clip_norm=c), limit) for c in (0, limit)]
        norms, arrows = charts.clipping.norms(*records), charts.clipping.arrows(records[1])
        parts.beside({"gradients.norms": norms, "gradients.arrows": arrows}, "clipping")
        st.markdown("##### What clipping cannot do: four gradients through PyTorch's two functions, limit 1")
        st.table(computed("core.clipping.hard_cases"))
    elif run.diverged_at is None:
        st.success("This run stays finite to its end. These do not:", icon=":material/check_circle:")
        parts.doors(lesson, DIVERGING)
    else:
        found = computed("core.autopsy.examine", experiment)
        steps, layers = charts.autopsy.over_steps(found), charts.autopsy.over_layers(found)
        st.markdown(charts.autopsy.prediction(found))
        parts.beside({"gradients.autopsy": steps, "gradients.layers": layers}, "autopsy")
verdicts.claims(lesson)
parts.take_away(run)
