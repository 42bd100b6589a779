"""Units that never fire: which died, when, what killed them, what brings them back."""

import streamlit as st

from core.diagnosis.census import interesting
from core.lessons import LESSONS
from core.lessons.dead_relus import lesson as settings
from core.lessons.dead_relus.charts import born_dead, causes, census, hinges, history
from core.lessons.dead_relus.measured import causes as measured_causes
from core.lessons.dead_relus.measured.born_dead import draw
from pages.parts import claims, compare, controls, say, shell, show, take_away, verdicts
from pages.parts.training import computed, trained

shell.guard()

lesson = LESSONS["dead_relus"]
experiment = controls.ask(lesson)
[run] = trained([experiment])

show.glance(run, "dead_units", "dead_first_layer", "dead_last_layer", "test_accuracy")
grid = st.container()
show.chart(census.counts(run), "dead_relus.counts")
near_loss = st.container()

say.subheader("The life of one unit")
unit = None
if run.last:
    from core.lessons.dead_relus.measured.history import follow

    unit = show.pick_unit("dead_relus", run, interesting(run))
    life = computed(follow, experiment, *unit)
    say.markdown(history.verdict(life))
    for row in ((history.pre_activation, history.gradient), (history.parameters, history.asleep)):
        show.beside({f"dead_relus.{chart.__name__}": chart(life) for chart in row})
else:
    say.info("The training diverged before a unit had a life to tell of.")
with grid:
    show.chart(census.census_grid(run, unit), "dead_relus.grid", show.picked("dead_relus", experiment))

verdicts.findings(lesson, run, inside=census.before_and_after)


def kills() -> None:
    """Three settings over eight seeds, and networks that never had a chance."""
    for setting in settings.CAUSES:
        key, label = f"dead_relus.{setting}", f"Vary the {setting.replace('_', ' ')}"
        sweep = settings.swept(experiment, setting)
        if runs := show.on_demand(f"{key}.sweep", sweep.experiments, label):
            about = measured_causes.kills(sweep, runs), getattr(experiment, setting)
            show.beside({f"{key}.killed": causes.killed(*about), f"{key}.accuracy": causes.accuracy(*about)})
    say.markdown("**Born dead**: silent by chance before the first step, and nothing passes a silent layer.")
    drawn = computed(draw, (2, 4, 8), 40, 4000)
    show.beside({f"dead_relus.{f.__name__}": f(drawn) for f in (born_dead.born, born_dead.born_everywhere)})


def helps() -> None:
    """Every variant that changes something, and one of them step by step."""
    sweep, runs = compare.over_seeds(lesson, experiment)
    if len(sweep.axes["variant"]) > 1:
        show.chart(causes.variants(measured_causes.remedies(sweep, runs)), "dead_relus.variants")
    compare.one_variant(lesson, experiment, census.before_and_after)


def comes_back() -> None:
    """Units silenced by a margin, layer by layer."""
    say.markdown(
        "The inputs of layer 1 never move; those of the layers above do, and may lift a unit over 0."
    )
    if show.asked("dead_relus.revival", "Silence units, then train: 144 networks"):
        from core.lessons.dead_relus.measured.revival import revive

        for margin in settings.MARGINS:
            revivals = {
                name: [computed(revive, e, layer, margin) for layer in range(e.depth)]
                for name, e in settings.REVIVALS.items()
            }
            show.chart(causes.revival(revivals), f"dead_relus.revival.{margin:g}")


@st.fragment
def hinge(chart, start) -> None:
    """Where every unit of a small network switches, with a learning rate of its own."""
    from core.lessons.dead_relus.measured.hinges import hinges as measured

    name, rates = chart.__name__, settings.HINGE_RATES
    rate = st.select_slider("Learning rate", rates, start.learning_rate, key=f"dead_relus.{name}.rate")
    show.chart(chart(computed(measured, start.but(learning_rate=rate))), f"dead_relus.{name}")


say.subheader("Go further")
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

claims.tested(lesson)
take_away.take_away(run, near_loss)
