"""Units that never fire: which died, when, what killed them, what brings them back."""

import streamlit as st

from core import census
from core.charts import born_dead, dead_causes, dead_relus, hinges, units
from core.lessons import LESSONS
from core.lessons import dead_relus as settings
from pages import controls, parts, shell, verdicts
from pages.training import computed, trained

shell.guard()

lesson = LESSONS["dead_relus"]
experiment = controls.ask(lesson)
[run] = trained([experiment])

parts.glance(run, "dead_units", "dead_first_layer", "dead_last_layer", "test_accuracy")
grid = st.container()
parts.show(dead_relus.counts(run), "dead_relus.counts")

st.subheader("The life of one unit")
unit = None
if run.last:
    unit = parts.pick_unit("dead_relus", run, census.interesting(run))
    history = computed("core.replay.follow", experiment, *unit)
    st.markdown(units.verdict(history))
    for row in ((units.pre_activation, units.gradient), (units.parameters, units.asleep)):
        parts.beside({f"dead_relus.{chart.__name__}": chart(history) for chart in row})
else:
    st.info("The training diverged before a unit had a life to tell of.")
with grid:
    parts.show(dead_relus.census_grid(run, unit), "dead_relus.grid", parts.picked("dead_relus", experiment))

verdicts.findings(lesson, run)


def kills() -> None:
    """Three settings over eight seeds, and networks that never had a chance."""
    for setting in settings.CAUSES:
        key, label = f"dead_relus.{setting}", f"Vary the {setting.replace('_', ' ')}"
        if runs := parts.on_demand(f"{key}.sweep", settings.swept(experiment, setting), label):
            about = (runs, setting, getattr(experiment, setting))
            dead, accuracy = dead_causes.killed(*about), dead_causes.accuracy(*about)
            parts.beside({f"{key}.killed": dead, f"{key}.accuracy": accuracy})
    st.markdown("**Born dead**: silent by chance before the first step, and nothing passes a silent layer.")
    drawn = computed("core.born_dead.draw", (2, 4, 8), 40, 4000)
    parts.beside({f"dead_relus.{f.__name__}": f(drawn) for f in (born_dead.born, born_dead.born_everywhere)})


def helps() -> None:
    """Every remedy that changes something, and one of them step by step."""
    tried = parts.remedies(lesson, experiment)
    if len(tried) > 1:
        parts.show(dead_causes.remedies(tried), "dead_relus.remedies")
    parts.one_remedy(lesson, experiment, dead_relus.before_and_after)


def comes_back() -> None:
    """Units silenced by a margin, layer by layer."""
    st.markdown("The inputs of layer 1 never move; those of the layers above do, and may lift a unit over 0.")
    if parts.asked("dead_relus.revival", "Silence units, then train: 144 networks"):
        for margin in settings.MARGINS:
            revivals = {
                name: [computed("core.replay.revive", e, layer, margin) for layer in range(e.depth)]
                for name, e in settings.REVIVALS.items()
            }
            parts.show(dead_causes.revival(revivals), f"dead_relus.revival.{margin:g}")


@st.fragment
def hinge(chart, start) -> None:
    """Where every unit of a small network switches, with a learning rate of its own."""
    name, rates = chart.__name__, settings.HINGE_RATES
    rate = st.select_slider("Learning rate", rates, start.learning_rate, key=f"dead_relus.{name}.rate")
    parts.show(chart(computed("core.replay.weights", start.but(learning_rate=rate))), f"dead_relus.{name}")


st.subheader("Go further")
tabs = st.tabs(settings.TABS, key="dead_relus.tab", on_change="rerun")
for tab, section in zip(tabs, (kills, helps, comes_back), strict=False):
    if tab.open:
        with tab:
            section()
if tabs[-1].open:
    for column, chart, start in zip(
        tabs[-1].columns(2), (hinges.line, hinges.plane), settings.HINGES, strict=True
    ):
        with column:
            hinge(chart, start)

verdicts.claims(lesson)
parts.take_away(run)
