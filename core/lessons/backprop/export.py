"""What a reader takes home: the same graph in plain PyTorch, and both passes and the training as CSV."""

import textwrap
from urllib.parse import urlencode

import pandas as pd

from core.lessons.backprop.graph import Node, Training
from core.lessons.backprop.moments import rows
from core.lessons.backprop.operations import INFIX
from core.lessons.backprop.settings import Passes

LINE_LENGTH = 110
CALLS = {"neg": "-{}", "relu": "torch.relu({})", "step": "(({0} > 0).double() + 0 * {0})"}
CALLS |= {name: f"torch.{name}({{}})" for name in ("sin", "cos", "tanh", "exp", "log", "sigmoid")}
CALLS |= {
    "mse_loss": "F.mse_loss({}, {})",
    "bce_with_logits": "F.binary_cross_entropy_with_logits({}, {})",
}
TEXT = '''"""$sentence

Its settings, to be added to the address of the Backprop page of the Gradient Clinic:
$link
"""

import json

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
LEARNING_RATE = $learning_rate
STEPS = $steps
LEAVES = {
$leaves
}
PARAMETERS = $parameters


def forward(leaf):
    """Every computed value, by name; the last one is the output."""
    value = dict(leaf)
$body
    return value


def main():
    leaf = {name: torch.tensor(value, requires_grad=True) for name, value in LEAVES.items()}
    optimizer = torch.optim.SGD([leaf[name] for name in PARAMETERS], lr=LEARNING_RATE)
    losses, gradients = [], {}
$earlier    for step in range(STEPS + 1):
        output = forward(leaf)["$output"]
        losses.append(output.item())
        if not torch.isfinite(output):
            break
$zero_grad        output.backward()
        if step == 0:
            gradients = {name: tensor.grad.item() for name, tensor in leaf.items()}
            for name, gradient in gradients.items():
                print(f"d $output / d {name} = {gradient:.6g}")
        optimizer.step()
    print(json.dumps({"gradients": gradients, "loss": losses}))


if __name__ == "__main__":
    main()
'''
EARLIER = 'forward(leaf)["$output"].backward()  # a pass before, whose gradients nobody clears'


def pytorch_script(settings: Passes) -> str:
    """A script that builds the same graph with torch alone and prints its gradients and every step's loss.

    The last line is JSON: {"gradients": {leaf: number}, "loss": [numbers]}. autograd always adds up, so the
    mistake of `=` for `+=` cannot be made in it. The gradients are those that the first step uses; if nobody
    clears them, those of a pass before are in them, as on the page.
    """
    graph = settings.graph
    words = {
        "$sentence": textwrap.fill(_sentence(settings), LINE_LENGTH - 3),
        "$link": "\n".join(
            line.replace(" ", "")
            for line in textwrap.wrap("?" + urlencode(settings.to_link()).replace("&", "& "), LINE_LENGTH)
        ),
        "$learning_rate": repr(settings.learning_rate),
        "$steps": str(settings.steps),
        "$leaves": "\n".join(f'    "{name}": {value!r},' for name, value in settings.leaves.items()),
        "$parameters": str(list(settings.parameters)).replace("'", '"'),
        "$body": "\n".join(f'    value["{node.name}"] = {_call(node)}' for node in graph.operations),
        "$output": graph.output,
        "$zero_grad": "        for tensor in leaf.values():\n            tensor.grad = None\n"
        if settings.zero_grad
        else "",
        "$earlier": "" if settings.zero_grad else f"    {EARLIER}\n".replace("$output", graph.output),
    }
    text = TEXT
    for word, replacement in words.items():
        text = text.replace(word, replacement)
    return text


def _call(node: Node) -> str:
    operands = [
        f'value["{name}"]' if name[0].isalpha() else f"torch.tensor({float(name)!r})"
        for name in node.operands
    ]
    if node.operation in INFIX:
        return f" {node.operation} ".join(operands)
    if node.operation == "weighted_sum":
        *pairs, bias = operands
        products = [f"{w} * {x}" for w, x in zip(pairs[::2], pairs[1::2], strict=True)]
        return " + ".join([*products, bias])
    return CALLS[node.operation].format(*operands)


def _sentence(settings: Passes) -> str:
    if settings.shape == "expression":
        return f"Backpropagation through {settings.expression}"
    return (
        f"Backpropagation through a {settings.shape} network with {settings.activation} units and "
        f"{settings.loss} loss, on one sample."
    )


def steps_csv(settings: Passes) -> str:
    """One row per step of the two passes: values forward, then every edge's numbers backward."""
    return pd.DataFrame(rows(settings)).to_csv(index=False)


def training_csv(training: Training) -> str:
    """One row per gradient step: loss, the loss the gradient promised for this step, and every leaf."""
    steps = pd.RangeIndex(len(training.loss), name="step")
    table = pd.DataFrame({"loss": training.loss}, index=steps)
    table["projected_loss"] = pd.Series(training.projected_loss, index=steps[1:])
    return table.assign(**training.paths).to_csv()


def file_name(settings: Passes, ending: str) -> str:
    """backprop-2-2-1-tanh-mse.csv, or backprop-expression.csv."""
    words = (
        [settings.shape]
        if settings.shape == "expression"
        else [settings.shape, settings.activation, settings.loss]
    )
    return "-".join(["backprop", *words]).replace(" ", "_") + f".{ending}"


def files(settings: Passes, training: Training) -> tuple[dict, str, str]:
    """The downloads: label -> (function that makes the text, file name), the script, and its file name."""
    tables = {
        "Both passes (CSV)": (lambda: steps_csv(settings), file_name(settings, "passes.csv")),
        "Training (CSV)": (lambda: training_csv(training), file_name(settings, "training.csv")),
    }
    return tables, pytorch_script(settings), file_name(settings, "py")
