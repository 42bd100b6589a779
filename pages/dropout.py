"""Dropout: what is dropped, how strong it regularizes, what is inside. Settings: core/lessons/dropout.py."""

import streamlit as st

from core.engine import forward
from core.export import csv
from core.lessons import LESSONS
from core.lessons.dropout.charts import effect, ensemble, modes, rates
from core.lessons.dropout.lesson import CLEAN, FAMILIES, GAP, RATES, SEEDS, SHIFTS, SMALL_NETWORKS
from pages.parts import controls, shell, show, take_away, verdicts
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

st.subheader("Two modes of the same weights")
show.beside({"dropout.training": modes.mode(run, True), "dropout.evaluation": modes.mode(run, False)})
rows, sentence = modes.truth_table(experiment, forward.modes(run))
st.dataframe(rows, hide_index=True)
st.markdown(sentence)

st.subheader("What it does: the same run with and without dropout")
loss, error = (effect.learning(pair, as_error) for as_error in (False, True))
show.beside({"dropout.loss": loss, "dropout.error": error})
if experiment.inputs == 1:
    show.chart(effect.uncertainty(dropped), "dropout.fit")
else:
    without, with_dropout = (effect.surface(one, name) for name, one in pair.items())
    show.beside({"dropout.surface.without": without, "dropout.surface.dropout": with_dropout})
sure = {} if experiment.loss == "mse" else {"dropout.calibration": effect.calibration(pair)}
show.beside({**sure, "dropout.weights": effect.weights(pair)})


@st.fragment
def how_much():
    st.subheader("How much: rates from 0 to 1")
    seeds = [(experiment.seed + i) % 2**32 for i in range(SEEDS)]
    if runs := show.on_demand("dropout.rates", experiment.vary(dropout=RATES, seed=seeds)):
        error, loss = (rates.curve(runs, RATES, experiment.dropout, share) for share in (True, False))
        show.beside({"dropout.rates.error": error, "dropout.rates.loss": loss})
        show.csv("dropout.rates", csv.runs_csv, runs)
        verdicts.verdict(*rates.no_dropout(alone, runs[0]))
        [nothing] = trained([experiment.but(dropout=1, dropout_last=True)], 2)
        verdicts.verdict(*rates.everything_dropped(nothing))
    st.markdown("**And where it hurts**: two spirals, every label right, so that nothing can be overfitted.")
    if runs := show.on_demand("dropout.hurts", CLEAN.vary(dropout=RATES, seed=range(SEEDS))):
        show.chart(rates.curve(runs, RATES, None, error=True), "dropout.hurts.error")


@st.fragment
def linear():
    st.subheader("Why: in linear regression the expected loss is that of ridge regression")
    st.latex(r"\|y - Xw\|^2 + \frac{p}{1-p}\, \|\Gamma w\|^2, \quad \Gamma^2 = \mathrm{diag}(X^\top X)")
    family = FAMILIES[st.selectbox("Data", FAMILIES, key="dropout.family")]
    found = computed("core.lessons.dropout.measured.rate_errors", *family)
    path = rates.ridge_path(computed("core.lessons.dropout.measured.path"))
    show.beside({"dropout.best": rates.best(found, *family), "dropout.ridge": path})


@st.fragment
def inside():
    st.subheader("Why: there is an ensemble inside")
    st.markdown("Each mask leaves one of 2ⁿ thinned networks; one pass without dropout stands for them all.")
    if runs := show.on_demand("dropout.ensemble", list(SMALL_NETWORKS.values())):
        gaps = ensemble.gaps(dict(zip(SMALL_NETWORKS, runs, strict=True)))
        show.beside({"dropout.gaps": gaps, "dropout.sampled": ensemble.sampled(runs[-1])})
    st.markdown("Asked for a value, thinned networks disagree; how much is read as uncertainty (MC dropout):")
    if runs := show.on_demand("dropout.uncertainty", [GAP]):
        show.chart(effect.uncertainty(runs[0]), "dropout.uncertainty")
    st.subheader("Dropout before batch normalization: a variance learned while units are missing")
    if runs := show.on_demand("dropout.shift", SHIFTS):
        show.chart(ensemble.shift(runs), "dropout.shift")


how_much()
linear()
inside()
verdicts.claims(lesson)
take_away.take_away(run)
