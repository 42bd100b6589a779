"""Where training is chaotic: said near the loss, and how long page and script agree beside the script."""

from streamlit.delta_generator import DeltaGenerator

from core.diagnosis import chaos
from core.diagnosis.claims import SEEDS
from core.run import Run
from core.sweep import Sweep
from core.work import work
from pages.parts import say
from pages.parts.show import asked, fewer_seeds, on_demand
from pages.parts.training import computed

UNASKED = 4e11
"""Work, as core.work counts it, that may be done unasked when all else is on the screen: some seconds."""


def tell(run: Run, near_loss: DeltaGenerator, near_script: DeltaGenerator) -> None:
    """Fill both places, kept free until all else is drawn; a calm run leaves the first one empty."""
    e, long = run.experiment, "How long do page and script agree?"
    with near_script:
        if 2 * chaos.TWINS * work(e) > UNASKED and not asked("chaos", long, e):
            return
        found = computed(chaos.sensitivity, run)
        say.caption(chaos.of_script(run, found))
    if found.chaotic:
        with near_loss:
            say.markdown(chaos.of_run(run, found))
            if runs := _over_seeds(e):
                say.markdown(chaos.of_seeds(runs))


def chaotic(run: Run) -> bool:
    """Whether the run is known to be chaotic: found out here where that is quick, as `tell` does unasked."""
    quick = 2 * chaos.TWINS * work(run.experiment) <= UNASKED
    return quick and computed(chaos.sensitivity, run).chaotic


def _over_seeds(e) -> list[Run]:
    sweep = fewer_seeds(Sweep.over(e, seed=[(e.seed + i) % 2**32 for i in range(SEEDS)]))
    label = f"How it ends over {len(sweep.experiments)} seeds"
    return on_demand("chaos.seeds", sweep.experiments, label, UNASKED)
