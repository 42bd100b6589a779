"""Units that never fire: what the page asks, starts from and offers."""

from core.lessons.dead_relus.claims import CLAIMS
from core.lessons.dead_relus.settings import CALM, FINE, NEGATIVE, SHIFTED, START
from core.lessons.lesson import Lesson

LESSON = Lesson(
    slug="dead_relus",
    title="Dead ReLUs",
    section="How it fails",
    icon=":material/heart_broken:",
    question="Which units died, and what killed them?",
    summary="A ReLU at or below 0 on a sample passes nothing on and gets no gradient from it. One that is so "
    "on every training sample is dead: momentum, weight decay or inputs moved by the layers below may still "
    "bring it back, its own gradient cannot. Asleep on one batch is not dead, and healthy networks have some "
    "dead units too.",
    start=START,
    controls=(
        "learning_rate",
        "activation",
        "init",
        "bias",
        "input_shift",
        "batchnorm",
        "depth",
        "seed",
    ),
    more=(
        "dataset",
        "width",
        "scaling",
        "optimizer",
        "momentum",
        "weight_decay",
        "clip_norm",
        "gain",
        "batch_size",
        "steps",
        "samples",
        "features",
        "residual",
    ),
    presets={
        "Learning rate 1": {},
        "Learning rate 0.1": CALM.changes(START),
        "Learning rate 3": {"learning_rate": 3},
        "Uncentred inputs": SHIFTED.changes(START),
        "The same, centred": SHIFTED.but(scaling="zscore").changes(START),
        "Negative bias": NEGATIVE.changes(START),
        "GELU, rate 1": {"activation": "gelu"},
        "LeakyReLU, rate 3": {"activation": "leaky_relu", "learning_rate": 3},
        "Batch normalization": {"batchnorm": True},
        "Born dead": CALM.but(depth=20, width=4).changes(START),
        "Many dead, all fine": FINE.changes(START),
    },
    variants={
        "a tenth of the learning rate": lambda e: {"learning_rate": max(e.learning_rate / 10, 1e-6)},
        "no momentum": lambda e: {} if "momentum" in e.unused else {"momentum": 0},
        "clip norm 0.1": lambda e: {"clip_norm": min(e.clip_norm or 0.1, 0.1)},
        "batch normalization": lambda e: {"batchnorm": True},
        "LeakyReLU": lambda e: {"activation": "leaky_relu"},
        "ELU": lambda e: {"activation": "elu"},
        "GELU": lambda e: {"activation": "gelu"},
        "He init": lambda e: {"init": "he", "gain": 1},
        "centred inputs": lambda e: {"scaling": "zscore"} if e.input_shift else {},
        "no negative bias": lambda e: {"bias": 0} if e.bias < 0 else {},
        "initial bias 0.1": lambda e: {"bias": 0.1},
        "weight decay 0.01": lambda e: {"weight_decay": 0.01},
        "LeakyReLU at rate 3": lambda e: {"activation": "leaky_relu", "learning_rate": 3},
    },
    claims=CLAIMS,
    symptoms={
        "The same answer to every input": "Learning rate 3",
        "Many units never fire": "Uncentred inputs",
    },
)
