"""Units that never fire: which died, when, what killed them, what brings them back."""

import streamlit as st

from core.diagnosis.census import interesting, moment, tiles
from core.diagnosis.skill import yardstick
from core.lessons import LESSONS
from core.lessons.dead_relus import lesson as settings
from core.lessons.dead_relus.charts import born_dead, causes, census, deaths, hinges, history
from core.lessons.dead_relus.measured import causes as measured_causes
from core.lessons.dead_relus.measured.born_dead import draw
from core.work import WORK_LIMIT, looking, work
from pages.parts import claims, compare, controls, say, shell, show, take_away, verdicts
from pages.parts.training import computed, trained

shell.guard()

lesson = LESSONS["dead_relus"]
experiment = controls.ask(lesson)
[run] = trained([experiment])

if run.diverged_at is not None:
    diverged = f"The training diverged at step {run.diverged_at}: what follows shows the network"
    say.warning(f"{diverged} {moment(run)}.", icon=":material/warning:")
show.glance(run, "test_accuracy", counted=tiles(run))
say.caption(yardstick(run))
grid, tally, near_loss = st.container(), st.container(), st.container()


def register():
    """Every death and its cause, or None where that takes too long or has to be asked for first."""
    total = work(experiment) + looking(experiment)
    if total > WORK_LIMIT:
        say.info("To look at every unit after every step takes too long: lower the steps, width or samples.")
        return None
    about = "dead_relus.register", "Name what killed every unit", experiment
    if total > show.AT_ONCE and not show.asked(*about):
        return None
    from core.lessons.dead_relus.measured.deaths import deaths as of_all

    found = computed(of_all, experiment)
    if found.deaths:
        show.chart(deaths.register(found), "dead_relus.deaths")
    else:
        say.markdown(f"#### {deaths.sentence(found)}")
        say.caption(deaths.balance(found))
    return found


say.subheader("The life of one unit" if experiment.activation == "relu" else "One unit, step by step")
unit = None
if run.last:
    from core.lessons.dead_relus.measured.births import births
    from core.lessons.dead_relus.measured.history import follow

    unit = show.pick_unit("dead_relus", run, interesting(run))
    life, first = computed(follow, experiment, *unit), computed(births, experiment)
    with tally:
        found = None
        if reason := deaths.untold(life):
            say.markdown(reason)
        else:
            found = register()
            if born := deaths.before_training(first):
                say.markdown(born)
    say.markdown(history.verdict(life, found, first))
    for row in ((history.pre_activation, history.gradient), (history.parameters, history.asleep)):
        show.beside({f"dead_relus.{chart.__name__}": chart(life) for chart in row})
else:
    say.info("The training diverged before there were steps to follow a unit through.")
with grid:
    show.chart(census.census_grid(run, unit), "dead_relus.grid", show.picked("dead_relus", experiment))
show.chart(census.counts(run), "dead_relus.counts")

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
