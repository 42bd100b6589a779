"""The table of gradients is the first step of training and what PyTorch prints."""

import contextlib
import io
import re

import pytest
import torch

from core.lessons.backprop.claims import trained
from core.lessons.backprop.export import pytorch_script
from core.lessons.backprop.graph import gradients
from core.lessons.backprop.lesson import LESSON
from core.lessons.backprop.settings import Passes
from core.lessons.backprop.update import first_step, one_sample, pytorch_lines
from core.words import short

PRESETS = {name: LESSON.preset(name) for name in LESSON.presets}
PRESETS["no +=, no zero_grad"] = PRESETS["No +="].but(zero_grad=False)


@pytest.mark.parametrize("name", PRESETS)
def test_the_new_values_are_those_after_the_first_step_of_training(name):
    settings = PRESETS[name]
    training, right = trained(settings), gradients(settings.graph, settings.leaves)
    for update in first_step(settings):
        assert update.value + update.change == update.new == training.paths[update.leaf][1]
        assert update.right == right[update.leaf]
        assert update.wrong == (abs(update.gradient - update.right) > 1e-12)


@pytest.mark.parametrize("name", PRESETS)
def test_the_lines_print_what_they_say(name):
    """Run in PyTorch after the forward pass of the script that a reader takes home."""
    settings, script = PRESETS[name], {}
    exec(pytorch_script(settings), script)
    leaf = {key: torch.tensor(value, requires_grad=True) for key, value in settings.leaves.items()}
    output = settings.graph.output
    if not settings.zero_grad:
        script["forward"](leaf)[output].backward()
    lines, said = pytorch_lines(settings), io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(lines, {"torch": torch, output: script["forward"](leaf)[output]} | leaf)
    torch.set_default_dtype(torch.float32)
    comments = re.findall(r"print\(.*\)  # (.*?)(?::|$)", lines, re.MULTILINE)
    assert comments == [short(float(line)) for line in said.getvalue().split()]


def test_one_sample_is_named_and_what_follows_from_it():
    network, zero = Passes(), Passes(init="zero")
    assert "**one sample**: x₁ = 0.95, x₂ = 0.64, t = 1." in one_sample(network, trained(network))
    assert "No weight moves" not in one_sample(network, trained(network))
    assert "No weight moves at all: b₁⁽²⁾ moves the output" in one_sample(zero, trained(zero))
    formula = PRESETS["A step function"]
    said = one_sample(formula, trained(formula))
    assert said.startswith(
        "Training steps against the gradient of output f: w, b may move; x = 1, t = 1 stay."
    )
    assert "loss" not in said
