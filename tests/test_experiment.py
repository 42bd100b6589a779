"""Settings: what may be asked for, what is said when it may not, and the way into a link and back."""

import math
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.data import DATASETS, SCALERS, TARGET_SCALERS
from core.experiment import Experiment
from core.work import WORK_LIMIT, looking, work

START = Experiment()
FIELDS = Experiment.model_fields
POWERS = [32, 64, 128, 256, 512, 1024, 2048, 4096]
SIZES = {"samples": POWERS, "batch_size": [0, 2, 4, 8, 16, *POWERS]}
TEXTS = [
    "",
    " ",
    "nan",
    "-inf",
    "1e309",
    "1_0",
    "-0",
    "0x10",
    "5.0",
    "1e3",
    "TRUE",
    "None",
    "٣",
    "\ud800",
    "\0",
]
TRUE, FALSE = ["true", "t", "yes", "y", "on", "1"], ["false", "f", "no", "n", "off", "0"]
reproducible = settings(derandomize=True, deadline=None, max_examples=80)


def bound(name, side):
    return next(getattr(m, side) for m in FIELDS[name].metadata if hasattr(m, side))


def possible(name):
    """What a setting may be, taken by itself."""
    kind = FIELDS[name].annotation
    if kind is bool:
        return st.booleans()
    if options := get_args(kind):
        return st.sampled_from(options)
    if name in SIZES:
        return st.sampled_from(SIZES[name])
    low, high = bound(name, "ge"), bound(name, "le")
    return st.integers(low, high) if kind is int else st.floats(low, high)


def impossible(name):
    kind = FIELDS[name].annotation
    if kind is bool:
        return ["maybe", "", 2, None]
    if get_args(kind):
        return ["other", "", "Sigmoid", 1, None]
    low, high = bound(name, "ge"), bound(name, "le")
    return [low - 1, high * 2 + 1, math.nan, math.inf, "many", "", None] + [0.5] * (kind is int)


def refused(**asked):
    with pytest.raises(ValidationError) as caught:
        Experiment(**asked)
    return Experiment.complaints(caught.value)


@reproducible
@given(st.fixed_dictionaries({}, optional={name: possible(name) for name in FIELDS}))
def test_a_link_brings_back_what_went_into_it(asked):
    e, sentences = Experiment.from_link({name: str(value) for name, value in asked.items()}, START)
    for name, value in asked.items():
        about = [sentence for sentence in sentences if sentence.startswith(f"{name} cannot be ")]
        assert getattr(e, name) == (getattr(START, name) if about else value)
        assert len(about) <= 1
    assert set(e.to_link()) == set(FIELDS)
    for link in (e.to_link(), e.to_link(START)):
        again, none = Experiment.from_link(link, START)
        assert (again, none, hash(again)) == (e, [], hash(e))
    assert START.but(**e.changes(START)) == e


@reproducible
@given(
    st.dictionaries(
        st.sampled_from([*FIELDS]) | st.text(max_size=9),
        st.sampled_from(TEXTS) | st.text(st.characters(), max_size=60) | st.from_regex(r"[-_0-9.e]{1,6}"),
        max_size=6,
    )
)
def test_any_text_in_a_link_is_followed_or_answered(link):
    e, sentences = Experiment.from_link(link, START)
    followed = [name for name in link if name in FIELDS and not any(s.startswith(name) for s in sentences)]
    assert len(followed) + len(sentences) == len(link)
    for name in followed:
        value, text = getattr(e, name), link[name]
        if isinstance(value, bool):
            assert text.lower() in (TRUE if value else FALSE)
        else:
            assert value == (text if isinstance(value, str) else float(text))
    assert set(e.changes(START)) <= set(followed)


def test_a_huge_link_gets_a_short_answer():
    link = {"steps": "9" * 1_000_000, "x" * 100_000: "1", "activation": "relu" * 100_000, "noise": "1" * 5000}
    e, sentences = Experiment.from_link(link, START)
    assert e == START
    assert len(sentences) == 4
    assert max(map(len, sentences)) < 500


@pytest.mark.parametrize("name", FIELDS)
def test_a_bad_value_gets_one_sentence_that_says_what_is_allowed(name):
    for value in impossible(name):
        (sentence,) = refused(**{name: value})
        assert sentence.startswith(f"{name} cannot be {value}" if value != "" else f"{name} cannot be ''")
        assert sentence.endswith(f": allowed is {Experiment.allowed(name)}.")


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("depth", "a whole number from 1 to 60"),
        ("noise", "a number from 0 to 2"),
        ("samples", "a power of two from 32 to 4096"),
        ("batch_size", "a power of two from 2 to 4096, or 0 for all samples"),
        ("target_scale", "a number from 0.000001 to 1000000"),
        ("target_scaling", "one of none, zscore"),
        ("residual", "true or false"),
        ("precision", "one of float32, float64"),
    ],
)
def test_what_is_allowed_in_words(name, allowed):
    assert Experiment.allowed(name) == allowed


def test_an_unknown_setting_gets_a_suggestion():
    sentence = "There is no setting learning_rte. Did you mean learning_rate?"
    assert refused(learning_rte=1) == [sentence]
    assert Experiment.from_link({"learning_rte": "1"}, START) == (START, [sentence])
    (sentence,) = refused(qqq=1)
    assert sentence == f"There is no setting qqq. Settings are {', '.join(FIELDS)}."


CONFLICTS = {
    "features of another dataset": (
        dict(),
        dict(features=5, depth=3),
        "features cannot be 5 here: circles allows only 2 features, not 5; 0 takes its own number.",
    ),
    "a dataset of other features": (
        dict(dataset="gaussians", features=10),
        dict(dataset="moons", depth=3),
        "dataset cannot be moons here: moons allows only 2 features, not 10; 0 takes its own number.",
    ),
    "too few features": (
        dict(dataset="gaussians"),
        dict(features=2, depth=3),
        "features cannot be 2 here: gaussians allows 3 to 64 features, not 2; 0 takes its own number.",
    ),
    "batches larger than the data": (
        dict(),
        dict(batch_size=1024, depth=3),
        "batch_size cannot be 1024 here: batch_size 1024 is more than the 512 samples; allowed is at most "
        "that, or 0 for all of them.",
    ),
    "less data than a batch": (
        dict(batch_size=64),
        dict(samples=32, depth=3),
        "samples cannot be 32 here: batch_size 64 is more than the 32 samples; allowed is at most that, or 0 "
        "for all of them.",
    ),
    "too much memory": (
        dict(width=256, steps=1),
        dict(samples=4096, depth=60),
        "samples cannot be 4096 here: depth 60, width 256 and batches of 4096 take too much memory: lower "
        "one.",
    ),
    "too much work": (
        dict(width=256),
        dict(steps=5000, depth=9),
        "steps cannot be 5000 here: 5000 steps at depth 9, width 256 and batches of 512 take too long; "
        "allowed are at most 865 steps, or lower depth, width or batch_size.",
    ),
    "a little too much work": (
        dict(dataset="xor", depth=60, width=256, samples=1024, steps=59),
        dict(features=64, seed=3),
        "features cannot be 64 here: 59 steps at depth 60, width 256 and batches of 1024 take too long; "
        "allowed are at most 58 steps, or lower depth, width or batch_size.",
    ),
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_of_settings_that_do_not_fit_together_one_falls_back_and_the_rest_holds(case):
    before, asked, sentence = CONFLICTS[case]
    start = START.but(**before)
    e, sentences = Experiment.from_link({name: str(value) for name, value in asked.items()}, start)
    assert sentences == [sentence]
    blamed = sentence.split()[0]
    assert e == start.but(**{name: value for name, value in asked.items() if name != blamed})
    assert len(refused(**before | asked)) == 1


def test_a_conflict_is_put_down_to_what_was_given():
    (sentence,) = refused(depth=60, width=256, samples=1024)
    assert sentence.startswith("width cannot be 256 here: 200 steps at depth 60, width 256")


def test_as_many_steps_as_are_offered_are_possible_and_no_more():
    e = START.but(depth=9, width=256)
    assert work(e.but(steps=865)) <= WORK_LIMIT < work(*866 * [e.but(steps=1)])
    assert len(refused(depth=9, width=256, steps=866)) == 1


def test_a_look_at_the_whole_set_costs_about_a_third_of_a_step_on_it():
    e = Experiment(samples=4096, width=256, depth=4)
    assert looking(e) == pytest.approx(work(e) / 3, rel=0.2)
    assert looking(e.but(batch_size=64)) == looking(e)


def test_networks_in_small_batches_share_no_work():
    e = START.but(width=1)
    assert work(e.but(batch_size=16)) > 3 * work(e.but(batch_size=32))


@pytest.mark.parametrize("name", SIZES)
def test_sample_counts_are_powers_of_two(name):
    for n in range(4097):
        if n in SIZES[name]:
            assert getattr(Experiment(**{"samples": 4096, name: n}), name) == n
        else:
            assert len(refused(**{name: n})) == 1


def test_an_experiment_cannot_be_changed_and_counts_as_its_values():
    with pytest.raises(ValidationError, match="frozen"):
        START.depth = 3
    assert Experiment(**START.to_link()) == START
    assert hash(START) == hash(START.but(seed=1).but(seed=0))
    assert START.but(seed=1) != START
    assert len({START, START.but(), START.but(depth=3)}) == 2


def test_a_default_and_the_same_value_asked_for_are_written_alike():
    assert Experiment(**START.model_dump()).to_link() == START.to_link()
    assert START.but(noise=1, dropout=0).to_link() == START.but(noise=1.0).to_link()


def test_changes_are_checked_again():
    assert START.but(depth="3").depth == 3
    for changes in (dict(depth=0), dict(batch_size=1024), dict(dept=3)):
        with pytest.raises(ValidationError):
            START.but(**changes)


def test_varying_gives_every_combination_with_the_last_list_fastest():
    varied = START.vary(learning_rate=[0.1, 1], seed=range(3))
    assert [(e.learning_rate, e.seed) for e in varied] == [(r, s) for r in (0.1, 1) for s in range(3)]
    assert {(*e.changes(START),) for e in varied} <= {("learning_rate",), ("learning_rate", "seed")}
    assert START.vary() == [START]
    assert START.vary(seed=[]) == []


def test_datasets_and_scalers_are_those_there_are():
    assert get_args(FIELDS["dataset"].annotation) == tuple(DATASETS)
    assert get_args(FIELDS["scaling"].annotation) == tuple(SCALERS)
    assert get_args(FIELDS["target_scaling"].annotation) == tuple(TARGET_SCALERS)
    assert TARGET_SCALERS.items() <= SCALERS.items()


@pytest.mark.parametrize(
    ("dataset", "inputs", "outputs", "loss"),
    [
        ("circles", 2, 1, "bce"),
        ("blobs", 2, 4, "cross_entropy"),
        ("curve", 1, 1, "mse"),
        ("gaussians", 10, 1, "bce"),
    ],
)
def test_the_network_fits_its_dataset(dataset, inputs, outputs, loss):
    e = Experiment(dataset=dataset)
    assert (e.inputs, e.outputs, e.loss) == (inputs, outputs, loss)
    assert (e.batch, e.but(batch_size=64).batch) == (512, 64)


def test_every_setting_has_a_title_and_a_help_text():
    assert all(field.title and field.description for field in FIELDS.values())
