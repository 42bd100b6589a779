"""CLAIMS: what the course and others say of batch normalization, each tested by pairs of trainings."""

from core.diagnosis.claims import Case, Claim
from core.lessons.batchnorm.settings import DEEP, GOOD, MOONS, SMALL, SPIRALS
from core.quotes import GOOGLE, KAGGLE

PAPER = "Ioffe & Szegedy 2015, Batch Normalization, abstract"
RATES = (0.03, 0.1, 0.3, 1, 3)
RANGE = (3e-4, 1e-3, 0.01, 0.1, 1)
HIGH = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)


def _with(condition: str, experiment, **more) -> Case:
    return Case(condition, experiment, experiment.but(batchnorm=True), **more)


CLAIMS = (
    Claim(
        sentence="Models with batchnorm tend to need fewer epochs to complete training.",
        source=KAGGLE,
        measure="epochs",
        goal="lower",
        at_least=1.5,
        rates=RATES,
        snapshots=40,
        cases=(
            _with("to 0.1 at learning rate 0.1", SMALL, measure="epochs_to_0.1", same_rate=True),
            _with("to 0.1, each at its best rate", SMALL, measure="epochs_to_0.1"),
            _with("to 0.02, each at its best rate", SMALL, measure="epochs_to_0.02"),
            _with("to 0.005, each at its best rate", SMALL, measure="epochs_to_0.005"),
            _with("to 0.1 in 20 layers at rate 0.01", DEEP, measure="epochs_to_0.1", same_rate=True),
            _with("to 0.1 in 20 layers, each at its best rate", DEEP, measure="epochs_to_0.1"),
        ),
        note="The number is the held-out loss at which training counts as complete.",
    ),
    Claim(
        sentence="Moreover, batchnorm can also fix various problems that can cause the training to get "
        '"stuck".',
        source=KAGGLE,
        can=True,
        measure="final_loss",
        goal="lower",
        at_least=5,
        rates=RANGE,
        cases=(
            _with("when the weights are too small", GOOD.but(gain=0.25)),
            _with("with the default init in 12 layers", GOOD.but(init="pytorch", depth=12)),
            _with("when the weights are too large, at learning rate 0.1", GOOD.but(gain=4), same_rate=True),
            _with("when the weights are too large, each at its best rate", GOOD.but(gain=4)),
            _with("when all weights are zero", GOOD.but(init="zeros")),
        ),
        note="What is exactly zero it cannot scale up.",
    ),
    Claim(
        sentence="Batch normalization allows much higher learning rates.",
        source=PAPER,
        measure="highest_rate",
        goal="higher",
        at_least=3,
        rates=HIGH,
        cases=(
            _with("in 4 layers on moons", MOONS),
            _with("in 4 layers on circles", GOOD.but(depth=4)),
            _with("in 12 layers on circles", GOOD.but(depth=12, width=32)),
        ),
    ),
    Claim(
        sentence="With batch normalization the initial weights matter less.",
        source=PAPER,
        measure="test_accuracy",
        goal="higher",
        at_least=0.25,
        rates=RANGE,
        cases=(
            _with("at a twentieth of He's weights", GOOD.but(gain=0.05)),
            _with("at four times He's weights", GOOD.but(gain=4)),
            _with("at twenty times He's weights", GOOD.but(gain=20)),
        ),
    ),
    Claim(
        sentence="Batch normalization can help prevent exploding gradients",
        source=GOOGLE,
        can=True,
        measure="first_over_last",
        goal="lower",
        at_least=1.2,
        cases=(
            _with("when the weights are too large", GOOD.but(gain=4, steps=1)),
            _with("when the weights are well chosen (He, 20 layers)", DEEP.but(steps=1)),
        ),
        note="Before the first step it multiplies the error signal by √(π / (π − 1)) = 1.21 per ReLU layer, "
        "in narrow layers by more, whatever the weights (Yang et al. 2019): less than large weights do, more "
        "than good ones.",
    ),
    Claim(
        sentence="Batchnorm, in effect, performs a kind of coordinated rescaling of its inputs.",
        source=KAGGLE,
        measure="unequal_units",
        goal="lower",
        at_least=1.5,
        cases=(
            _with("on circles", GOOD.but(depth=4)),
            _with("when every feature is 100 times too large", GOOD.but(depth=4, input_scale=100)),
            _with("when one feature is 100 times the other", GOOD.but(depth=4, input_spread=100)),
        ),
        note="Before its scale γ it brings all that the units of a layer sum up to one size. It does not "
        "rescale the single feature: see *Inputs or inside*.",
    ),
    Claim(
        sentence="(though it can sometimes also help prediction performance)",
        source=KAGGLE,
        can=True,
        measure="test_loss",
        goal="lower",
        at_least=1.2,
        rates=RATES,
        cases=(
            _with("on spirals in 3 layers of 16", SPIRALS),
            _with("on spirals in 3 layers of 64", SPIRALS.but(width=64, steps=400)),
            _with("on circles in 4 layers", SMALL),
            _with("where eight of ten features are noise", SMALL.but(dataset="xor", features=10, depth=3)),
        ),
        note="On both sides the networks learn their training samples: what is compared is how well they do "
        "on others.",
    ),
)
