"""What batch normalization does, buys and costs. Sources: Ioffe & Szegedy 2015, Santurkar 2018, Yang 2019."""

from core.lessons.batchnorm.claims import CLAIMS
from core.lessons.batchnorm.settings import DEEP, MOONS, START
from core.lessons.lesson import Lesson

LESSON = Lesson(
    slug="batchnorm",
    title="Batch normalization",
    section="What helps",
    icon=":material/tune:",
    question="What does batch normalization buy, and what does it cost?",
    summary="Every hidden unit's inputs get mean 0 and deviation 1 over the batch, then a learned scale and "
    "shift. The network trains faster and from almost any start; a sample now depends on its batch, and in "
    "deep networks the first gradients explode.",
    start=START,
    controls=("batchnorm", "dataset", "gain", "learning_rate", "depth", "batch_size", "input_spread", "seed"),
    more=(
        "init",
        "activation",
        "width",
        "optimizer",
        "momentum",
        "steps",
        "dropout",
        "samples",
        "scaling",
        "input_scale",
    ),
    presets={
        "Weights too small": {},
        "Weights too large": {"gain": 4},
        "Good weights": {"gain": 1},
        "High learning rate": MOONS.but(learning_rate=3, batchnorm=True).changes(START.experiment),
        "Default init, 12 layers": {"init": "pytorch", "gain": 1, "depth": 12},
        "One feature 100 times the other": {"gain": 1, "input_spread": 100},
        "20 layers, small steps": DEEP.but(batchnorm=True).changes(START.experiment),
        "20 layers, large steps": DEEP.but(batchnorm=True, learning_rate=0.3).changes(START.experiment),
        "A batch of 2 by hand": {"rows": 2},
        "A batch of 1 by hand": {"rows": 1},
    },
    claims=CLAIMS,
    symptoms={
        "Only the right initial weights train": "Weights too small",
        "Training only works with tiny learning rates": "High learning rate",
        "“Expected more than 1 value per channel”": "A batch of 1 by hand",
    },
)
