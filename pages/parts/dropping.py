"""What stands below the Dropout page, a tab each."""

from collections.abc import Sequence

import streamlit as st

from core.diagnosis.claims import SEEDS
from core.experiment import Experiment
from core.export.csv import runs_csv
from core.lessons.dropout import settings
from core.lessons.dropout.charts import effect, ensemble, members, rates, rivals
from core.lessons.dropout.charts.data import described
from core.lessons.dropout.measured import answers, linear
from core.lessons.dropout.measured import ensemble as thinned
from core.lessons.dropout.measured import rates as measured_rates
from core.lessons.dropout.measured import rivals as measured_rivals
from core.quotes import SLIDES
from core.run import ENDS, Run
from core.work import work
from pages.parts import claims, say, show
from pages.parts.training import SNAPSHOTS, computed, trained


def further(experiment: Experiment, alone: Run, runs: Sequence[Run]) -> None:
    """All tabs; only that in front is computed. runs: of both sides over seeds, none if not trained."""
    say.subheader("Go further")
    sections = (
        lambda: _how_much(experiment, alone),
        lambda: _rivals(experiment),
        lambda: _ensemble(experiment),
        lambda: _how_sure(experiment, runs),
        _regression,
    )
    tabs = st.tabs(settings.TABS, key="dropout.tab", on_change="rerun")
    for tab, section in zip(tabs, sections, strict=True):
        if tab.open:
            with tab:
                section()


def _how_much(experiment: Experiment, alone: Run) -> None:
    """Rates from 0 to 1 of the experiment on the screen, and of others in which dropout may hurt."""
    sweep = show.fewer_seeds(settings.rates(experiment))
    if runs := show.on_demand("dropout.rates", sweep.experiments, "Rates from 0 to 1"):
        both = measured_rates.errors(sweep, runs), measured_rates.losses(sweep, runs)
        error, loss = (rates.curve(found, experiment.dropout) for found in both)
        show.beside({"dropout.rates.error": error, "dropout.rates.loss": loss})
        show.csv("dropout.rates", runs_csv, runs)
        claims.verdict(*rates.no_dropout(alone, sweep.of(runs)[0, 0]))
        [dropped_all] = trained([experiment.but(dropout=1, dropout_last=True)], ENDS)
        claims.verdict(*rates.everything_dropped(measured_rates.nothing(dropped_all)))
    name = st.selectbox("And where it may hurt", settings.HURTS, key="dropout.hurts.which")
    other = settings.HURTS[name]
    say.caption(f"Not the experiment above. {described(other)}")
    sweep = settings.rates(other)
    if runs := show.on_demand("dropout.hurts", sweep.experiments, "Rates from 0 to 1"):
        both = measured_rates.errors(sweep, runs), measured_rates.losses(sweep, runs)
        error, loss = (rates.curve(found, None) for found in both)
        show.beside({"dropout.hurts.error": error, "dropout.hurts.loss": loss})
        say.markdown(rates.hurts(both[1]))


def _rivals(experiment: Experiment) -> None:
    """Dropout beside what else closes the gap, at the strength that the other seeds choose."""
    say.markdown("Dropout is one remedy among others: each alone, in several strengths.")
    sweeps = settings.rivals(experiment)
    every = [e for sweep in sweeps.values() for e in sweep.experiments]
    number = show.networks(len(every))
    about = dict(about=tuple(every), what=f"train {number} with these settings")
    if show.wanted("dropout.rivals", work(*every), f"What else helps: train {number}", **about):
        runs = {
            name: trained(sweep.experiments, SNAPSHOTS if name == measured_rivals.NOTHING else ENDS)
            for name, sweep in sweeps.items()
        }
        found = measured_rivals.rivals(sweeps, runs)
        show.chart(rivals.compared(found), "dropout.rivals.chart")


def _ensemble(experiment: Experiment) -> None:
    """Thinned networks, their mean, the one pass that stands for it, and networks trained apart."""
    say.markdown("Each mask leaves one of 2ⁿ thinned networks; one pass without dropout stands for them all.")
    e = experiment.but(dropout=settings.rate_of(experiment))
    small = settings.COUNTED_OUT
    choices = {
        f"The experiment above, dropout {e.dropout:g}": e,
        f"{small.depth} layers of {small.width} units, dropout {small.dropout:g}: every mask": small,
    }
    e = choices[st.radio("Which network", choices, key="dropout.members.which")]
    from core.lessons.dropout.measured.members import APART, cost
    from core.lessons.dropout.measured.members import members as measure

    number = show.networks(SEEDS * (1 + 2 * APART))
    about = dict(about=e, what=f"train {number} with these settings")
    if show.wanted("dropout.members", cost(e, SEEDS), f"Compare with ensembles: train {number}", **about):
        found = computed(measure, e)
        show.chart(members.losses(found), "dropout.members.chart")
        claims.above("There's a connection to ensemble models here", SLIDES, found.verdict)
    say.markdown("**Where one pass is the mean, and where it is close**: three small networks.")
    runs = show.on_demand("dropout.ensemble", list(settings.SMALL_NETWORKS.values()))
    if runs:
        gaps = computed(thinned.gaps, dict(zip(settings.SMALL_NETWORKS, runs, strict=True)))
        sampled = ensemble.sampled(computed(thinned.sampled, runs[-1]))
        show.beside({"dropout.gaps": ensemble.gaps(gaps), "dropout.sampled": sampled})
    say.markdown("Behind dropout, batch normalization learns a variance that evaluation mode does not have.")
    st.page_link("pages/batchnorm.py", label="How much it shifts", icon=":material/arrow_forward:")


def _how_sure(experiment: Experiment, runs: Sequence[Run]) -> None:
    """Confidence of classifiers, and the spread of thinned networks in a regression."""
    if experiment.loss != "mse" and not runs:
        say.markdown("Confidence is measured over seeds: train them above first.")
    if runs and experiment.loss != "mse":
        half = len(runs) // 2
        sides = {"no dropout": runs[:half], f"dropout {settings.rate_of(experiment):g}": runs[half:]}
        found = {name: computed(answers.pooled, side, effect.BINS) for name, side in sides.items()}
        show.chart(effect.calibration(found), "dropout.calibration")
    if experiment.inputs == 1:
        say.markdown("How far thinned networks disagree is drawn at the top of the page.")
        return
    say.markdown(
        "Asked for a value, thinned networks disagree; how much is read as uncertainty (MC dropout)."
    )
    say.caption(f"Not the experiment above. {described(settings.GAP)}")
    if gap := show.on_demand("dropout.uncertainty", [settings.GAP]):
        show.chart(effect.uncertainty(gap[0], computed(answers.spread, gap[0])), "dropout.uncertainty")


@st.fragment
def _regression() -> None:
    """Where dropout can be computed: ridge regression."""
    say.markdown("In linear regression the expected loss is that of ridge regression:")
    say.latex(r"\|y - Xw\|^2 + \frac{p}{1-p}\, \|\Gamma w\|^2, \quad \Gamma^2 = \mathrm{diag}(X^\top X)")
    family = settings.FAMILIES[st.selectbox("Data", settings.FAMILIES, key="dropout.family")]
    found = computed(linear.rate_errors, *family)
    path = rates.ridge_path(computed(linear.path))
    show.beside({"dropout.best": rates.best(found, *family), "dropout.ridge": path})
