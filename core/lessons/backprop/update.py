"""What the gradient is for: the first step of every weight, the lines of PyTorch that do it, one sample."""

from dataclasses import dataclass

from core.lessons.backprop.examine import check_leaves
from core.lessons.backprop.graph import Training, gradients
from core.lessons.backprop.notation import written
from core.lessons.backprop.settings import Passes
from core.words import short


@dataclass(frozen=True)
class Update:
    """One leaf that is trained: value + change = new, where change = -learning_rate * gradient.

    gradient: what the page found, with its mistakes; right: without. wrong: whether measuring refutes it.
    """

    leaf: str
    value: float
    gradient: float
    right: float
    wrong: bool
    change: float
    new: float


def first_step(settings: Passes) -> list[Update]:
    """What the first step of training does with the gradients of the two passes."""
    found, right = settings.gradients, gradients(settings.graph, settings.leaves)
    wrong = {check.leaf for check in check_leaves(settings.graph, settings.leaves, found) if check.wrong}
    updates = []
    for leaf in settings.parameters:
        value, change = settings.leaves[leaf], -settings.learning_rate * found[leaf]
        updates.append(Update(leaf, value, found[leaf], right[leaf], leaf in wrong, change, value + change))
    return updates


def pytorch_lines(settings: Passes) -> str:
    """The same in PyTorch for the first weight, with what is printed; the leaves and the output are there.

    PyTorch always adds up, so with the mistake of `=` for `+=` it prints other numbers than the page, and
    the lines say so.
    """
    leaf, output, rate = settings.parameters[0], settings.graph.output, settings.learning_rate
    here, found = settings.leaves[leaf], settings.gradients[leaf]
    true = gradients(settings.graph, settings.leaves)[leaf]
    grad = true if settings.zero_grad else 2 * true
    again = "" if settings.zero_grad else f"  # the second time: nothing has cleared {leaf}.grad"
    differs = "" if settings.accumulate or found == grad else f": PyTorch adds up, = leaves {short(found)}"
    return "\n".join(
        [
            f"{output}.backward(){again}",
            f"print({leaf}.grad.item())  # {short(grad)}{differs}",
            "with torch.no_grad():",
            f"    {leaf} -= {rate!r} * {leaf}.grad",
            f"print({leaf}.item())  # {short(here - rate * grad)}",
        ]
    )


def one_sample(settings: Passes, training: Training) -> str:
    """What training sees, and what follows from its being a single sample."""
    moved = [name for name in settings.parameters if (training.paths[name] != training.paths[name][0]).any()]
    kept = [name for name in settings.graph.leaves if name not in settings.parameters]
    numbers = ", ".join(f"{written(name)} = {short(settings.leaves[name])}" for name in kept)
    if settings.shape == "expression":
        stays = f"; {numbers} {'stays' if len(kept) == 1 else 'stay'}" if kept else ""
        names = ", ".join(map(written, settings.parameters))
        return f"Training steps against the gradient of {settings.goal}: {names} may move{stays}."
    sentence = (
        f"Training sees **one sample**: {numbers}. No other sample pulls the weights elsewhere, which is why "
        "a loss can fall almost to 0 here."
    )
    if moved and not [name for name in moved if name.startswith("w")]:
        alone = f"{' and '.join(map(written, moved))} {'moves' if len(moved) == 1 else 'move'}"
        towards = " the output towards this one target" if training.loss[-1] < training.loss[0] else ""
        sentence += f" No weight moves at all: {alone}{towards or ' alone'}."
    return sentence
