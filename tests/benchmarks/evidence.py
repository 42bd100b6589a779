"""Whether the diagnosis says what is so: drawn networks, every sentence against the arrays of its run.

    python tests/benchmarks/evidence.py               a thousand draws
    python tests/benchmarks/evidence.py --seed 7 --count 200

Per rule how many sentences, numbers and quantifiers were held against the run by tests/evidence.py, and
every one that is not so. A third of the draws are broken by a known cause, a tenth are healthy, a tenth
overflow before their first step, of the others every setting is drawn. About five minutes on two cores.
"""

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from core.diagnosis.rules import RULES
from core.engine.train import train
from core.experiment import Experiment
from core.lessons.feature_scaling.houses import Houses
from core.trainable import Trainable
from tests.benchmarks.draws import CAUSES, HEALTHY, anything, overflowing, pick
from tests.evidence import Read, change, findings

SNAPSHOTS, AT_ONCE = (2, 8, 12, 20, 40), 8


def broken(rng) -> Trainable:
    """A sound network with a change of which some break."""
    while True:
        try:
            e, changes = CAUSES[pick(rng, list(CAUSES))](rng)
            return e.but(**changes)
        except ValueError:
            continue


def drawn(seed: int, count: int) -> list[tuple[int, list[Trainable]]]:
    """Snapshots and some experiments that are trained and compared together, `count` of them in all."""
    rng = np.random.default_rng(seed)
    whatever = {kind: iter(anything(kind, count, seed)) for kind in (Experiment, Houses)}
    makes = {
        "broken": lambda: broken(rng),
        "healthy": lambda: HEALTHY[pick(rng, list(HEALTHY))](rng),
        "overflowing": lambda: overflowing(rng),
        "any": lambda: next(whatever[Experiment]),
        "table": lambda: next(whatever[Houses]),
    }
    kinds = rng.choice(list(makes), count, p=[0.35, 0.1, 0.1, 0.3, 0.15])
    experiments = [makes[kind]() for kind in kinds]
    return [
        (int(pick(rng, SNAPSHOTS)), experiments[start : start + AT_ONCE])
        for start in range(0, count, AT_ONCE)
    ]


def read(job: tuple[int, list[Trainable]]) -> Read:
    """Everything that is said of these runs, and of a change from each to the next."""
    snapshots, experiments = job
    total = Read()
    runs = train(experiments, snapshots)
    for run, after in zip(runs, runs[1:] + runs[:1], strict=True):
        said = findings(run) + change(run, after)
        said.mismatches = [
            f"{text}\n    {snapshots} snapshots of {run.experiment!r}" for text in said.mismatches
        ]
        total += said
    return total


def main() -> None:
    """Draw, train, read, print."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--count", type=int, default=1000)
    asked = arguments.parse_args()
    with ProcessPoolExecutor() as pool:
        total = sum(pool.map(read, drawn(asked.seed, asked.count)), Read())
    print(f"{'rule':20}{'sentences':>10}{'numbers':>10}{'quantifiers':>13}")
    for name in [*(rule.name for rule in RULES), "cured"]:
        print(f"{name:20}{total.sentences[name]:10}{total.numbers[name]:10}{total.quantifiers[name]:13}")
    counts = (total.sentences, total.numbers, total.quantifiers)
    print(f"{'all':20}" + "".join(f"{c.total():{w}}" for c, w in zip(counts, (10, 10, 13), strict=True)))
    print(f"{len(total.mismatches)} mismatches")
    for text in total.mismatches:
        print(text)


if __name__ == "__main__":
    main()
