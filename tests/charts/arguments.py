"""What a chart is opened with: for every kind of argument, or for one chart, something made of an extreme.

An extreme is a small experiment (for Backprop, the settings of the page) that strains charts. A chart whose
arguments are all of a known kind is opened by itself; charts that need more have a line of their own.
"""

from functools import cache, partial

import numpy as np

from core.diagnosis.claims import Case, Claim, judge
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.backprop import claims, measured, moments, paths
from core.lessons.backprop.examine import try_gradient
from core.lessons.backprop.settings import Passes
from core.lessons.batchnorm import settings as batchnorm
from core.lessons.batchnorm.by_hand import take_apart
from core.lessons.batchnorm.measured import costs, gains, statistics
from core.lessons.batchnorm.measured.scale import rescaled
from core.lessons.batchnorm.measured.shift import shift as shift_of
from core.lessons.batchnorm.measured.surface import along_gradient
from core.lessons.dead_relus.measured import born_dead, causes, deaths, hinges, history, kill, revival
from core.lessons.dead_relus.settings import suspected as suspects
from core.lessons.dropout import settings as dropout
from core.lessons.dropout.measured import answers, ensemble, linear, rates, rivals
from core.lessons.dropout.measured import members as apart_from
from core.lessons.dropout.measured.paired import paired
from core.lessons.feature_scaling import trials
from core.lessons.feature_scaling.houses import Houses
from core.lessons.feature_scaling.measured import least_squares, nan_trap, outliers, steps, valley
from core.lessons.feature_scaling.pipelines import before_and_after
from core.lessons.feature_scaling.table import PIPELINES
from core.lessons.gradients import depth
from core.lessons.gradients.measured import autopsy, chi, clipping, curvature, descent, noise, rescues
from core.lessons.gradients.measured import rates as ruled
from core.run import ENDS
from core.sweep import Sweep

LARGE_STEPS = Experiment(dataset="gaussians", depth=2, width=64, learning_rate=3, batch_size=64, steps=20)
SMALL = Experiment(depth=3, width=8, samples=64, steps=8, dropout=0.2)
NETWORKS = {
    "usual": SMALL,
    "one layer": SMALL.but(depth=1),
    "one unit": SMALL.but(depth=1, width=1),
    "one step": SMALL.but(steps=1),
    "zero weights": SMALL.but(init="zeros"),
    "equal weights": SMALL.but(init="constant"),
    "batches of 2": SMALL.but(batch_size=2, batchnorm=True),
    "everything dropped": SMALL.but(dropout=1),
    "nothing dropped": SMALL.but(dropout=0),
    "inf at once": SMALL.but(input_scale=1e6, gain=100, depth=20),
    "NaN on the way": SMALL.but(learning_rate=100, gain=3, depth=8),
    "60 layers, vanishes below float32": SMALL.but(activation="sigmoid", init="pytorch", depth=60, steps=3),
    "one feature": SMALL.but(dataset="gap", batchnorm=True),
    "tiny targets": SMALL.but(dataset="curve", target_scale=1e-6),
    "huge targets": SMALL.but(dataset="gap", target_scale=1e6, target_shift=1e6),
    "one feature, diverges": SMALL.but(dataset="curve", learning_rate=100),
    "four classes": SMALL.but(dataset="blobs", residual=True, activation="tanh"),
    "many features": SMALL.but(dataset="xor", features=20, label_noise=0.1),
    "float64": SMALL.but(precision="float64", activation="gelu", optimizer="adam"),
}
TABLE = Houses(samples=64, steps=8)
TABLES = {
    "usual": TABLE.but(scaling="zscore"),
    "raw, diverges": TABLE,
    "all NaN": TABLE.but(missing=1),
    "all NaN in a network": TABLE.but(missing=30, depth=4, scaling="log_clip_zscore"),
    "one step": TABLE.but(steps=1, scaling="linear"),
    "tiny step": TABLE.but(learning_rate=1e-15),
    "one outlier in five": TABLE.but(outlier=1e6, outlier_share=0.2, clip=0.5, depth=2),
    "no outlier": TABLE.but(outlier_share=0, scaling="unit"),
}
FORMULA = Passes(shape="expression", steps=500, learning_rate=10)
GRAPHS = {
    "usual": Passes(),
    "zero weights": Passes(init="zero"),
    "no zero_grad": Passes(zero_grad=False),
    "one unit": Passes(shape="single neuron"),
    "diverges": Passes(learning_rate=100, steps=500),
    "long": FORMULA.but(expression="+".join(["sin(x*w)"] * 20)),
    "flat": FORMULA.but(expression="relu(x)*w", values="x:0,w:1"),
    "steep": FORMULA.but(expression="exp(x)*w", values="x:700,w:1"),
    "overwritten": FORMULA.but(expression="x*x", accumulate=False),
    "on a kink": FORMULA.but(expression="relu(w)", values="w:0"),
    "too steep to measure": FORMULA.but(expression="cos(exp(w))", values="w:707", steps=1),
    "a step": FORMULA.but(expression="step(x) + w", values="x:0.5,w:0"),
    "huge": FORMULA.but(expression="1e200*x*w", values="x:1e-150,w:1e-50"),
    "a straight line": FORMULA.but(expression="x + y"),
}
EXTREMES = {"backprop": GRAPHS, "feature_scaling": TABLES}
"""Lesson -> its extremes; NETWORKS for all others."""


@cache
def run(e):
    return train([e], 12)[0]


def pair(e):
    return {"before": run(e.but(seed=1)), "after": run(e)}


def classes(e):
    """The same where the answer is a class."""
    return e if e.loss != "mse" else e.but(dataset="circles")


def numbers(e):
    """The same where the answer is a number, of one feature."""
    return e.but(dataset="gap", features=0)


def hinged(e, dataset):
    return hinges.hinges(e.but(depth=1, dataset=dataset, features=0, batchnorm=False, residual=False))


def small(e):
    """As the Batchnorm page takes it apart, only smaller."""
    return batchnorm.small(e).but(depth=2, width=4, samples=64, batch_size=32)


def apart(e):
    return take_apart(batchnorm.START.but(**dict(e)))


def examined(e):
    """An autopsy, of another run where this one stays finite."""
    return autopsy.examine(e) or made("Autopsy", NETWORKS["inf at once"])


def died(e):
    """All deaths of this network with ReLU, or of a wide one with large steps where there are none."""
    e = e.but(activation="relu", batchnorm=False)
    found = run(e).last and deaths.deaths(e)
    return found if found and found.deaths else deaths.deaths(LARGE_STEPS)


def tried(settings):
    return try_gradient(settings.graph, settings.leaves, settings.gradients, settings.parameters)


def ways(settings):
    graph = settings.graph
    found = paths.paths(graph, settings.leaves, graph.leaves[0])
    return dict(leaf=graph.leaves[0], ways=found, gradient=found[-1].running_sum)


def trained(sweep):
    return sweep, train(sweep.experiments, ENDS)


def over(e, **axes):
    return trained(Sweep.over(e, **axes, seed=range(2)))


def over_changes(e, axis, changes):
    """Over named changes, of which the first is none."""
    axes = {axis: changes, "seed": range(2)}
    return trained(Sweep.made(lambda name, seed: e.but(seed=seed, **changes[name]), **axes))


def raced(e):
    return gains.epochs(*over(e, batchnorm=(False, True), learning_rate=(0.1, 100)), 100)


def scaled(e):
    return gains.scaled(*trained(batchnorm.scaled(e.but(batch_size=0)).over_first(2)))


def orders(e):
    start = e.but(batchnorm=True)
    places = (start, batchnorm.Behind(**dict(start)))
    swept = [trained(Sweep.over(one, dropout=(0, 0.5, 1), seed=range(2))) for one in places]
    return statistics.orders(*swept[0], *swept[1])


def overflow(e):
    raw = trials.raw(e)
    sweep, predicted = trials.overflow(raw, [valley.steepest(one) for one in raw])
    return dict(found=trials.overflows(*trained(sweep), predicted))


@cache
def ratios():
    return valley.ratio_steps((3, 10))


def tried_instead(e):
    """What else helps than dropout, over two seeds."""
    sweeps = {name: sweep.over_first(3) for name, sweep in dropout.rivals(e).items()}
    runs = {name: train(sweep.experiments, ENDS) for name, sweep in sweeps.items()}
    return rivals.rivals(sweeps, runs)


def ladder(e):
    """As the page trains it, over two seeds."""
    axes = dict(model=["this model"], scaling=PIPELINES, seed=range(2))
    return trained(Sweep.made(lambda model, scaling, seed: e.but(seed=seed).everywhere(scaling), **axes))


def suspected(e):
    claim = suspects(e)
    return dict(claim=claim, verdict=judge(claim, train(claim.sweep.experiments, ENDS)))


def outcome(e):
    claim = Claim("s", "source", "final_loss", "lower", 2, (Case("here", e, e.but(learning_rate=1e-3)),))
    return dict(claim=claim, verdict=judge(claim, train(claim.sweep.experiments, ENDS)))


def shift(e):
    network = e.but(batchnorm=True, depth=2, dataset="xor")
    axes = dict(activation=("identity", "relu"), learning_rate=(1e-6, 0.1), dropout=(0.1, 0.5, 0.9))
    sweep = Sweep.over(network, **axes)
    return shift_of(*trained(sweep))


KINDS = {
    "Run": run,
    "dict[str, Run]": pair,
    "Deaths": died,
    "Experiment": lambda e: e,
    "Apart": apart,
    "Asked": lambda e: answers.asked(run(e)),
    "Autopsy": examined,
    "ByLayer": lambda e: noise.by_layer(run(e)),
    "Clipping": lambda e: clipping.record(e.but(clip_norm=1), 1.0),
    "Lag": statistics.lag,
    "Landscape": lambda e: valley.landscape(e, ("age", "income"), e.scaling),
    "list[Moment]": moments.walk,
    "Mapping[str, Sequence[Revival]]": lambda e: {
        "SGD": [revival.revive(e.but(depth=2, dropout=0), 1, 0.01, 1, 2)]
    },
    "Orders": orders,
    "OverDepth": lambda e: noise.over_depth(e, (2, 4)),
    "Passes": lambda settings: settings,
    "Poisoned": nan_trap.poisoned,
    "Rescaled": lambda e: rescaled(small(e)),
    "Scaled": scaled,
    "Sharpness": lambda e: curvature.over_steps(e.but(depth=min(e.depth, 3)), 3),
    "Shift": shift,
    "Training": claims.trained,
    "Trial": tried,
    "UnitHistory": lambda e: history.follow(e if run(e).last else SMALL, 0, 0),
    "dict[str, Pooled]": lambda e: {
        name: answers.pooled([one, one], 5) for name, one in pair(classes(e)).items()
    },
    "Members": lambda e: apart_from.members(e.but(depth=1, steps=1), 2),
    "Paired": lambda e: paired(*over(e, dropout=(0, 0.5))),
    "Rivals": tried_instead,
}
"""Annotation -> what makes such an argument of an extreme."""


@cache
def made(kind, e):
    """An argument of this kind, made of an extreme once for all charts."""
    return KINDS[kind](e)


ARGUMENTS = {
    "claims.effects": outcome,
    "columns.column": lambda e: dict(e=e, name="income", values=before_and_after(e)[1][:, 2], scaled=True),
    "outliers.outlier_lines": lambda e: dict(
        found=outliers.outliers(e.outlier_share, e.clip, 2), share=e.outlier_share, bound=e.clip
    ),
    "ladder.ladder": lambda e: dict(
        found=trials.compared(*ladder(e)), limits=least_squares.limits(e, (0, 1))
    ),
    "outliers.trained": lambda e: dict(outcomes=outcome(e)["verdict"].outcomes, unavoidable=0.01),
    "causes.accuracy": lambda e: dict(found=causes.kills(*over(e, learning_rate=(0.1, 100))), experiment=e),
    "causes.killed": lambda e: dict(found=causes.kills(*over(e, bias=(-5, 0))), experiment=e),
    "causes.suspects": suspected,
    "costs.depths": lambda e: dict(
        found=costs.depths(*over(small(e).but(steps=1, width=16), batchnorm=(False, True), depth=(10, 20)))
    ),
    "costs.explosion": lambda e: dict(
        found=costs.explosion(
            train(small(e).but(depth=20, width=16, batchnorm=True, steps=1).vary(gain=(1, 10)), ENDS),
            train([small(e).but(depth=20, width=16, steps=1)], ENDS)[0],
        )
    ),
    "paired.loss": lambda e: dict(found=paired(*over(e, dropout=(0, 0.5))), chance=run(e).chance),
    "effect.surface": lambda e: dict(
        run=run(classes(e)), found=answers.surface(run(classes(e))), name="this"
    ),
    "effect.uncertainty": lambda e: dict(run=run(numbers(e)), found=answers.spread(run(numbers(e)))),
    "costs.small_batches": lambda e: dict(
        found=costs.small_batches(*over(e, batchnorm=(False, True), batch_size=(2, 32))), score="accuracy"
    ),
    "gains.epochs": lambda e: dict(found=raced(e), target=3, same=False),
    "gains.curves": lambda e: dict(found=raced(e), target=3, same=True),
    "gains.reach": lambda e: dict(
        found=gains.reach(*over(e, batchnorm=(False, True), gain=(0.1, 100))), about="These", here=e.gain
    ),
    "gains.scaled": lambda e: dict(found=scaled(e), about="These"),
    "graph.passes": lambda settings: dict(settings=settings, moments=moments.walk(settings), moment=1),
    "graph.paths": lambda settings: (
        ways(settings) | dict(settings=settings, values=moments.walk(settings)[-1].values)
    ),
    "hinges.line": lambda e: dict(found=hinged(e, "curve")),
    "hinges.plane": lambda e: dict(found=hinged(e, "moons")),
    "by_hand.by_hand": lambda e: dict(apart=apart(e), nudge=3.0),
    "inside.inside": lambda e: dict(plain=run(e.but(batchnorm=False)), normed=run(e.but(batchnorm=True))),
    "inside.learned": lambda e: dict(run=run(e.but(batchnorm=True))),
    "by_hand.warm_up": lambda e: dict(apart=apart(e), seen=100),
    "sharing.path_sum": ways,
    "kill.killing": lambda e: dict(found=kill.kill(e.but(activation="relu"), e.depth - 1), guess=e.width),
    "learning_rate.ruler": lambda e: dict(
        found=ruled.ruler(e, *over(e, learning_rate=(0.1, 100)), sharpness=1.0)
    ),
    "modes.mode": lambda e: dict(e=e, found=answers.asked(run(e)), training=True),
    "not_finite.overflow": overflow,
    "rates.curve": lambda e: dict(found=rates.errors(*over(e, dropout=(0, 0.5, 1))), here=e.dropout),
    "remedies.variants": lambda e: dict(
        found=causes.remedies(*over_changes(e, "variant", {"this run": {}, "bias 1": {"bias": 1}}))
    ),
    "rescues.rescues": lambda e: dict(
        found=rescues.rescues(*over_changes(e, "change", {"as it is": {}, "Adam": {"optimizer": "adam"}}))
    ),
    "thumbnails.batchnorm": lambda e: dict(run=run(e.but(batchnorm=True))),
    "valley.iterations": lambda e: dict(pipelines=valley.conditioning(e), ratios=ratios()),
}
"""module.function -> its arguments by name, where their kind does not say enough."""


def few_chi():
    gains = np.array([0.5, 1.0, 2.0])
    return {"relu": chi.Chi(gains, chi.measured_chi("relu", gains), gains, gains, 0.1, None)}


def thinned():
    e = SMALL.but(dataset="moons", depth=2, width=3, precision="float64")
    one = e.but(depth=1)
    found = {"linear output": one.but(dataset="curve"), "softmax output": one.but(dataset="blobs")}
    return {name: run(network) for name, network in (found | {"two ReLU layers": e}).items()}


def no_depth_trains():
    start = depth.MAP.but(width=4, samples=32, batch_size=0, steps=1)
    sweep = Sweep.over(start, depth=(2, 4), gain=depth.gains("tanh", False), seed=range(2))
    return depth.depth_map(*trained(sweep))


FIXED = {
    "cost.memory": lambda: dict(recorded=measured.count_bytes(4)),
    "cost.operations": lambda: dict(flops=measured.count_flops()),
    "cost.ratio": lambda: dict(flops=measured.count_flops()),
    "cost.seconds": lambda: dict(times=measured.Seconds(*np.arange(1.0, 9).reshape(4, 2))),
    "learning.functions": lambda: dict(runs=claims.tried()),
    "sharing.ladder": lambda: dict(costs=paths.ladder_costs(5)),
    "sharing.ladder_time": lambda: dict(costs=paths.ladder_costs(5)),
    "born_dead.born": lambda: dict(drawn=born_dead.draw((2, 4), 5, 50)),
    "born_dead.born_everywhere": lambda: dict(drawn=born_dead.draw((2, 4), 5, 50)),
    "leak.chosen": lambda: dict(found=least_squares.selection(3)),
    "outliers.squeezed": lambda: dict(found=outliers.outliers(0.1, 3, 2), share=0.1),
    "outliers.without_log": lambda: dict(kept=outliers.without_log(2)),
    "steps.shifted": lambda: dict(found=steps.shifts(2)),
    "steps.steady": lambda: dict(found=steps.steadiness((1, 100), 2)),
    "steps.rising": lambda: dict(found=steps.steadiness((1, 100), 2)),
    "valley.limits": lambda: dict(
        zip(("correlated", "shifted"), valley.correlation_and_mean(0, 200), strict=True)
    ),
    "ensemble.gaps": lambda: dict(found=ensemble.gaps(thinned())),
    "ensemble.sampled": lambda: dict(found=ensemble.sampled(thinned()["two ReLU layers"])),
    "rates.best": lambda: dict(errors=linear.rate_errors(20, 4, 1.0), n=20, d=4, sigma=1.0),
    "rates.ridge_path": lambda: dict(path=linear.path()),
    "why.smoothness": lambda: dict(found=along_gradient(small(SMALL))),
    "depth_map.chi_curves": lambda: dict(measured=few_chi()),
    "depth_map.depth_map": lambda: dict(found=no_depth_trains(), expected=depth.expected("tanh", False)),
    "learning_rate.least_squares": lambda: dict(
        zip(
            ("descent", "single"),
            map(partial(descent.least_squares, 1.1, 0.9), ("float64", "float32")),
            strict=True,
        )
    ),
    "learning_rate.catapult": lambda: dict(descents=descent.catapults(0)),
}
"""module.function -> its arguments by name, where no experiment of the reader's is drawn."""
