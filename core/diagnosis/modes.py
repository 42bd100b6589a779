"""The same weights on the same training data in training and in evaluation mode, one switch at a time."""

import numpy as np

from core.engine.forward import draw_masks, forward, score
from core.run import Run

SAMPLES, BATCHES, DRAWS = 512, 8, 4


def four_modes(run: Run) -> tuple[dict, ...]:
    """Rows of a truth table, evaluation mode first, training mode last: the switch that was thrown, the loss.

    Batch statistics are those of batches as large as in training. Masks are drawn anew; means are over draws.
    """
    e, data = run.experiment, run.experiment.load()
    x, y = data.x_train[:SAMPLES], data.y_train[:SAMPLES]
    rng, batch = np.random.default_rng(e.seed), min(e.batch, len(x))

    def loss(masks: bool, batches: bool) -> float:
        found = []
        for _ in range(DRAWS if masks or batches else 1):
            order = rng.permutation(len(x)) if batches else np.arange(len(x))
            size = batch if batches else len(x)
            for start in range(0, min(len(x), BATCHES * size), size):
                some = order[start : start + size]
                drawn = draw_masks(e, rng, len(some)) if masks else None
                found.append(score(e, forward(e, run.weights, x[some], drawn, batches).output, y[some])[0])
        return float(np.mean(found))

    switches = {"": (False, False)}
    if e.dropout:
        switches["dropout"] = True, False
    if e.batchnorm:
        switches["batch"] = False, True
    if e.dropout and e.batchnorm:
        switches["both"] = True, True
    return tuple(
        dict(
            switch=name,
            dropout="drops" if masks else "off" if e.dropout else "none",
            statistics=("of the batch" if batches else "running") if e.batchnorm else "none",
            loss=loss(masks, batches),
        )
        for name, (masks, batches) in switches.items()
    )
