"""CLAIMS: what the course says of dropout, each sentence put to the test by pairs of trainings."""

from core.diagnosis.claims import Case, Claim
from core.lessons.dropout.settings import BETWEEN, CLEAN, MOONS, XOR
from core.quotes import GOOGLE

DATA = {
    "noisy moons": MOONS,
    "noisy xor": XOR,
    "noisy circles": MOONS.but(dataset="circles"),
    "clean spirals": CLEAN,
    "four clouds": MOONS.but(dataset="blobs", noise=0.5, label_noise=0),
    "a regression": MOONS.but(dataset="curve", label_noise=0.3, learning_rate=0.003),
}
STEPS_UP = ((0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9))

CLAIMS = (
    Claim(
        sentence="The more you drop out, the stronger the regularization.",
        source=GOOGLE,
        measure="generalization_gap",
        goal="lower",
        at_least=0.01,
        cases=tuple(
            Case(f"on {name} from {low:g} to {high:g}", e.but(dropout=low), e.but(dropout=high))
            for name, e in list(DATA.items())[:4]
            for low, high in STEPS_UP
        ),
        note="Regularization is measured as what it is to close: held-out minus training loss.",
    ),
    Claim(
        sentence="1.0 = Drop out all nodes. The model learns nothing.",
        source=GOOGLE,
        measure="hidden_moved",
        goal="lower",
        at_least=0.01,
        cases=(
            Case("after every hidden layer", XOR.but(dropout=0.9), XOR.but(dropout=1)),
            Case("between hidden layers", BETWEEN.but(dropout=0.9), BETWEEN.but(dropout=1)),
        ),
        note="Compared is how far hidden weights move. The bias of the output layer is none of them.",
    ),
    Claim(
        sentence="Values between 0.0 and 1.0 = More useful.",
        source=GOOGLE,
        measure="test_loss",
        goal="lower",
        at_least=1.05,
        cases=tuple(
            Case(f"against {end} on {name}", e.but(dropout=end), e.but(dropout=0.5))
            for name, e in DATA.items()
            for end in (0, 1)
        ),
        note="The value in between is 0.5; another may be better.",
    ),
)
