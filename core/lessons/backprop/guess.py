"""What a reader expects of the next backward step, checked against the computed number and explained."""

from dataclasses import dataclass

from core.lessons.backprop.graph import Edge
from core.lessons.backprop.notation import written
from core.words import short

TOLERANCE = 0.01


@dataclass(frozen=True)
class Reply:
    """Whether the answer is right, and one sentence with the numbers of this step."""

    right: bool
    sentence: str


def close(answer: float, exact: float) -> bool:
    """Within 1 % of the number, or within 0.0005 where it is small: three decimals are enough."""
    return abs(answer - exact) <= max(TOLERANCE * abs(exact), 5e-4)


def local_derivative(edge: Edge, answer: float) -> Reply:
    """Check an answer for d node / d operand."""
    said = f"∂{written(edge.node)}/∂{written(edge.operand)} is {short(edge.local)}"
    if close(answer, edge.local):
        return Reply(True, f"Right: {said}.")
    if close(answer, -edge.local):
        return Reply(False, f"The size is right, the sign is not: {said}.")
    if close(answer, edge.product):
        return Reply(
            False, f"{short(answer)} is already multiplied by what comes in, {short(edge.incoming)}: {said}."
        )
    return Reply(False, f"Not {short(answer)}: {said}.")


def gradient(edge: Edge, answer: float, accumulate: bool = True) -> Reply:
    """Check an answer for d output / d operand after this step."""
    before = f"{short(edge.before)} + " if accumulate and edge.before else ""
    said = (
        f"the gradient of {written(edge.operand)} is then {before}{short(edge.incoming)} × "
        f"{short(edge.local)} = {short(edge.after)}"
    )
    if close(answer, edge.after):
        return Reply(True, f"Right: {said}.")
    if close(answer, edge.product):
        return Reply(
            False, f"{short(answer)} is only this step's share; it is added to what came before: {said}."
        )
    if close(answer, edge.local):
        return Reply(False, f"{short(answer)} is the local derivative alone, without what comes in: {said}.")
    if close(answer, -edge.after):
        return Reply(False, f"The size is right, the sign is not: {said}.")
    return Reply(False, f"Not {short(answer)}: {said}.")
