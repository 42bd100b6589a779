"""Gradients that vanish or explode: what the page asks, and what it starts from."""

from core.experiment import Experiment
from core.lessons.gradients.claims import CLAIMS
from core.lessons.gradients.settings import DEFAULT, EDGE, HE_2015, LARGE, START
from core.lessons.lesson import Lesson
from core.theory import sigma_w


def he_size(e: Experiment) -> dict:
    """The one setting that makes sigma_w of the hidden layers that of He, the square root of 2."""
    at_one = sigma_w(e.but(gain=1), e.width, e.width)
    if e.gain == 1 or not at_one or e.init == "constant":
        return {"init": "he"}
    return {"gain": min(2**0.5 / at_one, 100)}


LESSON = Lesson(
    slug="gradients",
    title="Gradients",
    section="How it fails",
    icon=":material/trending_down:",
    question="Why do the lower layers not learn?",
    summary="The error signal is multiplied once per layer on its way back. "
    "Factors below 1 make it vanish, factors above 1 make it explode.",
    start=START,
    controls=("dataset", "activation", "init", "depth", "batchnorm", "residual", "learning_rate", "seed"),
    more=(
        "gain",
        "width",
        "optimizer",
        "momentum",
        "steps",
        "clip_norm",
        "batch_size",
        "bias",
        "dropout",
        "samples",
        "target_scale",
        "target_shift",
        "target_scaling",
        "precision",
    ),
    presets={
        "Sigmoid, 10 layers": {},
        "ReLU, default init": DEFAULT.changes(START),
        "ReLU, He init": DEFAULT.but(init="he").changes(START),
        "Xavier, 20 layers": HE_2015.changes(START),
        "He, 20 layers": HE_2015.but(init="he").changes(START),
        "Weights too large": LARGE.changes(START),
        "Large, but clipped": LARGE.but(clip_norm=1).changes(START),
        "Tanh, chaotic": {
            "activation": "tanh",
            "init": "normal",
            "gain": 3,
            "depth": 20,
            "width": 64,
            "steps": 150,
        },
        "Sigmoid that explodes": {"init": "normal", "gain": 16, "depth": 15, "width": 128, "steps": 60},
        "Edge of stability": EDGE.changes(START),
    },
    variants={
        "ReLU": lambda e: {"activation": "relu"},
        "weights as large as He's": he_size,
        "batch normalization": lambda e: {"batchnorm": True},
        "a tenth of the learning rate": lambda e: {"learning_rate": max(e.learning_rate / 10, 1e-6)},
    },
    claims=CLAIMS,
    symptoms={
        "The loss does not move at all": "ReLU, default init",
        "The loss is NaN after a few steps": "Weights too large",
        "The lower layers do not learn": "Sigmoid, 10 layers",
    },
)
