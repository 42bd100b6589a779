"""Units that never fire: which died, when, what killed them, what brings them back."""

import streamlit as st

from core.diagnosis.census import interesting, moment, tiles
from core.diagnosis.skill import yardstick
from core.lessons import LESSONS
from core.lessons.dead_relus.charts import census, deaths, history, obituaries
from core.work import looking, work
from pages.parts import claims, controls, dying, say, shell, show, take_away, verdicts
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
    about = dict(about=experiment, unasked=show.AT_ONCE, what="look at every unit after every step")
    if not show.wanted("dead_relus.register", total, "Name what killed every unit", **about):
        return None
    from core.lessons.dead_relus.measured.deaths import deaths as of_all

    found = computed(of_all, experiment)
    if found.deaths:
        show.chart(deaths.register(found), "dead_relus.deaths")
    else:
        say.markdown(f"#### {deaths.sentence(found)}")
        if sums := deaths.balance(found):
            say.caption(sums)
    return found


say.subheader("The life of one unit" if experiment.activation == "relu" else "One unit, step by step")
unit = None
if run.last:
    from core.lessons.dead_relus.measured.births import births
    from core.lessons.dead_relus.measured.history import follow

    unit = show.pick_unit("dead_relus", run, interesting(run))
    if show.wanted("dead_relus.life", work(experiment), "Follow its units", experiment, show.UNASKED):
        life, first = computed(follow, experiment, *unit), computed(births, experiment)
        with tally:
            found = None
            if reason := obituaries.untold(life):
                say.markdown(reason)
            else:
                found = register()
                if born := obituaries.before_training(first):
                    say.markdown(born)
        say.markdown(obituaries.verdict(life, found, first))
        for row in ((history.pre_activation, history.gradient), (history.parameters, history.asleep)):
            show.beside({f"dead_relus.{chart.__name__}": chart(life) for chart in row})
else:
    say.info("The training diverged before there were steps to follow a unit through.")
with grid:
    show.chart(census.census_grid(run, unit), "dead_relus.grid", show.picked("dead_relus", experiment))
show.chart(census.counts(run), "dead_relus.counts")

verdicts.findings(lesson, run, inside=census.before_and_after)
dying.further(run)
claims.tested(lesson)
take_away.take_away(run, near_loss)
