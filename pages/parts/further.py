"""What stands below the Gradients page, a tab each."""

import streamlit as st

from core.diagnosis.wording import NAMES
from core.export.csv import runs_csv
from core.lessons import LESSONS
from core.lessons.gradients import depth, ruler
from core.lessons.gradients.charts import autopsy, clipping, depth_map, learning_rate, noise, rescues
from core.lessons.gradients.measured import rates as measured_rates
from core.lessons.gradients.measured import rescues as measured_rescues
from core.lessons.gradients.settings import DIVERGING, EDGE, LARGE, RESCUES
from core.quotes import SLIDES
from core.run import Run
from pages.parts import say, show
from pages.parts.training import computed

lesson = LESSONS["gradients"]


def deep(run: Run) -> None:
    """How deep it trains, over sigma_w, and the factor per layer."""
    experiment = run.experiment
    activation, alike = experiment.activation, depth.MAP
    say.markdown(
        f"Networks with the activation above, {NAMES.get(activation, activation)}, of every depth and σ_w "
        f"(the size of the initial weights), on data of their own: {alike.dataset}, {alike.inputs} features, "
        f"{alike.outputs} classes."
    )
    fine = st.toggle("Finer map", key="gradients.fine")
    sweep = depth.grid(activation, fine)
    if runs := show.on_demand("gradients.map", sweep.experiments):
        expected = computed(depth.expected, activation, fine)
        figure = depth_map.depth_map(depth.depth_map(sweep, runs), expected)
        show.pick(lesson, figure, f"gradients.map.{fine}", depth.cells(sweep), runs)
    if show.asked("gradients.chi", "Measure χ, the factor per layer, over σ_w"):
        from core.lessons.gradients.measured.chi import beside_sigmoid

        show.chart(depth_map.chi_curves(computed(beside_sigmoid, activation)), "gradients.chi")


def rescue(run: Run) -> None:
    """What people try on a network that does not learn."""
    e, (changes, seeds) = RESCUES.experiments[0], RESCUES.shape
    say.markdown(
        f"{e.depth} ReLU layers with PyTorch's default initialization on {e.dataset}, as they are and with "
        f"{changes - 1} changes that people try, {seeds} seeds each. A change that sets another setting too, "
        "as Adam its own learning rate, says so."
    )
    if runs := show.on_demand("gradients.rescues", RESCUES.experiments):
        found = measured_rescues.rescues(RESCUES, runs)
        choices = dict(zip(found.names, RESCUES.experiments[::seeds], strict=True))
        show.pick(lesson, rescues.rescues(found), "gradients.rescues", choices, runs)


def rates(run: Run) -> None:
    """Which learning rates this run bears, beside its curvature."""
    from core.lessons.gradients.measured import curvature, descent

    experiment = run.experiment
    sweep = ruler.networks(experiment)
    if runs := show.on_demand("gradients.ruler", sweep.experiments):
        sharpness = computed(curvature.at_start, experiment)
        found = measured_rates.ruler(experiment, sweep, runs, sharpness)
        show.chart(learning_rate.ruler(found), "gradients.ruler")
        show.csv("gradients.rates", runs_csv, runs)
    say.markdown("##### Sharpness: how strongly the loss bends along its steepest direction")
    show.openers(lesson, {"A run on the edge of stability": EDGE})
    if show.asked("gradients.sharpness", "Measure it over the steps of this run", about=experiment):
        figure = learning_rate.sharpness(computed(curvature.over_steps, experiment, 30))
        show.chart(figure, "gradients.sharpness")
    say.markdown("##### Where the whole course is known: least squares, and the smallest catapult")
    ratio = st.slider("Learning rate over the threshold", 0.5, 1.1, 0.99, 0.01, key="gradients.ratio")
    beta = st.select_slider("Momentum", [0.0, 0.5, 0.9], key="gradients.beta")
    exact = learning_rate.least_squares(*computed(descent.in_both, ratio, beta))
    thrown = learning_rate.catapult(computed(descent.catapults, 0))
    show.beside({"gradients.least_squares": exact, "gradients.catapult": thrown}, "descents")


def clip(run: Run) -> None:
    """What clipping does to a real gradient, and what it cannot do."""
    from core.lessons.gradients.measured.clipping import hard_cases, record

    networks = {"Weights too large": LARGE, "The network above": run.experiment}
    base = networks[st.selectbox("Which network", list(networks), key="gradients.clipped")]
    limit = st.select_slider("Largest norm", [0.1, 0.3, 1.0, 3.0, 10.0], 1.0, key="gradients.limit")
    records = [computed(record, base.but(clip_norm=c), limit) for c in (0, limit)]
    norms, arrows = clipping.norms(*records), clipping.arrows(records[1])
    show.beside({"gradients.norms": norms, "gradients.arrows": arrows}, "clipping")
    say.markdown("##### What clipping cannot do: four gradients through PyTorch's two functions, limit 1")
    st.table(computed(hard_cases))


def signal_and_noise(run: Run) -> None:
    """How far the gradients of single batches lie from their mean, by layer and over depth."""
    from core.lessons.gradients.measured import noise as measured

    say.markdown(
        f"“Each additional layer can successively reduce signal vs. noise” ({SLIDES}). "
        "Batches of 32 samples are drawn, and every layer's weight gradient is taken for each: their mean is "
        "the signal, what a single batch adds to it is noise."
    )
    found = computed(measured.by_layer, run)
    show.beside({"gradients.sizes": noise.sizes(found), "gradients.ratios": noise.ratios(found)})
    number = len(measured.networks(run.experiment)) * len(measured.DEPTHS) * measured.SEEDS
    label = f"Over depth: measure {number} networks before their first step"
    if show.asked("gradients.noise", label, about=run.experiment):
        show.chart(noise.over_depth(computed(measured.over_depth, run.experiment)), "gradients.noise")


def not_a_number(run: Run) -> None:
    """The last steps of a run that became NaN; or some that do."""
    if run.diverged_at is None:
        say.success("This run stays finite to its end. These do not:", icon=":material/check_circle:")
        show.openers(lesson, DIVERGING)
        return
    from core.lessons.gradients.measured.autopsy import examine

    found = computed(examine, run.experiment)
    steps, layers = autopsy.over_steps(found), autopsy.over_layers(found)
    say.markdown(autopsy.prediction(found))
    show.beside({"gradients.autopsy": steps, "gradients.layers": layers}, "autopsy")


TABS = {
    "How deep can it train?": deep,
    "What rescues it?": rescue,
    "Learning-rate ruler": rates,
    "Signal and noise": signal_and_noise,
    "Clipping": clip,
    "NaN autopsy": not_a_number,
}


def tabs(run: Run) -> None:
    """The open one of TABS."""
    for tab, section in zip(
        st.tabs(list(TABS), key="gradients.part", on_change="rerun"), TABS.values(), strict=True
    ):
        if tab.open:
            with tab:
                section(run)
