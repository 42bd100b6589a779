"""Backpropagation: the numbers forward, the gradients back. Settings: core/lessons/backprop/lesson.py."""

import streamlit as st

from core.lessons import LESSONS
from core.lessons.backprop import claims as backprop
from core.lessons.backprop import export
from core.lessons.backprop.charts import cost, learning, sharing
from core.lessons.backprop.examine import try_gradient
from core.lessons.backprop.paths import ladder_costs
from core.lessons.backprop.update import one_sample
from pages.parts import claims, controls, say, shell, show, stepper, take_away
from pages.parts.training import computed

shell.guard()

lesson = LESSONS["backprop"]
settings = controls.ask(lesson)
stepper.leaves(lesson, settings)
stepper.stepper(lesson, settings)

training = backprop.trained(settings)

say.subheader("Why it is dynamic programming")
say.markdown(
    f"The chain rule is a sum over every path from a weight to the {settings.goal}. In a deep network nobody "
    "can list them, but they share edges: record one gradient per node, and each edge is used once for all."
)
show.chart(sharing.counts(settings), "backprop.counts")
stepper.all_paths(settings)
levels = 20 if show.asked("backprop.ladder", "Climb to 20 levels: two million calls") else 12
climbed = computed(ladder_costs, levels)
show.beside(
    {
        "backprop.ladder.left": sharing.ladder(climbed),
        "backprop.ladder.right": sharing.ladder_time(climbed),
    }
)

say.subheader("Is the gradient right?")
say.markdown(
    "The gradients that the passes above found are on trial, with whatever mistake is switched on: first "
    "leaf by leaf, then along one direction, in which all weights move by h and so does any other leaf whose "
    "gradient is wrong. Two differences lose digits to rounding when h is small; a step along the imaginary "
    "axis subtracts nothing."
)
trial = try_gradient(settings.graph, settings.leaves, settings.gradients, settings.parameters)
stepper.verdict(trial)
show.beside({"backprop.right.left": cost.differences(trial), "backprop.right.right": cost.taylor(trial)})

costs = st.container()
with costs:
    say.subheader("What it costs", "central differences")

say.subheader("Then it learns")
say.markdown(one_sample(settings, training))
with st.container(horizontal=True):
    for name in ("learning_rate", "steps"):
        controls.control(lesson, settings, name, settings.unused)
if training.stopped:
    say.warning(training.stopped, icon=":material/warning:")
show.beside(
    {
        "backprop.learning.left": learning.learning(settings, training),
        "backprop.learning.right": learning.weights(settings, training),
    }
)
say.markdown("#### “If it's differentiable, we can probably learn on it”")
say.markdown(
    "Three odd functions, a sigmoid so steep that it is nearly a step, and a step. The step is flat on both "
    "sides: its slope is exactly 0 wherever it has one, so every gradient is 0 and no weight ever moves."
)
show.chart(learning.functions(backprop.tried()), "backprop.functions")
stepper.open_functions(lesson)

claims.exact(backprop.CLAIMS, computed(backprop.verdicts))
take_away.take_files(settings, *export.files(settings, training))

with costs:
    from core.lessons.backprop import measured

    say.markdown(
        "Counted while PyTorch computes the gradients of networks with 2 inputs and two hidden layers: the "
        "gradient of a million weights costs less than three forward passes. What it costs is memory."
    )
    flops, recorded = computed(measured.count_flops), computed(measured.count_bytes)
    show.chart(cost.operations(flops), "backprop.operations")
    show.beside({"backprop.cost.left": cost.ratio(flops), "backprop.cost.right": cost.memory(recorded)})
    if show.asked("backprop.clock", "Time all three ways on this machine"):
        show.chart(cost.seconds(computed(measured.time_gradients)), "backprop.seconds")
