"""Units that never fire: which died, when, what killed them, what brings them back."""

import streamlit as st

from core import census
from core.charts import born_dead, dead_causes, dead_relus, hinges, units
from core.lessons import LESSONS
from core.lessons import dead_relus as settings
from pages import parts, shell
from pages.training import computed, trained

shell.guard()

lesson = LESSONS["dead_relus"]
experiment = parts.ask(lesson)
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
    on_pick = parts.picked("dead_relus", experiment)
    parts.show(dead_relus.census_grid(run, unit), "dead_relus.grid", on_pick)

parts.findings(lesson, run)

st.subheader("What kills")
for setting in settings.CAUSES:
    key, title = f"dead_relus.{setting}", type(experiment).model_fields[setting].title.lower()
    runs = parts.on_demand(f"{key}.sweep", settings.swept(experiment, setting), f"Vary the {title}")
    if runs:
        about = (runs, setting, getattr(experiment, setting))
        parts.beside(
            {f"{key}.killed": dead_causes.killed(*about), f"{key}.accuracy": dead_causes.accuracy(*about)}
        )
st.markdown(
    "**Born dead.** In a narrow network a whole layer can be silent by chance, and nothing passes it: one "
    "answer to every input, before the first step and for ever."
)
drawn = computed("core.born_dead.draw", (2, 4, 8), 40, 4000)
parts.beside({f"dead_relus.{f.__name__}": f(drawn) for f in (born_dead.born, born_dead.born_everywhere)})

st.subheader("What helps, and what does not")
parts.show(dead_causes.remedies(parts.remedies(lesson, experiment)), "dead_relus.remedies")
parts.one_remedy(lesson, experiment, dead_relus.before_and_after)

st.subheader("Can it come back?")
st.markdown(
    "The inputs of layer 1 are the data, and they never move: there a dead unit is dead for good. In the "
    "layers above, the units below keep learning and can lift it over 0 again, if it is not too far below."
)
if parts.asked("dead_relus.revival", "Silence units, then train: 144 networks"):
    for margin in settings.MARGINS:
        revivals = {
            name: [computed("core.replay.revive", e, layer, margin) for layer in range(e.depth)]
            for name, e in settings.REVIVALS.items()
        }
        parts.show(dead_causes.revival(revivals), f"dead_relus.revival.{margin:g}")

st.subheader("See the hinges")


@st.fragment
def one_picture(chart, start) -> None:
    """The hinges of one network, with a learning rate of its own."""
    name, rates = chart.__name__, settings.HINGE_RATES
    rate = st.select_slider("Learning rate", rates, start.learning_rate, key=f"dead_relus.{name}.rate")
    parts.show(chart(computed("core.replay.weights", start.but(learning_rate=rate))), f"dead_relus.{name}")


for column, chart, start in zip(st.columns(2), (hinges.line, hinges.plane), settings.HINGES, strict=True):
    with column:
        one_picture(chart, start)

parts.claims(lesson)
parts.take_away(run)
