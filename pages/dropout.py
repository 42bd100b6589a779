"""Dropout: what is dropped, how strong it is, what is inside. Settings: core/lessons/dropout/lesson.py."""

import streamlit as st

from core.engine import forward
from core.export.csv import runs_csv
from core.lessons import LESSONS
from core.lessons.dropout import lesson as settings
from core.lessons.dropout.charts import effect, ensemble, modes, rates
from core.lessons.dropout.measured import answers, linear
from core.lessons.dropout.measured import ensemble as thinned
from core.lessons.dropout.measured import rates as measured_rates
from core.run import ENDS
from pages.parts import claims, controls, say, shell, show, take_away, verdicts
from pages.parts.training import computed, trained

shell.guard()

lesson = LESSONS["dropout"]
experiment = controls.ask(lesson)
rate = experiment.dropout or 0.5
[alone] = trained([experiment.but(dropout=0)])
[dropped] = trained([experiment.but(dropout=rate)])
run = dropped if experiment.dropout else alone
pair = {"no dropout": alone, f"dropout {rate:g}": dropped}

show.glance(run, "test_accuracy", "test_loss", "final_loss", "generalization_gap")
show.chart(modes.network(experiment), "dropout.network")

say.subheader("Two modes of the same weights")
asked = computed(answers.asked, run)
training, evaluation = (modes.mode(experiment, asked, training) for training in (True, False))
show.beside({"dropout.training": training, "dropout.evaluation": evaluation})
rows, sentence = modes.truth_table(experiment, computed(forward.modes, run))
st.dataframe(rows, hide_index=True)
say.markdown(sentence)

say.subheader("What it does: the same run with and without dropout")
loss, error = (effect.learning(pair, as_error) for as_error in (False, True))
show.beside({"dropout.loss": loss, "dropout.error": error})
near_loss = st.container()
if experiment.inputs == 1:
    show.chart(effect.uncertainty(dropped, computed(answers.spread, dropped)), "dropout.fit")
else:
    without, with_dropout = (
        effect.surface(one, computed(answers.surface, one), name) for name, one in pair.items()
    )
    show.beside({"dropout.surface.without": without, "dropout.surface.dropout": with_dropout})
sure = {}
if experiment.loss != "mse":
    reliable = {name: computed(forward.reliability, one) for name, one in pair.items()}
    sure["dropout.calibration"] = effect.calibration(reliable)
show.beside({**sure, "dropout.weights": effect.weights(pair)})
verdicts.findings(lesson, run)


@st.fragment
def how_much():
    say.subheader("How much: rates from 0 to 1")
    sweep = settings.rates(experiment)
    if runs := show.on_demand("dropout.rates", sweep.experiments):
        both = measured_rates.errors(sweep, runs), measured_rates.losses(sweep, runs)
        error, loss = (rates.curve(found, experiment.dropout) for found in both)
        show.beside({"dropout.rates.error": error, "dropout.rates.loss": loss})
        show.csv("dropout.rates", runs_csv, runs)
        claims.verdict(*rates.no_dropout(alone, sweep.of(runs)[0, 0]))
        [dropped_all] = trained([experiment.but(dropout=1, dropout_last=True)], ENDS)
        claims.verdict(*rates.everything_dropped(measured_rates.nothing(dropped_all)))
    say.markdown("**And where it hurts**: two spirals, every label right, so that nothing can be overfitted.")
    sweep = settings.rates(settings.CLEAN)
    if runs := show.on_demand("dropout.hurts", sweep.experiments):
        show.chart(rates.curve(measured_rates.errors(sweep, runs), None), "dropout.hurts.error")


@st.fragment
def regression():
    say.subheader("Why: in linear regression the expected loss is that of ridge regression")
    say.latex(r"\|y - Xw\|^2 + \frac{p}{1-p}\, \|\Gamma w\|^2, \quad \Gamma^2 = \mathrm{diag}(X^\top X)")
    family = settings.FAMILIES[st.selectbox("Data", settings.FAMILIES, key="dropout.family")]
    found = computed(linear.rate_errors, *family)
    path = rates.ridge_path(computed(linear.path))
    show.beside({"dropout.best": rates.best(found, *family), "dropout.ridge": path})


@st.fragment
def inside():
    say.subheader("Why: there is an ensemble inside")
    say.markdown("Each mask leaves one of 2ⁿ thinned networks; one pass without dropout stands for them all.")
    small = settings.SMALL_NETWORKS
    if runs := show.on_demand("dropout.ensemble", list(small.values())):
        gaps = ensemble.gaps(computed(thinned.gaps, dict(zip(small, runs, strict=True))))
        sampled = ensemble.sampled(computed(thinned.sampled, runs[-1]))
        show.beside({"dropout.gaps": gaps, "dropout.sampled": sampled})
    say.markdown(
        "Asked for a value, thinned networks disagree; how much is read as uncertainty (MC dropout)."
    )
    if runs := show.on_demand("dropout.uncertainty", [settings.GAP]):
        show.chart(effect.uncertainty(runs[0], computed(answers.spread, runs[0])), "dropout.uncertainty")
    say.markdown("Behind dropout, batch normalization learns a variance that evaluation mode does not have.")
    st.page_link("pages/batchnorm.py", label="How much it shifts", icon=":material/arrow_forward:")


how_much()
regression()
inside()
claims.tested(lesson)
take_away.take_away(run, near_loss)
