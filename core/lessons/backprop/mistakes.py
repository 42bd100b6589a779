"""What the common mistakes that are switched on do to the gradients of this graph, with the numbers."""

from core.lessons.backprop.examine import check_leaves
from core.lessons.backprop.graph import gradients
from core.lessons.backprop.networks import SHAPES
from core.lessons.backprop.notation import apart, written
from core.lessons.backprop.settings import Passes
from core.words import short


def mistakes(settings: Passes) -> list[str]:
    """One sentence for every mistake that the settings make."""
    graph, leaves = settings.graph, settings.leaves
    right, sentences = gradients(graph, leaves), []
    if not settings.accumulate:
        overwritten = gradients(graph, leaves, accumulate=False)
        wrong = [check.leaf for check in check_leaves(graph, leaves, overwritten) if check.wrong]
        if wrong:
            worst = max(wrong, key=lambda leaf: abs(overwritten[leaf] - right[leaf]))
            said, true = apart(overwritten[worst], right[worst])
            sentences.append(
                f"= instead of +=: {len(wrong)} of {len(graph.leaves)} leaves get a wrong gradient. "
                f"{written(worst)} gets {said} instead of {true}: "
                "of a value that is used more than once only the last share is left."
            )
        else:
            sentences.append("= instead of +=: no harm here, no leaf loses a share of its gradient.")
    if not settings.zero_grad:
        twice, once = settings.gradients, gradients(graph, leaves, settings.accumulate)
        changed = [name for name in settings.parameters if twice[name] != once[name]]
        before = "zero_grad forgotten: every leaf still holds the gradient of a pass before"
        if changed:
            name = max(changed, key=lambda leaf: abs(twice[leaf]))
            sentences.append(
                f"{before}. {written(name)} gets {short(twice[name])} where one pass gives "
                f"{short(once[name])}, {short(twice[name] / once[name])} times as much."
            )
        elif settings.accumulate:
            sentences.append(f"{before}, but all that training uses are 0, and twice 0 is 0.")
        else:
            sentences.append(f"{before}, but = instead of += overwrites it.")
    if settings.shape in SHAPES and (equal := _copies(settings, right)):
        sentences.append(equal)
    return sentences


def _copies(settings: Passes, right: dict[str, float]) -> str:
    """What it does that all weights are equal, if they are."""
    weights = [name for name in settings.parameters if name.startswith("w")]
    if len({settings.leaves[name] for name in weights}) > 1:
        return ""
    still = sum(right[name] == 0 for name in weights)
    sentence = f"All weights equal: {still} of {len(weights)} weights have a gradient of exactly 0"
    biases = [name for name in settings.parameters if name.startswith("b")]
    if len(SHAPES[settings.shape]) == 2 or len({settings.leaves[name] for name in biases}) > 1:
        return f"{sentence}."
    return f"{sentence}, and the hidden units of a layer get the same gradients, so they stay copies."
