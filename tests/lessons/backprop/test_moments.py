"""Moment by moment the passes reveal exactly the values and gradients of the graph."""

import pytest

from core.lessons.backprop.graph import forward, gradients
from core.lessons.backprop.moments import now, rows, walk
from core.lessons.backprop.settings import Passes

SETTINGS = [
    Passes(),
    Passes(shape="2-3-3-1", activation="relu", loss="cross-entropy"),
    Passes(shape="expression", accumulate=False),
    Passes(shape="single neuron", zero_grad=False),
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_first_moment_knows_the_leaves_and_the_last_everything(settings):
    moments = walk(settings)
    graph, leaves = settings.graph, settings.leaves
    assert moments[0].values == leaves
    assert moments[-1].values == {
        name: value for name, value in forward(graph, leaves).items() if name[0].isalpha()
    }
    assert moments[-1].gradients == gradients(graph, leaves, settings.accumulate, settings.earlier)
    assert moments[0].gradients.keys() == (set() if settings.zero_grad else set(graph.leaves))


@pytest.mark.parametrize("settings", SETTINGS)
def test_every_step_reveals_one_thing(settings):
    moments = walk(settings)
    operations = len(settings.graph.operations)
    for i, moment in enumerate(moments[1:], 1):
        assert (moment.edge is None) == (i <= operations)
        changed = {
            name: value
            for name, value in (moment.values | moment.gradients).items()
            if (moments[i - 1].values | moments[i - 1].gradients).get(name) != value
        }
        assert set(changed) <= {moment.node, *moment.operands}
        assert moment.formulas


def test_beyond_the_last_step_is_the_last():
    moments = walk(SETTINGS[0])
    assert now(SETTINGS[0].but(step=700), moments) == len(moments) - 1
    assert now(SETTINGS[0].but(step=3), moments) == 3


def test_the_table_has_one_row_per_step():
    settings = SETTINGS[1]
    moments, table = walk(settings), rows(settings)
    assert [row["step"] for row in table] == list(range(1, len(moments)))
    for row, moment in zip(table, moments[1:], strict=True):
        if moment.edge is None:
            assert (row["node"], row["value"]) == (moment.node, moment.values[moment.node])
        else:
            assert row["after"] == moment.gradients[row["operands"]]
            assert row["product"] == row["incoming"] * row["local"]
