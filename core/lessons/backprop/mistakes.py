"""What the common mistakes that are switched on do to the gradients of this graph, with the numbers."""

from core.lessons.backprop.graph import gradients
from core.lessons.backprop.networks import SHAPES
from core.lessons.backprop.settings import Passes
from core.words import short


def mistakes(settings: Passes) -> list[str]:
    """One sentence for every mistake that the settings make."""
    graph, leaves = settings.graph, settings.leaves
    right, sentences = gradients(graph, leaves), []
    if not settings.accumulate:
        wrong = gradients(graph, leaves, accumulate=False)
        differ = [leaf for leaf in graph.leaves if abs(wrong[leaf] - right[leaf]) > 1e-12 * abs(right[leaf])]
        if differ:
            first = max(differ, key=lambda leaf: abs(wrong[leaf] - right[leaf]))
            sentences.append(
                f"= instead of +=: {len(differ)} of {len(graph.leaves)} leaves get a wrong gradient. "
                f"{first} gets {short(wrong[first])} instead of {short(right[first])}: "
                "only the last share of a value that is used twice is left."
            )
        else:
            sentences.append(
                "= instead of +=: no harm here, no leaf's gradient depends on a value that is used twice."
            )
    if not settings.zero_grad:
        twice = gradients(graph, leaves, settings.accumulate, settings.earlier)
        name = max(settings.parameters, key=lambda leaf: abs(twice[leaf]))
        once = gradients(graph, leaves, settings.accumulate)[name]
        ratio = short(twice[name] / once) if once else "1"
        sentences.append(
            f"zero_grad forgotten: every leaf still holds the gradient of a pass before. {name} gets "
            f"{short(twice[name])} where one pass gives {short(once)}, {ratio} times as much."
        )
    if settings.init != "random" and settings.shape in SHAPES:
        weights = [name for name in settings.parameters if name.startswith("w")]
        still = sum(right[name] == 0 for name in weights)
        sentences.append(
            f"All weights equal: {still} of {len(weights)} weights have a gradient of exactly 0"
            + (
                ", and all hidden units of a layer get the same gradient, so they stay copies of each other."
                if len(SHAPES[settings.shape]) > 2
                else "."
            )
        )
    return sentences
