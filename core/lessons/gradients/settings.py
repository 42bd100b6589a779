"""The experiments of this lesson. Sources: He 2015, Glorot 2010, Poole 2016, Pascanu 2013, Cohen 2021."""

from core.experiment import Experiment
from core.sweep import Sweep

START = Experiment(activation="sigmoid", init="xavier", depth=10)
DEFAULT = START.but(activation="relu", init="pytorch", depth=12)
HE_2015 = START.but(activation="relu", depth=20, width=64, learning_rate=0.003, batch_size=128, steps=300)
LARGE = START.but(activation="relu", init="normal", gain=2, width=64, learning_rate=0.1, steps=150)
CHAOTIC = START.but(activation="tanh", init="normal", gain=3, steps=20)
NORMED = START.but(activation="relu", init="he", batchnorm=True, steps=20)
EDGE = START.but(
    dataset="curve",
    samples=32,
    noise=0,
    depth=2,
    activation="tanh",
    init="lecun",
    momentum=0,
    steps=1000,
    precision="float64",
)


CHANGES = {
    "as it is": {},
    "He initialization": {"init": "he"},
    "Xavier initialization": {"init": "xavier"},
    "residual connections": {"residual": True},
    "batch normalization": {"batchnorm": True},
    "Adam": {"optimizer": "adam", "learning_rate": 0.003},
    "SELU": {"activation": "selu"},
    "leaky ReLU": {"activation": "leaky_relu"},
    "GELU": {"activation": "gelu"},
    "tanh": {"activation": "tanh"},
    "10 × learning rate": {"learning_rate": 0.5},
}
RESCUES = Sweep.made(
    lambda name, seed: DEFAULT.but(**CHANGES[name], seed=seed), change=CHANGES, seed=range(4)
)
"""What people try on a network of 12 layers that does not learn, over the same seeds."""

DIVERGING = {
    "Weights too large": LARGE,
    "Learning rate too high": START.but(activation="relu", init="he", learning_rate=5),
    "Overflow before the first step": LARGE.but(gain=8, depth=60, steps=20),
}
