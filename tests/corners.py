"""Corners of a page: every control at an end of what it offers, and each pair of ends among them."""

import random
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import get_args

from core.settings import Settings

TRIES = 40
BESIDE = {"backprop": ("learning_rate", "steps"), "batchnorm": ("rows", "nudge", "gamma", "beta", "seen")}
"""The controls that stand on the page itself, beside what they change."""


def controls(lesson) -> list[str]:
    """The settings that a reader of this page chooses, but for what is typed."""
    names = (*lesson.controls, *lesson.more, *BESIDE.get(lesson.slug, ()))
    return [name for name in names if type(lesson.start).model_fields[name].annotation is not str]


def places(start: Settings, name: str, every_option: bool) -> Sequence:
    """Where a control is put: on an option, of all or of the two ends, or at the end of a slider, 0 or -1."""
    annotation = type(start).model_fields[name].annotation
    options = (False, True) if annotation is bool else get_args(annotation)
    return (options if every_option else (options[0], options[-1])) if options else (0, -1)


def put(settings: Settings, name: str, place) -> Settings:
    """As a reader does it: at an end of what is offered now, or as it was where that option is not."""
    annotation = type(settings).model_fields[name].annotation
    offered = settings.offered(name)
    if annotation is bool or get_args(annotation):
        return settings.chosen(**{name: place})[0] if place in offered else settings
    return settings.chosen(**{name: offered[place]})[0]


def corners(start: Settings, names: Sequence[str], every_option: bool = False) -> Iterator[Settings]:
    """Every control moved, one after another in any order, until each pair of places has been asked for.

    What two settings exclude together is not offered, so not every pair that is asked for is reached.
    """
    rng, at = random.Random(0), {name: places(start, name, every_option) for name in names}

    def pairs(row):
        return set(combinations(sorted(row.items(), key=lambda item: item[0]), 2))

    todo = {
        pair
        for a, b in combinations(sorted(names), 2)
        for x in at[a]
        for y in at[b]
        for pair in pairs({a: x, b: y})
    }
    while todo:
        first = dict(min(todo, key=repr))
        rows = [{name: rng.choice(at[name]) for name in names} | first for _ in range(TRIES)]
        best = max(rows, key=lambda row: len(pairs(row) & todo))
        settings = start
        for name in [*first, *rng.sample(sorted(best.keys() - first), len(names) - 2)]:
            settings = put(settings, name, best[name])
        todo -= pairs(best)
        yield settings
