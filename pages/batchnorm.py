"""What batch normalization does, buys and costs. Settings: core/lessons/batchnorm/lesson.py."""

import streamlit as st

from core.charts.compared import losses
from core.lessons import LESSONS
from core.lessons.batchnorm import lesson as batchnorm
from core.lessons.batchnorm.charts import costs, gains, inside
from core.lessons.batchnorm.measured import costs as measured_costs
from core.lessons.batchnorm.measured import gains as measured_gains
from core.run import ENDS
from pages.parts import by_hand, claims, controls, say, shell, show, take_away, verdicts
from pages.parts.training import computed, trained

shell.guard()

lesson = LESSONS["batchnorm"]
settings = controls.ask(lesson)
experiment, small = settings.experiment, batchnorm.small(settings.experiment)
[plain], [normed] = (trained([experiment.but(batchnorm=on)]) for on in (False, True))
run = normed if experiment.batchnorm else plain

show.glance(run, "final_loss", "steps_to_target", "per_layer", "test_accuracy")
show.chart(losses({"without batchnorm": plain, "with batchnorm": normed}), "batchnorm.losses")
near_loss = st.container()


def buys() -> None:
    """Steps, learning rates, initial weights and feature scales, over seeds."""
    say.markdown(
        "The experiment above with He's weights, one setting varied, five seeds each: how many steps does it "
        "need, and which learning rates, initial weights and feature scales does it stand?"
    )
    sweep = batchnorm.races(experiment)
    if runs := show.on_demand("batchnorm.speed", sweep.experiments, "Three learning rates"):
        races = {f"{race.learning_rate:g}": gains.race(race) for race in measured_gains.races(sweep, runs)}
        show.beside({f"batchnorm.speed.rate {rate}": chart for rate, chart in races.items()})
    for name, values in batchnorm.SWEEPS.items():
        title, sweep = type(experiment).model_fields[name].title, batchnorm.both(experiment, **{name: values})
        if runs := show.on_demand(f"batchnorm.{name}", sweep.experiments, title):
            reached = measured_gains.reach(sweep, runs)
            show.chart(gains.reach(reached, getattr(experiment, name)), f"batchnorm.reach.{name}")


def why() -> None:
    """The scale of the weights does not matter, and the loss is smoother along its gradient."""
    from core.lessons.batchnorm.measured.scale import rescaled
    from core.lessons.batchnorm.measured.surface import along_gradient

    say.markdown(
        "Multiply the weights below a batch normalization by any number a: mean and deviation grow alike, "
        "and the output stays, BN(aWx) = BN(Wx). So the gradient shrinks to 1/a, stands at right angles to "
        "the weights, and every step makes them longer: large weights slow themselves down (Arora, Li & Lyu "
        "2019)."
    )
    result = computed(rescaled, small)
    show.beside({"batchnorm.invariance": gains.invariance(result), "batchnorm.growth": gains.growth(result)})
    say.markdown(gains.useless_bias(result))
    show.chart(gains.smoothness(computed(along_gradient, small)), "batchnorm.smoothness")


def hurts() -> None:
    """Depth, evaluation, small batches, and the order with dropout."""
    from core.lessons.batchnorm.measured.batches import small_batches
    from core.lessons.batchnorm.measured.shift import shift

    say.markdown(
        "**Depth.** The square of a ReLU layer's error signal grows by π / (π − 1) on its way back, whatever "
        "the weights (Yang et al. 2019). So batch normalization does not prevent exploding gradients: it "
        "replaces the explosion that bad weights cause by a slower one that no weights avoid."
    )
    deepest = batchnorm.deepest(experiment).experiments
    [he] = trained([deepest[0].but(batchnorm=False)], ENDS)
    show.chart(costs.explosion(measured_costs.explosion(trained(deepest, ENDS), he)), "batchnorm.explosion")
    sweep = batchnorm.deep(experiment)
    if runs := show.on_demand("batchnorm.depths", sweep.experiments, "10 to 50 layers"):
        show.chart(costs.depths(measured_costs.depths(sweep, runs)), "batchnorm.depths")
    say.markdown(
        "**Evaluation.** What was learned in training mode counts once the running statistics are warm."
    )
    show.chart(costs.evaluation_lag(normed), "batchnorm.lag")
    say.markdown("**Small batches.** Mean and deviation of two samples are mostly noise.")
    if show.asked("batchnorm.small", "Train with batches of 2 to 64"):
        show.chart(costs.small_batches(computed(small_batches, small)), "batchnorm.small")
    say.markdown(
        "**Order.** Behind dropout, the variance in training is not that in evaluation: normalize first."
    )
    if runs := show.on_demand("batchnorm.shift", batchnorm.SHIFTS.experiments):
        found = computed(shift, batchnorm.SHIFTS, runs)
        show.chart(costs.variance_shift(found), "batchnorm.variance_shift")


say.subheader("One batch, by hand")
by_hand.one_batch(lesson, settings)
say.subheader("Inside the network, step by step")
show.chart(inside.inside(plain, normed), "batchnorm.inside")
show.chart(inside.learned(normed), "batchnorm.learned")
verdicts.findings(lesson, run)
for title, section in {"What it buys": buys, "Why": why, "Where it hurts": hurts}.items():
    say.subheader(title)
    section()
claims.tested(lesson)
take_away.take_away(run, near_loss, settings)
