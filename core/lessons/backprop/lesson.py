"""Backpropagation, one number at a time. Sources: Linnainmaa 1976; Rumelhart, Hinton and Williams 1986."""

from core.lessons.backprop.claims import FUNCTIONS
from core.lessons.backprop.settings import Passes
from core.lessons.lesson import Lesson

START = Passes()
SHARED = START.but(
    shape="expression", expression="a = x*w; b = a*a; b + sin(a)", values="x:2,w:0.4", learning_rate=0.05
)

LESSON = Lesson(
    slug="backprop",
    title="Backprop",
    section="How it learns",
    icon=":material/account_tree:",
    question="How does a network find its gradient?",
    summary="Forward, every node computes its value. Backward, every node passes on its gradient times its "
    "slope. Each edge is used once, however many paths there are.",
    start=START,
    controls=("shape", "expression", "activation", "loss", "init", "seed", "accumulate", "zero_grad"),
    more=("values",),
    presets={
        "2-2-1 network": {},
        "Single neuron": {"shape": "single neuron"},
        "2-3-3-1 network": {"shape": "2-3-3-1"},
        "A classifier": {"shape": "2-3-3-1", "activation": "relu", "loss": "cross-entropy"},
        "A formula": SHARED.changes(START),
        "No +=": SHARED.but(accumulate=False).changes(START),
        "No zero_grad": {"zero_grad": False},
        "All weights zero": {"init": "zero"},
        "A step function": FUNCTIONS["a step"].changes(START),
    },
    symptoms={
        "I do not know what loss.backward() does": "2-2-1 network",
        "The gradients are larger than they should be": "No zero_grad",
        "All units of a layer stay the same": "All weights zero",
    },
)
