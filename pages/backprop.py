"""Backpropagation: the numbers forward, the gradients back. Settings: core/lessons/backprop.py."""

import streamlit as st

from core import charts
from core.backprop import claims, export
from core.backprop.check import gradient_check, taylor_test
from core.lessons import LESSONS
from pages import controls, parts, shell, stepper, verdicts
from pages.training import computed

shell.guard()

lesson = LESSONS["backprop"]
settings = controls.ask(lesson)
stepper.leaves(lesson, settings)
stepper.stepper(lesson, settings)

graph, numbers, training = settings.graph, settings.leaves, claims.trained(settings)

st.subheader("Why it is dynamic programming")
st.markdown(
    "The chain rule is a sum over every path from a weight to the loss. In a deep network nobody can list "
    "them, but they share edges: record one gradient per node, and each edge is used once for all of them."
)
parts.show(charts.backprop.counts(settings), "backprop.counts")
stepper.all_paths(settings)
levels = 20 if parts.asked("backprop.ladder", "Climb to 20 levels: two million calls") else 12
climbed = computed("core.backprop.paths.ladder_costs", levels)
parts.beside(
    {
        "backprop.ladder.left": charts.backprop.ladder(climbed),
        "backprop.ladder.right": charts.backprop.ladder_time(climbed),
    }
)

st.subheader("Is the gradient right?")
st.markdown(
    "Move all weights together by h and compare the slope of the loss with what backpropagation says. Two "
    "differences lose digits to rounding when h is small; a step along the imaginary axis subtracts nothing."
)
together = dict.fromkeys(settings.parameters, 1.0)
check, test = gradient_check(graph, numbers, together), taylor_test(graph, numbers, together)
parts.beside(
    {
        "backprop.right.left": charts.gradient_cost.differences(check),
        "backprop.right.right": charts.gradient_cost.taylor(test),
    }
)

costs = st.container()

st.subheader("Then it learns")
with st.container(horizontal=True):
    for name in ("learning_rate", "steps"):
        controls.control(lesson, settings, name)
if training.stopped:
    st.warning(training.stopped, icon=":material/warning:")
parts.beside(
    {
        "backprop.learning.left": charts.backprop.learning(training),
        "backprop.learning.right": charts.backprop.weights(settings, training),
    }
)
st.markdown("#### “If it is differentiable, we can probably learn on it”")
st.markdown(
    "Three odd functions, a sigmoid so steep that it is nearly a step, and a step. The step is flat on both "
    "sides: its slope is exactly 0 wherever it has one, so every gradient is 0 and no weight ever moves."
)
parts.show(charts.backprop.functions(claims.tried()), "backprop.functions")
stepper.open_functions(lesson)

verdicts.facts(claims.FACTS, computed("core.backprop.claims.verdicts"))
parts.take_files(settings, *export.files(settings, training))

with costs:
    st.subheader("What it costs")
    st.markdown(
        "Counted while PyTorch computes the gradients of networks with 2 inputs and two hidden layers: the "
        "gradient of a million weights costs less than three forward passes. What it costs is memory."
    )
    flops = computed("core.backprop.measured.count_flops")
    recorded = computed("core.backprop.measured.count_bytes")
    parts.show(charts.gradient_cost.operations(flops), "backprop.operations")
    parts.beside(
        {
            "backprop.cost.left": charts.gradient_cost.ratio(flops),
            "backprop.cost.right": charts.gradient_cost.memory(recorded),
        }
    )
    if parts.asked("backprop.clock", "Time all three ways on this machine"):
        timed = computed("core.backprop.measured.time_gradients")
        parts.show(charts.gradient_cost.seconds(timed), "backprop.seconds")
