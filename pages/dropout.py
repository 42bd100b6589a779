"""Dropout: what it prevents, what is dropped, how strong it is. Settings: core/lessons/dropout."""

import streamlit as st

from core.lessons import LESSONS
from core.lessons.dropout import settings
from core.lessons.dropout.charts import effect, forgotten, modes, paired
from core.lessons.dropout.charts.data import described
from core.lessons.dropout.measured import answers
from core.lessons.dropout.measured import paired as measured
from core.lessons.dropout.measured.modes import modes as both_modes
from pages.parts import claims, controls, dropping, say, shell, show, take_away, verdicts
from pages.parts.training import SNAPSHOTS, computed, trained

shell.guard()

lesson = LESSONS["dropout"]
experiment = controls.ask(lesson)
rate = settings.rate_of(experiment)
[alone] = trained([experiment.but(dropout=0)])
[dropped] = trained([experiment.but(dropout=rate)])
run = dropped if experiment.dropout else alone
pair = {"no dropout": alone, f"dropout {rate:g}": dropped}

for name, one in pair.items():
    if one.diverged_at is not None:
        diverged = f"With {name} the training diverged at step {one.diverged_at}."
        say.warning(diverged, icon=":material/warning:")
say.caption(described(experiment))
if experiment.inputs == 1:
    show.chart(effect.uncertainty(dropped, computed(answers.spread, dropped)), "dropout.fit")
else:
    without, with_dropout = (
        effect.surface(one, computed(answers.surface, one), name) for name, one in pair.items()
    )
    show.beside({"dropout.surface.without": without, "dropout.surface.dropout": with_dropout})

say.subheader("The same trainings with and without dropout")
sweep = show.fewer_seeds(settings.paired(experiment))
runs = show.on_demand("dropout.paired", sweep.experiments, "Over seeds", show.UNASKED, SNAPSHOTS)
found = measured.paired(sweep, runs) if runs else measured.paired(*settings.one_pair(pair))
show.metrics(paired.numbers(found))
near_loss = st.container()
show.beside({"dropout.loss": paired.loss(found, alone.chance), "dropout.error": paired.error(found)})
verdicts.findings(lesson, run)

say.subheader("Two modes of the same weights")
asked = computed(answers.asked, run)
training, evaluation = (modes.mode(experiment, asked, training) for training in (True, False))
show.beside({"dropout.training": training, "dropout.evaluation": evaluation})
held = computed(both_modes, run)
ended = run.diverged_at is None
say.markdown(forgotten.sentence(experiment, held["held out"]) if ended else forgotten.DIVERGED)
st.dataframe(forgotten.table(experiment, held), hide_index=True)

say.subheader("What is dropped")
show.chart(modes.network(experiment), "dropout.network")
dropping.further(experiment, alone, runs)
claims.tested(lesson)
take_away.take_away(run, near_loss)
