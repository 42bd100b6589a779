"""Every death has the cause that plain PyTorch finds when it takes that one step apart."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
import torch

from core.data import BATCHES, load, stream
from core.engine.initial import initial
from core.engine.train import train
from core.lessons.dead_relus.charts import deaths as charts
from core.lessons.dead_relus.charts import obituaries
from core.lessons.dead_relus.charts.obituaries import verdict
from core.lessons.dead_relus.lesson import START
from core.lessons.dead_relus.measured.births import births
from core.lessons.dead_relus.measured.deaths import CAUSES, PARTS, Death, Deaths, deaths
from core.lessons.dead_relus.measured.history import follow
from core.run import ENDS
from core.words import short

TINY = START.but(width=24, samples=64, batch_size=0, steps=12, precision="float64")
FLIPPED = TINY.but(bias=1, gain=0.05, learning_rate=3, weight_decay=0.5, momentum=0, steps=1)
"""A step of 3 × 0.5 times the weights turns every weighted sum round: weight decay alone."""
NETWORKS = {
    "momentum": TINY.but(learning_rate=2),
    "small batches": TINY.but(batch_size=16, steps=16),
    "momentum and decay": TINY.but(weight_decay=0.01, depth=3),
    "no momentum": TINY.but(momentum=0, learning_rate=5),
    "decay": FLIPPED,
    "Adam": TINY.but(optimizer="adam", learning_rate=0.1),
    "Adam and decay": TINY.but(optimizer="adam", learning_rate=0.1, weight_decay=0.01, clip_norm=0.1),
    "shifted": TINY.but(input_shift=3),
}


@cache
def found(name):
    return deaths(NETWORKS[name])


def network(e):
    """The layers of the experiment in plain PyTorch, and its optimizer."""
    sizes = [e.inputs, *e.depth * [e.width], e.outputs]
    layers = [torch.nn.Linear(*pair).double() for pair in pairwise(sizes)]
    with torch.no_grad():
        for i, layer in enumerate(layers):
            for own, value in zip(layer.parameters(), initial(e, i), strict=True):
                own.copy_(torch.from_numpy(value))
    about = dict(lr=e.learning_rate, weight_decay=e.weight_decay)
    parameters = [own for layer in layers for own in layer.parameters()]
    if e.optimizer == "adam":
        return layers, torch.optim.Adam(parameters, **about)
    return layers, torch.optim.SGD(parameters, momentum=e.momentum, **about)


def parts(e, w, gradient, past, state):
    """What an update takes off a parameter w, in the order of PARTS; state: the optimizer's after it."""
    if e.optimizer == "sgd":
        return [e.learning_rate * part for part in (gradient, e.momentum * past, e.weight_decay * w)]
    t = float(state["step"])
    rate = e.learning_rate / (1 - 0.9**t) / ((state["exp_avg_sq"] / (1 - 0.999**t)).sqrt() + 1e-8)
    return [rate * part for part in (0.1 * gradient, 0.9 * past, 0.1 * e.weight_decay * w)]


def as_it_was(average, p):
    return torch.zeros_like(p) if average is None else average.detach().clone()


def top(signal, own):
    """Highest pre-activation of every unit of a layer with these weights and biases."""
    return (signal @ own[0].T + own[1]).amax(dim=0)


def taken_apart(e):
    """(step, layer, unit, cause, gradient is 0) of every death. On the way: every update is the sum of its
    parts, and without its cause a unit lives on for that step, if there are but two parts."""
    data, (layers, optimizer), deaths = load(e), network(e), []
    x, y = torch.from_numpy(data.x_train), torch.from_numpy(data.y_train).double()[:, None]
    kept = "exp_avg" if e.optimizer == "adam" else "momentum_buffer"

    def signals():
        found = [x]
        for layer in layers[:-1]:
            found.append(torch.relu(layer(found[-1])))
        return found

    rng = stream(e.seed, BATCHES)
    epochs = -(-e.steps * e.batch // e.samples)
    order = [torch.from_numpy(rng.permutation(e.samples)) for _ in range(epochs)]
    for number, batch in enumerate(torch.cat(order).split(e.batch)[: e.steps], 1):
        old = signals()
        optimizer.zero_grad()
        answers = layers[-1](old[-1][batch])
        torch.nn.functional.binary_cross_entropy_with_logits(answers, y[batch]).backward()
        parameters = optimizer.param_groups[0]["params"]
        if e.clip_norm:
            torch.nn.utils.clip_grad_norm_(parameters, e.clip_norm)
        before = [p.detach().clone() for p in parameters]
        past = [as_it_was(optimizer.state[p].get(kept), p) for p in parameters]
        optimizer.step()
        about = zip(parameters, before, past, strict=True)
        made = [parts(e, w, p.grad, average, optimizer.state[p]) for p, w, average in about]
        for p, w, some in zip(parameters, before, made, strict=True):
            torch.testing.assert_close(w - sum(some), p.detach(), rtol=1e-9, atol=1e-12)
        new = signals()
        for layer in range(e.depth):
            at = slice(2 * layer, 2 * layer + 2)
            start, end, some = before[at], [p.detach() for p in parameters[at]], made[at]
            own = top(old[layer], end)
            alone = [top(old[layer], [w - q[i] for w, q in zip(start, some, strict=True)]) for i in range(3)]
            without = [top(old[layer], [w + q[i] for w, q in zip(end, some, strict=True)]) for i in range(3)]
            died = (top(old[layer], start) > 0) & (top(new[layer], end) <= 0)
            for unit in died.nonzero()[:, 0].tolist():
                moved = [any(q[i][unit].any() for q in some) for i in range(3)]
                enough = [i for i in range(3) if moved[i] and (alone[i][unit] <= 0 or sum(moved) == 1)]
                cause = "several" if len(enough) != 1 else PARTS[enough[0]]
                if own[unit] > 0:
                    cause = "inputs"
                elif cause != "several" and sum(moved) <= 2:
                    assert without[enough[0]][unit] > 0
                still = not any(p.grad[unit].any() for p in parameters[at])
                deaths.append((number, layer, unit, cause, still))
    return deaths


@pytest.mark.parametrize("name", NETWORKS)
def test_causes_are_those_that_plain_pytorch_finds(name):
    ours = [(d.step, d.layer, d.unit, d.cause, d.no_gradient) for d in found(name).deaths]
    assert ours and ours == taken_apart(NETWORKS[name])


def test_every_cause_occurs():
    causes = {death.cause for name in NETWORKS for death in found(name).deaths}
    assert causes == set(CAUSES)
    assert {death.cause for death in found("decay").deaths} == {"decay"}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_death_is_silence_after_a_step_and_not_before_it(name):
    e = NETWORKS[name]
    for death in found(name).deaths:
        assert death.before > 0 >= death.after
        assert death.layer or death.cause != "inputs"
        assert not death.no_gradient or "gradient" not in death.alone
        assert e.weight_decay or "decay" not in death.alone


@pytest.mark.parametrize("name", NETWORKS)
def test_nobody_is_lost_between_the_first_step_and_the_end(name):
    e, known = NETWORKS[name], found(name)
    back = sum(death.returned is not None for death in known.deaths)
    assert known.born.sum() - known.woke.sum() + len(known.deaths) - back == known.silent.sum()
    [run] = train([e], ENDS)
    np.testing.assert_array_equal(known.born, run.active_fraction[0] == 0)
    np.testing.assert_array_equal(known.silent, run.active_fraction[-1] == 0)
    for unit in np.ndindex(known.born.shape):
        for earlier, later in pairwise(known.of(*unit)):
            assert earlier.step < earlier.returned < later.step


def test_with_batch_normalization_there_is_no_register():
    with pytest.raises(ValueError, match="batch normalization"):
        deaths(TINY.but(batchnorm=True))


def death(**changes):
    about = dict(before=0.5, own=-0.25, after=-0.125, alone={"momentum": -0.25}, no_gradient=False)
    return Death(7, 1, 3, **about | changes)


@pytest.mark.parametrize(
    ("changes", "cause", "words"),
    [
        (dict(no_gradient=True), "momentum", "exactly 0 on that step. On the inputs it had, momentum alone"),
        (dict(own=0.25), "inputs", "left it a highest weighted sum of 0.25; its inputs"),
        (dict(alone={"gradient": -0.1, "momentum": 0.4}), "gradient", "0.4: its own gradient killed it"),
        (dict(alone={"gradient": 0.6, "decay": -0.3}), "decay", "alone -0.3: weight decay killed it"),
        (dict(alone={"gradient": 0.1, "momentum": 0.2}), "several", "0.2: neither was enough alone"),
        (dict(alone={"gradient": -1, "momentum": -2}), "several", "momentum would each have killed it alone"),
        (dict(alone={"momentum": 1e-9}), "momentum", "momentum alone took its highest weighted sum from 0.5"),
    ],
)
def test_one_rule_names_the_cause_and_the_sentence_names_it_too(changes, cause, words):
    one = death(**changes)
    assert one.cause == cause
    assert words in obituaries.told(one, TINY)


def test_adam_has_a_moving_average_where_sgd_has_momentum():
    assert "Adam's moving average alone took" in obituaries.told(death(), TINY.but(optimizer="adam"))


def tally(*deaths, e=TINY, born=0):
    units = np.zeros((2, 24), dtype=bool)
    units[0, :born] = True
    return Deaths(e, list(deaths), born=units, silent=units, woke=units & False, last=e.steps)


def test_the_tally_counts_every_death_once():
    moved, pulled = death(own=0.25), death(alone={"gradient": -1, "momentum": 1}, returned=9)
    assert charts.sentence(tally(death(no_gradient=True), death(no_gradient=True), moved, pulled)) == (
        "4 deaths in layer 2: 2 by momentum alone (while their own gradient was exactly 0), "
        "1 by its own gradient alone, 1 because its inputs moved; 1 came back"
    )
    assert charts.sentence(tally(death(no_gradient=True), death())).startswith(
        "2 deaths in layer 2: 2 by momentum alone (1 of these while its own gradient was exactly 0); none"
    )
    assert "1 by momentum alone (while its own" in charts.sentence(tally(death(no_gradient=True)))
    assert charts.balance(tally(death())).startswith("1 death = ")
    assert charts.sentence(tally()) == "No unit died in 12 steps"


@pytest.mark.parametrize("name", NETWORKS)
def test_the_bars_are_the_deaths(name):
    known = found(name)
    bars = {bar.name: bar for bar in charts.register(known).data}
    assert sum(bar.y.sum() for key, bar in bars.items() if key != "came back") == len(known.deaths)
    back = -bars["came back"].y.sum() if "came back" in bars else 0
    assert back == sum(one.returned is not None for one in known.deaths)
    assert f"= {known.silent.sum()} dead after step {known.last}." in charts.balance(known)
    assert charts.balance(tally(born=3)) == ""


def test_the_life_of_a_unit_ends_as_the_register_says():
    known = found("small batches")
    last = {(one.layer, one.unit): one for one in known.deaths}
    one = next(
        one for one in last.values() if one.returned is None and one.no_gradient and one.cause == "momentum"
    )
    e, first = known.experiment, births(known.experiment)
    sentence = verdict(follow(e, one.layer, one.unit), known, first)
    assert f"is dead from step {one.step} on" in sentence and obituaries.told(one, e) in sentence
    assert "momentum alone took" in sentence
    without = verdict(follow(e, one.layer, one.unit), None, first)
    assert f"is dead from step {one.step} on" in without and "momentum" not in without


def test_a_unit_that_came_back_is_said_to_live_and_when_it_did_not():
    known = found("momentum and decay")
    last = {(one.layer, one.unit): one for one in known.deaths}
    one = next(one for one in last.values() if one.returned is not None)
    sentence = verdict(follow(known.experiment, one.layer, one.unit), known, births(known.experiment))
    assert f"from step {one.step} to {one.returned}" in sentence and "is above 0 on" in sentence


def test_what_a_bias_and_a_shift_have_done_before_the_first_step_is_tried():
    e = TINY.but(bias=-3, input_shift=2)
    known, (layers, _) = births(e), network(e.but(bias=0, input_shift=0))
    x, shift, bias = torch.from_numpy(load(e.but(input_shift=0)).x_train), 2, -3
    with torch.no_grad():
        for name, moved, lowered in ((None, shift, bias), ("bias", shift, 0), ("input_shift", 0, bias)):
            signal, share = x + moved, []
            for layer in layers[:-1]:
                z = layer(signal) + lowered
                share.append((z > 0).double().mean(dim=0).numpy())
                signal = torch.relu(z)
            np.testing.assert_allclose(known.without.get(name, known.active), share, atol=1e-12)
    assert births(TINY).without == {} and not births(TINY.but(init="zeros")).fed[1]


def test_a_unit_that_is_born_dead_says_what_you_set():
    e = TINY.but(bias=-5, learning_rate=0.1)
    known = births(e)
    layer, unit = np.argwhere((known.active == 0) & (known.without["bias"] > 0))[0]
    sentence = verdict(follow(e, layer, unit), deaths(e), known)
    share = short(100 * known.without["bias"][layer, unit])
    assert "dead before the first step already. You set the initial bias to -5: at 0" in sentence
    assert sentence.endswith(f"above 0 on {share} % of the samples.")
    none, text = (known.without["bias"] == 0).sum() or "none", obituaries.before_training(known)
    assert f"with the initial bias at 0 instead of -5, all else the same, {none}." in text
    assert obituaries.before_training(births(TINY.but(bias=0.1, depth=1))) == ""


@pytest.mark.parametrize("activation", obituaries.SLOPES)
def test_units_that_are_never_flat_are_not_called_dead(activation):
    h = follow(TINY.but(activation=activation, bias=-2, steps=2, learning_rate=0.1), 1, 0)
    assert "No unit is called dead here" in obituaries.untold(h)
    assert "dead" not in verdict(h, None, births(h.experiment))


def test_a_slope_that_fades_to_nothing_is_counted():
    h = follow(TINY.but(activation="gelu", bias=-60, steps=1), 0, 0)
    assert h.flat[-1].sum() == h.dead[-1].sum() == 48
    assert "At step 1, 48 of the 48 units that are negative on all data are so far" in obituaries.untold(h)
    assert not follow(TINY.but(activation="leaky_relu", bias=-60, steps=1), 0, 0).flat.any()


def test_with_batch_normalization_it_is_said_that_no_cause_is_named():
    assert "pinned on a cause" in obituaries.untold(follow(TINY.but(batchnorm=True, steps=1), 0, 0))
    assert obituaries.untold(follow(TINY.but(steps=1), 0, 0)) == ""
