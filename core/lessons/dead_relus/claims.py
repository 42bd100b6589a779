"""CLAIMS: what the course and others say of ReLU units, each put to the test by pairs of trainings."""

from core.diagnosis.claims import Case, Claim
from core.lessons.dead_relus.settings import BETTER, CALM, FEWER, NEGATIVE, ONE_LAYER, SHIFTED, START
from core.quotes import GOOGLE

LEAKY = (
    ("at a learning rate of 1", START),
    ("at a learning rate of 3", START.but(learning_rate=3)),
    ("when units start far below 0", NEGATIVE),
    ("at a learning rate of 0.1", CALM),
    ("when inputs are uncentred", SHIFTED.but(learning_rate=0.03)),
)
WITH_LEAKY = tuple(Case(condition, e, e.but(activation="leaky_relu")) for condition, e in LEAKY)

CLAIMS = (
    Claim(
        sentence="Once the weighted sum for a ReLU unit falls below 0, the ReLU unit can get stuck.",
        source=GOOGLE,
        measure="stuck_units",
        goal="higher",
        at_least=0.2,
        can=True,
        cases=(
            Case("when most units start below 0 on every sample", CALM, NEGATIVE),
            Case("when all start below 0 on most samples only", CALM, CALM.but(bias=-1)),
            Case(
                "when batch normalization follows the weighted sum",
                CALM.but(batchnorm=True),
                NEGATIVE.but(batchnorm=True),
            ),
        ),
        note="Compared are networks whose units all start with a bias of 0 and with a negative one. A "
        "unit that is above 0 on a single sample still learns from it.",
    ),
    Claim(
        sentence="It outputs 0, contributing nothing to the network's output, and gradients can no longer "
        "flow through it during backpropagation.",
        source=GOOGLE,
        measure="shut_units",
        goal="higher",
        at_least=0.2,
        can=True,
        cases=(
            Case("for units below 0 on every sample", NEGATIVE.but(activation="leaky_relu"), NEGATIVE),
            Case(
                "for units below 0 on most samples only",
                CALM.but(bias=-1, activation="leaky_relu"),
                CALM.but(bias=-1),
            ),
        ),
        note="Compared are networks of LeakyReLU units and of ReLU units that start from the same weights. "
        "A ReLU unit is shut on each sample on which it is below 0, and open on all others.",
    ),
    Claim(
        sentence="With a source of gradients cut off, the input to the ReLU may not ever change enough to "
        "bring the weighted sum back above 0.",
        source=GOOGLE,
        measure="came_back",
        goal="lower",
        at_least=0.5,
        can=True,
        cases=(
            Case("in a single layer, whose inputs stay", ONE_LAYER.but(activation="elu"), ONE_LAYER),
            Case(
                "in a second layer, whose inputs move",
                CALM.but(activation="elu", bias=-2, steps=500),
                CALM.but(bias=-2, steps=500),
            ),
        ),
        note="Compared are networks of ELU units, which let gradients through below 0 too, and of ReLU "
        "units. In a single layer the inputs are the data, and no silent ReLU unit comes back; in a second "
        "layer the units below may lift it.",
    ),
    Claim(
        sentence="Lowering the learning rate can help keep ReLU units from dying.",
        source=GOOGLE,
        measure="dead_units",
        goal="lower",
        at_least=FEWER,
        can=True,
        cases=(
            Case("when long steps kill them", START, CALM),
            Case("when most are dead before the first step", NEGATIVE, NEGATIVE.but(learning_rate=0.01)),
            Case(
                "when the inputs are uncentred",
                CALM.but(input_shift=10, learning_rate=0.03),
                CALM.but(input_shift=10, learning_rate=0.003),
            ),
        ),
    ),
    Claim(
        sentence="LeakyReLU helps against dying units.",
        source="Maas, Hannun & Ng 2013, Rectifier nonlinearities improve neural network acoustic models",
        measure="shut_units",
        goal="lower",
        at_least=FEWER,
        cases=WITH_LEAKY,
        note="The slope below 0 is 0.01 and not 0, so that a hundredth of the gradient gets through. Of "
        "units that start far below 0 as many stay there on every sample as with ReLU. At a learning rate "
        "of 3 the networks diverge in which ReLU units would have died.",
    ),
    Claim(
        sentence="A network of LeakyReLU units is right more often than one of ReLU units.",
        source="a common reading of it",
        measure="test_accuracy",
        goal="higher",
        at_least=BETTER,
        cases=(WITH_LEAKY[0], *WITH_LEAKY[2:]),
        note="A network that diverges counts as it was before its first step.",
    ),
)
