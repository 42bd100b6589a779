"""What stands below the Batch normalization page, a tab each."""

import streamlit as st

from core.diagnosis.claims import SEEDS, sum_up
from core.diagnosis.wording import described
from core.experiment import Experiment
from core.lessons.batchnorm import settings
from core.lessons.batchnorm.charts import costs, gains, why
from core.lessons.batchnorm.measured import costs as measured_costs
from core.lessons.batchnorm.measured import gains as measured
from core.quotes import KAGGLE
from core.run import ENDS, Run
from core.words import short
from pages.parts import claims, say, show
from pages.parts.training import SNAPSHOTS, computed, trained


def further(run: Run) -> None:
    """All tabs; only that in front is computed."""
    say.subheader("Go further")
    tabs = st.tabs(settings.TABS, key="batchnorm.tab", on_change="rerun")
    sections = (sooner, stands, bridge, reasons, depth, evaluation, batches, dropout)
    for tab, section in zip(tabs, sections, strict=True):
        if tab.open:
            with tab:
                section(run.experiment)


def sooner(experiment: Experiment) -> None:
    """Epochs to the same held-out loss, at each side's best learning rate and at the same."""
    sweep = show.fewer_seeds(settings.races(experiment))
    say.markdown(
        "How many passes over the training set until the held-out loss is as low? "
        f"{_network(sweep.experiments[0], rate=False)}, at learning rates of {_rates(sweep)}."
    )
    if runs := show.on_demand("batchnorm.speed", sweep.experiments, snapshots=SNAPSHOTS):
        _sooner(measured.epochs(sweep, runs, experiment.learning_rate))


@st.fragment
def _sooner(found: measured.Epochs) -> None:
    target = st.select_slider(
        "Held-out loss to get down to",
        range(len(found.targets)),
        settings.TARGETS.index(0.1),
        lambda i: short(found.targets[i]),
        key="batchnorm.target",
    )
    for name, draw in (("epochs", gains.epochs), ("curves", gains.curves)):
        show.beside({f"batchnorm.{name}.{at}": draw(found, target, at == "same") for at in ("best", "same")})


def stands(experiment: Experiment) -> None:
    """Learning rates, initial weights and feature scales, over seeds."""
    start = settings.he(experiment)
    say.markdown("Which learning rates, initial weights and feature scales does a network stand?")
    for name, values in settings.SWEEPS.items():
        title = type(experiment).model_fields[name].title
        sweep = settings.both(experiment, **{name: values})
        if runs := show.on_demand(f"batchnorm.{name}", sweep.experiments, title):
            here = getattr(experiment, name)
            same = start.but(**{name: here}) == experiment.but(batchnorm=False)
            about = _network(start, rate=name != "learning_rate")
            found = gains.reach(measured.reach(sweep, runs), about, here if same else None)
            show.chart(found, f"batchnorm.reach.{name}")


def bridge(experiment: Experiment) -> None:
    """Neither, inputs only, inside only, both, on columns of very different size."""
    claims.sentence(settings.BRIDGE, KAGGLE)
    say.markdown(
        "Four networks that differ in what is normalized: neither the inputs nor what is inside, one of "
        "them, or both."
    )
    if experiment.inputs == 1:
        say.info(f"{experiment.dataset} has one feature: choose a dataset with two or more.")
        return
    sweep = show.fewer_seeds(settings.scaled(experiment))
    if runs := show.on_demand("batchnorm.scaled", sweep.experiments):
        found, claim = measured.scaled(sweep, runs), settings.bridge(experiment)
        about = _network(sweep.experiments[0], rate=False)
        show.chart(gains.scaled(found, about), "batchnorm.scaled.chart")
        show.chart(gains.scaled_rates(found), "batchnorm.scaled.rates")
        if found.losses.shape[1] < SEEDS:
            say.caption(f"Of fewer than {SEEDS} seeds there is no verdict.")
        else:
            claims.said(sum_up(found.outcomes(claim)), "")


def reasons(experiment: Experiment) -> None:
    """The scale of the weights does not matter, and the loss is smoother along its gradient."""
    from core.lessons.batchnorm.measured.scale import rescaled
    from core.lessons.batchnorm.measured.surface import along_gradient

    small = settings.small(experiment)
    say.markdown(
        "Multiply the weights below a batch normalization by any number a: mean and deviation grow alike, "
        "and the output stays, BN(aWx) = BN(Wx). So the gradient shrinks to 1/a, stands at right angles to "
        "the weights, and every step makes them longer: large weights slow themselves down (Arora, Li & Lyu "
        f"2019). Not the experiment above: {small.depth} hidden layers of {small.width} units on "
        f"{small.dataset} from He's weights, learning rate {short(small.learning_rate)}, no momentum. The "
        "first two charts take all samples at a step, in float64."
    )
    result = computed(rescaled, small)
    show.beside({"batchnorm.invariance": why.invariance(result), "batchnorm.growth": why.growth(result)})
    say.markdown(why.useless_bias(result))
    show.chart(why.smoothness(computed(along_gradient, small)), "batchnorm.smoothness")


def depth(experiment: Experiment) -> None:
    """Gradients that grow on their way back through many normalized layers."""
    deepest = settings.deepest(experiment).experiments
    [he] = trained([deepest[0].but(batchnorm=False)], ENDS)
    found = measured_costs.explosion(trained(deepest, ENDS), he)
    e = deepest[0]
    say.markdown(
        f"Not the experiment above: {e.depth} layers of {e.width} units on {e.dataset}, before the first "
        "step. " + costs.explained(found, e.activation)
    )
    show.chart(costs.explosion(found), "batchnorm.explosion")
    sweep = settings.deep(experiment)
    if runs := show.on_demand("batchnorm.depths", sweep.experiments, "10 to 50 layers"):
        show.chart(costs.depths(measured_costs.depths(sweep, runs)), "batchnorm.depths")


def evaluation(experiment: Experiment) -> None:
    """Running statistics come later than the weights."""
    from core.lessons.batchnorm.measured.statistics import lag

    say.markdown(
        "In evaluation mode batch normalization uses running statistics, a memory of the batches before. "
        "What do they cost while they are still catching up? The experiment above with batch normalization."
    )
    show.chart(costs.evaluation_lag(computed(lag, experiment)), "batchnorm.lag")


def batches(experiment: Experiment) -> None:
    """Mean and deviation of few samples are noise."""
    sweep = settings.sizes(experiment)
    say.markdown(
        "Mean and deviation of two samples are mostly noise. Not the experiment above: "
        f"{described(sweep.experiments[-1])}, or in smaller batches; {settings.SWEPT} seeds."
    )
    if runs := show.on_demand("batchnorm.small", sweep.experiments, "Batches of 2 to 64"):
        score = "R²" if runs[0].experiment.loss == "mse" else "accuracy"
        show.chart(costs.small_batches(measured_costs.small_batches(sweep, runs), score), "batchnorm.sizes")


def dropout(experiment: Experiment) -> None:
    """Where dropout may stand in a network with batch normalization."""
    from core.lessons.batchnorm.measured.shift import shift
    from core.lessons.batchnorm.measured.statistics import orders

    between, behind = settings.orders(experiment)
    say.markdown(
        "Behind dropout, batch normalization learns a variance that evaluation mode does not have. Li et al. "
        "(2019) put dropout behind the last batch normalization, where no statistics follow. Not the "
        f"experiment above: {described(between.experiments[0])}."
    )
    every = (*between.experiments, *behind.experiments)
    if runs := show.on_demand("batchnorm.orders", every, "Dropout in two places"):
        half = len(between.experiments)
        found = computed(orders, between, runs[:half], behind, runs[half:])
        show.chart(costs.orders(found), "batchnorm.orders.chart")
    if runs := show.on_demand("batchnorm.shift", settings.SHIFTS.experiments, "The variance behind dropout"):
        found = computed(shift, settings.SHIFTS, runs)
        show.chart(costs.variance_shift(found), "batchnorm.variance_shift")
        e = settings.SHIFTS.experiments[0]
        say.caption(
            f"{e.depth} hidden layers of {e.width} units on {e.samples} samples of {e.dataset}: with the "
            f"weights they were drawn with, and after {e.steps} steps."
        )


def _network(e: Experiment, rate: bool = True) -> str:
    return f"{described(e, rate)[0].upper()}{described(e, rate)[1:]}, He's weights"


def _rates(sweep) -> str:
    return ", ".join(short(rate) for rate in sweep.axes["learning_rate"])
