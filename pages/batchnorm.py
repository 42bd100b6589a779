"""What batch normalization does, buys and costs. Settings: core/lessons/batchnorm/lesson.py."""

import streamlit as st

from core.lessons import LESSONS
from core.lessons.batchnorm.charts import inside
from pages.parts import by_hand, claims, controls, normalizing, say, shell, show, take_away, verdicts
from pages.parts.training import trained

shell.guard()

lesson = LESSONS["batchnorm"]
settings = controls.ask(lesson)
experiment = settings.experiment

say.subheader("One batch, by hand")
by_hand.one_batch(lesson, settings)

say.subheader("The same network without it and with it")
[plain], [normed] = (trained([experiment.but(batchnorm=on)]) for on in (False, True))
run = normed if experiment.batchnorm else plain
show.glance(run, "final_loss", "epochs_to_0.1", "per_layer", "test_accuracy")
show.chart(inside.learning(plain, normed), "batchnorm.losses")
near_loss = st.container()
show.chart(inside.inside(plain, normed), "batchnorm.inside")
show.chart(inside.learned(normed), "batchnorm.learned")

verdicts.findings(lesson, run)
normalizing.further(run)
claims.tested(lesson)
take_away.take_away(run, near_loss, settings)
