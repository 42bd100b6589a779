"""A run, many runs or a chart as CSV."""

import pandas as pd

from core.run import Run


def losses_csv(run: Run) -> str:
    """One row per step: step, loss, and at the snapshots losses and accuracies of both sets.

    The last row is the state after the last update and has no loss of its own. A cell is empty where nothing
    was measured, and after a divergence.
    """
    table = pd.DataFrame({"loss": pd.Series(run.loss)}, index=pd.RangeIndex(len(run.loss) + 1, name="step"))
    for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
        table[name] = pd.Series(getattr(run, name), index=run.at)
    return table.to_csv()


def probes_csv(run: Run) -> str:
    """Tidy: one row per snapshot and hidden layer, counted from 1, with a column for every probe."""
    layers = range(1, run.experiment.depth + 1)
    index = pd.MultiIndex.from_product([run.at, layers], names=["step", "layer"])
    return pd.DataFrame({name: values.ravel() for name, values in run.probes.items()}, index=index).to_csv()


def units_csv(run: Run) -> str:
    """Tidy: one row per snapshot, hidden layer and unit, with the share of samples on which it is active."""
    e = run.experiment
    levels = [run.at, range(1, e.depth + 1), range(1, e.width + 1)]
    index = pd.MultiIndex.from_product(levels, names=["step", "layer", "unit"])
    return pd.DataFrame({"active_fraction": run.active_fraction.ravel()}, index=index).to_csv()


def runs_csv(runs: list[Run]) -> str:
    """One row per run: the settings in which they differ, and how each ended."""
    table = pd.DataFrame([dict(run.experiment) for run in runs])
    table = table.loc[:, table.nunique() > 1]
    for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
        table[name] = [float(getattr(run, name)[-1]) for run in runs]
    table["diverged_at"] = pd.array([run.diverged_at for run in runs], dtype="Int64")
    return table.to_csv(index=False)


def chart_csv(*figures) -> str:
    """Every point of every line of these figures: chart, line, x, y. A cross is where there is no number."""
    lines = [
        pd.DataFrame({"chart": figure.layout.meta["title"], "line": line.name, "x": line.x, "y": line.y})
        for figure in figures
        for line in figure.data
        if line.x is not None and line.y is not None and len(line.x) == len(line.y)
        if line.marker.symbol != "x"
    ]
    return pd.concat(lines).to_csv(index=False)
