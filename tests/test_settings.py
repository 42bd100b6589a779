"""Settings as controls: what they offer, what a choice takes along, and which of them change nothing."""

import math
from itertools import chain

import numpy as np
import pytest
from pydantic import ValidationError

from core.engine.train import train
from core.experiment import Experiment
from core.lessons import LESSONS
from core.lessons.backprop.claims import trained
from core.lessons.backprop.settings import Passes
from core.lessons.batchnorm.by_hand import ByHand, take_apart
from core.lessons.feature_scaling.houses import Houses
from core.run import ENDS
from core.settings import Settings, number

START = Experiment()
CLASSES = (Experiment, ByHand, Houses, Passes)


def test_a_choice_has_to_be_within_the_bounds():
    with pytest.raises(ValueError, match="Width cannot offer 300: allowed is a number from 1 to 256"):
        number("Width", 32, 1, 256, "Units.", (1, 300))


@pytest.mark.parametrize("kind", CLASSES)
def test_every_value_that_is_offered_is_possible_and_the_present_one_is_among_them(kind):
    for name, field in kind.model_fields.items():
        if field.annotation is not str:
            values = kind().offered(name)
            assert getattr(kind(), name) in values
            for value in values if len(values) < 100 else (values[0], values[-1]):
                kind().chosen(**{name: value})


@pytest.mark.parametrize(
    ("changes", "name", "values"),
    [
        (dict(samples=64), "batch_size", [0, 2, 4, 8, 16, 32, 64]),
        (dict(batch_size=256), "samples", [256, 512, 1024, 2048, 4096]),
        (dict(width=256, samples=4096, depth=1), "depth", range(1, 6)),
        (dict(dropout=0.5, dropout_last=False, depth=3), "depth", range(2, 61)),
        (dict(depth=1), "dropout_last", [True]),
        (dict(dataset="xor"), "features", [0, 2, 3, 5, 10, 20, 30, 64]),
        (dict(gain=0.7), "gain", [0, 0.05, 0.1, 0.25, 0.5, 0.7, 1, 1.5, 2, 3, 4, 8, 16]),
    ],
)
def test_what_other_settings_rule_out_is_not_offered(changes, name, values):
    offered = START.but(**changes).offered(name)
    assert (offered if isinstance(values, range) else list(offered)) == values


def test_the_end_of_a_range_is_the_last_that_is_possible():
    e = START.but(width=256)
    last = e.offered("depth")[-1]
    e.but(depth=last)
    with pytest.raises(ValidationError):
        e.but(depth=last + 1)


def test_a_dataset_takes_its_number_of_features_along_and_says_so():
    e = START.but(dataset="xor", features=10)
    assert "moons" in e.offered("dataset")
    changed, said = e.chosen(dataset="moons")
    assert (changed.dataset, changed.features) == ("moons", 0)
    assert said == ["moons cannot have 10 features: it has its own number of them now."]
    assert e.chosen(dataset="blobs") == (e.but(dataset="blobs"), [])
    assert e.chosen(width=8) == (e.but(width=8), [])


SMALL = Experiment(depth=2, width=6, samples=64, steps=6, learning_rate=0.05, precision="float64")
TABLE = Houses(samples=64, steps=6, scaling="zscore")
CASES = [
    SMALL,
    SMALL.but(optimizer="adam", dropout=0.3),
    SMALL.but(depth=1, dropout=0.3),
    SMALL.but(depth=1, residual=False, dataset="blobs", scaling="linear"),
    SMALL.but(batchnorm=True, dataset="curve", label_noise=0.1),
    SMALL.but(dataset="gaussians", scaling="zscore", batch_size=32),
    SMALL.but(dataset="gap", clip_norm=0.1, weight_decay=0.1),
    SMALL.but(dataset="curve", target_scaling="zscore", target_scale=3, batch_size=4),
    SMALL.but(steps=1),
    SMALL.but(steps=1, optimizer="adam", dataset="curve"),
    TABLE,
    TABLE.but(scaling="none", learning_rate=1e-12),
    TABLE.but(depth=2, optimizer="adam", missing=2, impute=True, learning_rate=0.01),
    TABLE.but(scaling="log", impute=True, outlier_share=0, learning_rate=1e-5),
    TABLE.but(scaling="none", **dict.fromkeys(Houses.features, "log_clip_zscore")),
]
LEAVE = {"steps", "precision", "seed", "clip_norm"}
"""What may change nothing by chance, as a clip norm that no gradient reaches."""


def differ(runs) -> bool:
    """Whether any run differs from the first by more than rounding."""
    first, *others = runs
    return any(
        len(run.loss) != len(first.loss)
        or not np.allclose(run.loss, first.loss, rtol=1e-7, atol=1e-12, equal_nan=True)
        or not np.allclose(run.test_loss, first.test_loss, rtol=1e-7, atol=1e-12, equal_nan=True)
        for run in others
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "e", CASES, ids=lambda e: ", ".join(f"{n} {v}" for n, v in e.changes(type(e)()).items())
)
def test_a_control_is_off_exactly_where_it_changes_nothing(e):
    names = [name for name in type(e).model_fields if name not in LEAVE]
    varied = {name: [e.chosen(**{name: value})[0] for value in some(e, name)] for name in names}
    every = list(dict.fromkeys([e, *chain(*varied.values())]))
    runs = dict(zip(every, train(every, ENDS), strict=True))
    idle = {name for name, others in varied.items() if not differ([runs[e], *(runs[o] for o in others)])}
    assert idle == set(e.unused)
    assert all(e.unused.values())


def test_no_gain_changes_weights_of_zero():
    e = SMALL.but(init="zeros", dataset="curve")
    assert e.unused["gain"] and "gain" not in SMALL.unused
    assert not differ(train(e.vary(gain=(0, 1, 16)), ENDS))


def some(e: Settings, name: str) -> list:
    """A few of the values that a control offers, the smallest and the largest among them."""
    values = list(e.offered(name))
    return values[:: max(1, math.ceil(len(values) / 4))] + values[-1:]


@pytest.mark.parametrize(
    "settings",
    [
        Passes(),
        Passes(shape="expression"),
        Passes(shape="expression", expression="weighted_sum(w, x, b)"),
        Passes(shape="single neuron", values="w1:1,w2:1,b:1,x1:1,x2:1,t:1"),
    ],
    ids=str,
)
def test_the_same_for_graphs(settings):
    def said(passes):
        return str(passes.graph), passes.leaves, trained(passes).loss.tolist()

    for name in ("activation", "loss", "init", "expression"):
        values = ["x*w", "tanh(w)"] if name == "expression" else settings.offered(name)
        others = [settings.but(**{name: value}) for value in values]
        if len(others) == 1:
            continue
        assert (name in settings.unused) == all(said(other) == said(settings) for other in others), name


def test_a_batch_of_one_by_hand_has_nothing_to_move():
    alone = ByHand(rows=1)
    for name in ("nudge", "gamma", "beta", "seen"):
        assert alone.unused[name] and name not in ByHand().unused
        with pytest.raises(ValueError, match="batch of 1"):
            take_apart(alone.but(**{name: 1}))


@pytest.mark.parametrize("slug", LESSONS)
def test_every_control_of_a_page_is_a_setting(slug):
    lesson = LESSONS[slug]
    assert {*lesson.controls, *lesson.more} <= type(lesson.start).model_fields.keys()
