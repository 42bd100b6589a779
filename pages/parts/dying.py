"""What stands below the Dead ReLUs page, a tab each."""

import streamlit as st

from core.diagnosis.claims import SEEDS, judge
from core.diagnosis.wording import described
from core.lessons import LESSONS
from core.lessons.dead_relus import settings
from core.lessons.dead_relus.charts import born_dead, causes, census, hinges, kill, remedies, revival
from core.lessons.dead_relus.measured import causes as measured
from core.lessons.dead_relus.measured.born_dead import draw
from core.lessons.dead_relus.wording import better, score
from core.run import Run
from core.work import work
from pages.parts import claims, compare, say, show
from pages.parts.training import computed

lesson = LESSONS["dead_relus"]


def further(run: Run) -> None:
    """All tabs; only that in front is computed."""
    say.subheader("Go further")
    tabs = st.tabs(settings.TABS, key="dead_relus.tab", on_change="rerun")
    for tab, section in zip(tabs, (kills, can_die, helps, comes_back, switches), strict=True):
        if tab.open:
            with tab:
                section(run)


def kills(run: Run) -> None:
    """Each cause taken away alone, three settings over their values, and networks that never had a chance."""
    experiment = run.experiment
    claim = settings.suspected(experiment)
    sweep = claim.sweep
    if not claim.cases:
        say.markdown("None of the causes tried here is in the settings above: none can be taken away.")
    elif runs := show.on_demand("dead_relus.suspects", sweep.experiments, "Take each cause away alone"):
        judged = judge(claim, runs)
        if causes.untold(judged.outcomes):
            say.info(f"{causes.guilty(judged.outcomes)}.")
        else:
            show.chart(causes.suspects(claim, judged), "dead_relus.suspects.chart")
    for setting in settings.CAUSES:
        key, label = f"dead_relus.{setting}", f"Vary the {setting.replace('_', ' ')}"
        sweep = settings.swept(experiment, setting)
        if runs := show.on_demand(f"{key}.sweep", sweep.experiments, label):
            about = measured.kills(sweep, runs), experiment
            show.beside({f"{key}.killed": causes.killed(*about), f"{key}.accuracy": causes.accuracy(*about)})
    say.markdown(
        "**Born dead**: silent by chance before the first step, and nothing passes a silent layer. Not the "
        "experiment above: networks of one input, with He's weights and no biases."
    )
    drawn = computed(draw, *settings.BORN)
    show.beside({f"dead_relus.{f.__name__}": f(drawn) for f in (born_dead.born, born_dead.born_everywhere)})


def can_die(run: Run) -> None:
    """Units killed and nothing else changed, beside a guess."""
    e = settings.killable(run.experiment)
    changed = compare.changed(run.experiment, e)
    say.markdown(
        "Does it matter that units are dead? Some are killed before the first step and nothing else is "
        "changed: their weights and bias start at 0, so that no step ever moves them."
        + (f" The experiment is the one above with {changed}." if changed else "")
    )
    layer, guess = _asked_about(e)
    every = len(settings.numbers_killed(e.width)) * e.vary(seed=range(SEEDS))
    number = show.networks(len(every))
    about = dict(about=(e, layer), what=f"train {number} with these settings")
    if show.wanted("dead_relus.kill", work(*every), f"Kill units, then train: {number}", **about):
        from core.lessons.dead_relus.measured.kill import kill as measure

        found = computed(measure, e, layer)
        show.chart(kill.killing(found, guess), "dead_relus.kill.chart")
        if found.alone == e.width:
            return
        if guess is not None:
            say.markdown(kill.answer(found, guess))
        say.markdown(kill.beside(found, run))
        claims.above(
            "Dead units make a network worse.", "a common reading of the course's sentences", found.verdict
        )


def _asked_about(e) -> tuple[int, int | None]:
    """The layer, counted from 0, and the reader's guess."""
    left, right = st.columns(2)
    key = f"dead_relus.kill.{e.depth}.{e.width}"
    layer = left.number_input("Layer in which units die", 1, e.depth, e.depth, key=f"{key}.layer")
    guess = right.number_input(
        f"How many of {e.width} units can die before the {score(e)} falls by {better(e)}?",
        *(0, e.width, None),
        placeholder="Your guess",
        key=f"{key}.guess",
    )
    return layer - 1, guess


def helps(run: Run) -> None:
    """Every variant that changes something, and one of them step by step."""
    sweep, runs = compare.over_seeds(lesson, run.experiment)
    if runs:
        show.chart(remedies.variants(measured.remedies(sweep, runs)), "dead_relus.variants")
    compare.one_variant(lesson, run.experiment, census.before_and_after)


def comes_back(_: Run) -> None:
    """Units silenced by a margin, layer by layer."""
    first, *others = settings.REVIVALS.values()
    say.markdown(
        "The inputs of layer 1 never move; those of the layers above do, and may lift a unit over 0. Not the "
        f"experiment above: {described(first)}; "
        f"{'; '.join(f'the same with {compare.changed(first, other)}' for other in others)}."
    )
    networks = 2 * SEEDS * sum(e.depth for e in settings.REVIVALS.values())
    if show.asked("dead_relus.revival", f"Silence units, then train: {networks} networks"):
        from core.lessons.dead_relus.measured.revival import revive

        barely, far = (
            {
                name: [computed(revive, e, layer, margin) for layer in range(e.depth)]
                for name, e in settings.REVIVALS.items()
            }
            for margin in (settings.BARELY, settings.FAR)
        )
        show.chart(revival.revival(barely), "dead_relus.revival.chart")
        say.markdown(revival.far(far))


def switches(_: Run) -> None:
    """Where every unit of two small networks switches."""
    for column, chart, start in zip(st.columns(2), (hinges.line, hinges.plane), settings.HINGES, strict=True):
        with column:
            _hinge(chart, start)


@st.fragment
def _hinge(chart, start) -> None:
    """One of them, with a learning rate of its own."""
    from core.lessons.dead_relus.measured.hinges import hinges as measure

    name, rates = chart.__name__, settings.HINGE_RATES
    rate = st.select_slider("Learning rate", rates, start.learning_rate, key=f"dead_relus.{name}.rate")
    e = start.but(learning_rate=rate)
    show.chart(chart(computed(measure, e)), f"dead_relus.{name}")
    say.caption(f"Not the experiment above: {described(e)}.")
