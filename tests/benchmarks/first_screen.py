"""How long the Gradients page's default experiment takes, in CPU seconds of this process:

    python tests/benchmarks/first_screen.py

CPU time is what the page costs on an idle core; the clock on a busy machine says more about its neighbours.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))


def timed(what, do):
    """Run it and print what it cost."""
    start = time.process_time()
    result = do()
    print(f"{what:48s} {time.process_time() - start:6.2f} s")
    return result


def lessons():
    from core.lessons import LESSONS

    return LESSONS


def charts():
    from core.charts.runs import loss
    from core.lessons.gradients.charts import moved, signals, strips

    return signals.signal_by_layer, moved.weights_moved, loss, strips.activations, strips.deltas


def rules():
    from core.diagnosis.rules import RULES

    return RULES


def engine():
    from core.engine.train import train

    return train


start = timed("lessons (the first screen)", lessons)["gradients"].start
figures = timed("charts", charts)
timed("rules", rules)
train = timed("PyTorch and the engine", engine)
timed("a first step, which warms PyTorch up", lambda: train([start.but(steps=1, seed=1)]))
[run] = timed("the default experiment", lambda: train([start]))
timed("its five charts, the first time", lambda: [figure(run).to_json() for figure in figures])
timed("its five charts again", lambda: [figure(run).to_json() for figure in figures])
