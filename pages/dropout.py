"""Dropout: what is dropped, how strong it regularizes, what is inside. Settings: core/lessons/dropout.py."""

import streamlit as st

from core import export
from core.charts import dropout, dropout_effect, dropout_ensemble, dropout_rates
from core.lessons import LESSONS
from core.lessons.dropout import CLEAN, FAMILIES, GAP, RATES, SEEDS, SHIFTS, SMALL_NETWORKS
from core.predict import modes
from pages import controls, parts, shell, verdicts
from pages.training import computed, trained

shell.guard()

lesson = LESSONS["dropout"]
experiment = controls.ask(lesson)
rate = experiment.dropout or 0.5
[alone] = trained([experiment.but(dropout=0)])
[dropped] = trained([experiment.but(dropout=rate)])
run = dropped if experiment.dropout else alone
pair = {"no dropout": alone, f"dropout {rate:g}": dropped}

parts.glance(run, "test_accuracy", "test_loss", "final_loss", "generalization_gap")
parts.show(dropout.network(experiment), "dropout.network")

st.subheader("Two modes of the same weights")
parts.beside({"dropout.training": dropout.mode(run, True), "dropout.evaluation": dropout.mode(run, False)})
rows, sentence = dropout.truth_table(experiment, modes(run))
st.dataframe(rows, hide_index=True)
st.markdown(sentence)

st.subheader("What it does: the same run with and without dropout")
loss, error = (dropout_effect.learning(pair, as_error) for as_error in (False, True))
parts.beside({"dropout.loss": loss, "dropout.error": error})
if experiment.inputs == 1:
    parts.show(dropout_effect.uncertainty(dropped), "dropout.fit")
else:
    without, with_dropout = (dropout_effect.surface(one, name) for name, one in pair.items())
    parts.beside({"dropout.surface.without": without, "dropout.surface.dropout": with_dropout})
sure = {} if experiment.loss == "mse" else {"dropout.calibration": dropout_effect.calibration(pair)}
parts.beside({**sure, "dropout.weights": dropout_effect.weights(pair)})


@st.fragment
def how_much():
    st.subheader("How much: rates from 0 to 1")
    seeds = [(experiment.seed + i) % 2**32 for i in range(SEEDS)]
    if runs := parts.on_demand("dropout.rates", experiment.vary(dropout=RATES, seed=seeds)):
        error, loss = (dropout_rates.curve(runs, RATES, experiment.dropout, share) for share in (True, False))
        parts.beside({"dropout.rates.error": error, "dropout.rates.loss": loss})
        parts.csv("dropout.rates", export.runs_csv, runs)
        verdicts.verdict(*dropout_rates.no_dropout(alone, runs[0]))
        [nothing] = trained([experiment.but(dropout=1, dropout_last=True)], 2)
        verdicts.verdict(*dropout_rates.everything_dropped(nothing))
    st.markdown("**And where it hurts**: two spirals, every label right, so that nothing can be overfitted.")
    if runs := parts.on_demand("dropout.hurts", CLEAN.vary(dropout=RATES, seed=range(SEEDS))):
        parts.show(dropout_rates.curve(runs, RATES, None, error=True), "dropout.hurts.error")


@st.fragment
def linear():
    st.subheader("Why: in linear regression the expected loss is that of ridge regression")
    st.latex(r"\|y - Xw\|^2 + \frac{p}{1-p}\, \|\Gamma w\|^2, \quad \Gamma^2 = \mathrm{diag}(X^\top X)")
    family = FAMILIES[st.selectbox("Data", FAMILIES, key="dropout.family")]
    found = computed("core.dropout_theory.rate_errors", *family)
    path = dropout_rates.ridge_path(computed("core.dropout_theory.path"))
    parts.beside({"dropout.best": dropout_rates.best(found, *family), "dropout.ridge": path})


@st.fragment
def inside():
    st.subheader("Why: there is an ensemble inside")
    st.markdown("Each mask leaves one of 2ⁿ thinned networks; one pass without dropout stands for them all.")
    if runs := parts.on_demand("dropout.ensemble", list(SMALL_NETWORKS.values())):
        gaps = dropout_ensemble.gaps(dict(zip(SMALL_NETWORKS, runs, strict=True)))
        parts.beside({"dropout.gaps": gaps, "dropout.sampled": dropout_ensemble.sampled(runs[-1])})
    st.markdown("Asked for a value, thinned networks disagree; how much is read as uncertainty (MC dropout):")
    if runs := parts.on_demand("dropout.uncertainty", [GAP]):
        parts.show(dropout_effect.uncertainty(runs[0]), "dropout.uncertainty")
    st.subheader("Dropout before batch normalization: a variance learned while units are missing")
    if runs := parts.on_demand("dropout.shift", SHIFTS):
        parts.show(dropout_ensemble.shift(runs), "dropout.shift")


how_much()
linear()
inside()
verdicts.claims(lesson)
parts.take_away(run)
