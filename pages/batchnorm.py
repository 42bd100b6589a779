"""What batch normalization does, buys and costs. Settings: core/lessons/batchnorm.py."""

import streamlit as st

from core import charts
from core.lessons import LESSONS
from pages import parts, shell
from pages.training import computed, trained

shell.guard()

lesson = LESSONS["batchnorm"]
settings = parts.ask(lesson)
experiment = settings.experiment
plain, normed = trained([experiment.but(batchnorm=False), experiment.but(batchnorm=True)])
run = normed if experiment.batchnorm else plain

parts.glance(run, "final_loss", "steps_to_target", "per_layer", "test_accuracy")
parts.show(
    charts.runs.losses({"without batchnorm": plain, "with batchnorm": normed}), "batchnorm.losses"
)

st.subheader("One batch, by hand")
st.markdown(
    "The first mini-batch of this training on its way into the first hidden unit, before the first step. "
    "Move one value: every sample of the batch answers."
)
parts.inline(lesson, settings, "rows", "nudge", "gamma", "beta", "seen")
