"""Dropout: what is dropped, how strong it regularizes, what is inside. Settings: core/lessons/dropout.py."""

import streamlit as st

from core.charts import dropout, dropout_effect, dropout_ensemble, dropout_rates
from core.lessons import LESSONS
from core.lessons.dropout import CLEAN, FAMILIES, GAP, RATES, SEEDS, SHIFTS, SMALL_NETWORKS
from core.predict import modes
from pages import parts, shell
from pages.training import computed, trained

shell.guard()

lesson = LESSONS["dropout"]
experiment = parts.ask(lesson)
rate = experiment.dropout or 0.5
[alone] = trained([experiment.but(dropout=0)])
[dropped] = trained([experiment.but(dropout=rate)])
run = dropped if experiment.dropout else alone
pair = {"no dropout": alone, f"dropout {rate:g}": dropped}

parts.glance(run, "test_accuracy", "test_loss", "final_loss", "generalization_gap")
parts.show(dropout.network(experiment), "dropout.network")

st.subheader("Two modes of the same weights")
parts.side_by_side(
    (dropout.mode(run, training=True), "dropout.training"),
    (dropout.mode(run, training=False), "dropout.evaluation"),
)
rows, sentence = dropout.truth_table(experiment, modes(run))
st.dataframe(rows, hide_index=True)
st.markdown(sentence)

st.subheader("What it does: the same run with and without dropout")
losses, errors = (dropout_effect.learning(pair, error) for error in (False, True))
parts.side_by_side((losses, "dropout.loss"), (errors, "dropout.error"))
if experiment.inputs == 1:
    parts.show(dropout_effect.uncertainty(dropped), "dropout.fit")
else:
    surfaces = [dropout_effect.surface(one, name) for name, one in pair.items()]
    parts.side_by_side(*zip(surfaces, ("dropout.surface.without", "dropout.surface.with"), strict=True))
if experiment.loss != "mse":
    parts.show(dropout_effect.calibration(pair), "dropout.calibration")
parts.show(dropout_effect.weights(pair), "dropout.weights")


@st.fragment
def how_much():
    st.subheader("How much: rates from 0 to 1")
    seeds = [(experiment.seed + i) % 2**32 for i in range(SEEDS)]
    if runs := parts.asked(
        "dropout.rates", experiment.vary(dropout=RATES, seed=seeds), f", {SEEDS} seeds each"
    ):
        here = experiment.dropout
        left, right = (dropout_rates.rates(runs, RATES, here, error) for error in (True, False))
        parts.side_by_side((left, "dropout.rates.error"), (right, "dropout.rates.loss"))
        parts.verdict(*dropout_rates.no_dropout(alone, runs[0]))
        [nothing] = trained([experiment.but(dropout=1, dropout_last=True)], 2)
        parts.verdict(*dropout_rates.everything_dropped(nothing))
    st.markdown(
        "**And where it hurts**: two spirals, every label right, so that there is nothing to overfit."
    )
    if runs := parts.asked(
        "dropout.hurts", CLEAN.vary(dropout=RATES, seed=range(SEEDS)), " on clean spirals"
    ):
        parts.show(dropout_rates.rates(runs, RATES, None, True), "dropout.hurts.error")


@st.fragment
def why():
    st.subheader("Why: in linear regression it is ridge regression")
    st.latex(
        r"E\,\|y - (X \odot M) w\|^2 = \|y - Xw\|^2 + \frac{p}{1-p}\, w^\top \mathrm{diag}(X^\top X)\, w"
    )
    family = st.pills(
        "Data", list(FAMILIES), default=next(iter(FAMILIES)), key="dropout.family", required=True
    )
    found = computed("core.dropout_theory.rate_errors", *FAMILIES[family])
    best, path = dropout_rates.best(found, *FAMILIES[family]), computed("core.dropout_theory.path")
    parts.side_by_side((best, "dropout.best"), (dropout_rates.ridge_path(path), "dropout.ridge"))


@st.fragment
def inside():
    st.subheader("Why: there is an ensemble inside")
    st.markdown("Each mask leaves one of 2ⁿ thinned networks; one pass without dropout stands for them all.")
    if runs := parts.asked(
        "dropout.ensemble", list(SMALL_NETWORKS.values()), " and all their thinned networks"
    ):
        gaps = dropout_ensemble.gaps(dict(zip(SMALL_NETWORKS, runs, strict=True)))
        parts.side_by_side((gaps, "dropout.gaps"), (dropout_ensemble.sampled(runs[-1]), "dropout.sampled"))
    if runs := parts.asked("dropout.uncertainty", [GAP], " on a curve with a gap"):
        parts.show(dropout_effect.uncertainty(runs[0]), "dropout.uncertainty")
    st.subheader("Dropout before batch normalization")
    if runs := parts.asked("dropout.shift", SHIFTS, " and compare their variances"):
        parts.show(dropout_ensemble.shift(runs), "dropout.shift")


how_much()
why()
inside()
parts.claims(lesson)
parts.take_away(run)
