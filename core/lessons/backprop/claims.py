"""CLAIMS: textbook sentences about backpropagation, each put to the test by a few exact computations."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from core.diagnosis.claims import NOT_HERE, TRUE, Verdict, sum_up
from core.diagnosis.wording import NAMES
from core.lessons.backprop.check import gradient_check
from core.lessons.backprop.cost import backward_flops, forward_flops
from core.lessons.backprop.expression import parse
from core.lessons.backprop.graph import Training, train
from core.lessons.backprop.networks import SHAPES
from core.lessons.backprop.paths import (
    Multiplications,
    ladder,
    ladder_with_recording,
    ladder_without_recording,
    multiplications,
    network_multiplications,
)
from core.lessons.backprop.settings import Passes
from core.quotes import SLIDES, is_quote
from core.words import short

DEEP_LEARNING = "Goodfellow, Bengio and Courville 2016, Deep Learning"
TYPED = Passes(shape="expression", learning_rate=0.1, steps=100)
FUNCTIONS = {
    "a bump": TYPED.but(expression="y = exp(-(w*x + b)**2); (y - t)**2", values="x:1,w:1,b:0.3,t:0.9"),
    "two waves": TYPED.but(
        expression="y = w*sin(b*x) + cos(w*b); (y - t)**2",
        values="x:2,w:0.3,b:0.4,t:1.7",
        learning_rate=0.05,
    ),
    "a power over a sum": TYPED.but(
        expression="y = x**w / (1 + exp(b)); (y - t)**2",
        values="x:2,w:1,b:0.5,t:3",
        learning_rate=0.02,
    ),
    "a steep sigmoid": TYPED.but(
        expression="y = sigmoid(50*(w*x + b)); (y - t)**2", values="x:1,w:-0.6,b:-0.4,t:1"
    ),
    "a step": TYPED.but(expression="y = step(w*x + b); (y - t)**2", values="x:1,w:-0.6,b:-0.4,t:1"),
}
KINK = TYPED.but(expression="y = relu(w*x + b); (y - t)**2", values="x:1,w:0.2,b:0.1,t:1")
LEARNED, LAST = 0.01, 10


@dataclass(frozen=True)
class ExactOutcome:
    """Whether a claim holds under one condition, and the numbers behind that."""

    condition: str
    holds: bool
    sentence: str

    @property
    def word(self) -> str:
        """The same as a verdict."""
        return TRUE if self.holds else NOT_HERE


@dataclass(frozen=True)
class ExactClaim:
    """A textbook sentence, and under every condition the computation that tests it: (holds, numbers)."""

    sentence: str
    source: str
    cases: dict[str, Callable[[], tuple[bool, str]]]
    note: str = ""

    @property
    def quoted(self) -> bool:
        """Whether the sentence is the source's own, word for word; else it is a paraphrase."""
        return is_quote(self.sentence, self.source)


def judge(claim: ExactClaim) -> Verdict:
    """Compute every case now."""
    return sum_up([ExactOutcome(condition, *compute()) for condition, compute in claim.cases.items()])


def verdicts(tick: Callable = lambda: None) -> list[Verdict]:
    """The verdict on every claim, in the order of CLAIMS."""
    judged = []
    for claim in CLAIMS:
        tick()
        judged.append(judge(claim))
    return judged


def trained(passes: Passes) -> Training:
    """Gradient descent as the settings ask for it."""
    return train(
        passes.graph,
        passes.leaves,
        passes.parameters,
        passes.learning_rate,
        passes.steps,
        passes.accumulate,
        passes.zero_grad,
        passes.earlier,
    )


def tried() -> dict[str, Training]:
    """Gradient descent on every one of FUNCTIONS."""
    return {name: trained(passes) for name, passes in FUNCTIONS.items()}


def _calls(levels: int) -> tuple[bool, str]:
    values = ladder(levels)
    (slow, many), (fast, few) = ladder_without_recording(values), ladder_with_recording(values)
    same = abs(slow - fast) <= 1e-12 * abs(fast)
    sentence = f"{many:,} calls without recording, {few:,} with; both find {short(fast)}"
    return same and few < many, sentence


def _saves(counted: Multiplications) -> tuple[bool, str]:
    sentence = f"{short(counted.by_path)} multiplications path by path, {short(counted.by_edge)} edge by edge"
    return counted.by_edge < counted.by_path, sentence


def _learns(passes: Passes) -> tuple[bool, str]:
    loss = trained(passes).loss
    sentence = f"loss {short(loss[0])} before and {short(loss[-1])} after {len(loss) - 1} steps"
    return bool(loss[-1] < LEARNED * loss[0]), sentence


def _stuck(passes: Passes) -> tuple[bool, str]:
    learned, sentence = _learns(passes)
    return not learned, sentence


def _weights_stay(passes: Passes) -> tuple[bool, str]:
    run = trained(passes)
    weights = [name for name in passes.parameters if name.startswith("w")]
    moved = sum(bool((run.paths[name] != run.paths[name][0]).any()) for name in weights)
    loss = f"the loss goes from {short(run.loss[0])} to {short(run.loss[-1])}"
    how = "" if moved else ", by the biases alone: there is one sample to learn"
    sentence = f"{moved} of {len(weights)} weights ever move; {loss}{how}"
    return moved == 0, sentence


def _copies(passes: Passes) -> tuple[bool, str]:
    run, width = trained(passes), SHAPES[passes.shape][1]
    rows = [[run.paths[f"{name}1_{unit + 1}{end}"] for unit in range(width)] for name, end in
            (("w", "1"), ("w", "2"), ("b", ""))]  # fmt: skip
    apart = max(float(abs(path - row[0]).max()) for row in rows for path in row)
    return apart == 0, f"after {passes.steps} steps the units differ by {short(apart)}"


def _twice(widths: tuple[int, ...]) -> tuple[bool, str]:
    ratio = backward_flops(widths, 1) / forward_flops(widths, 1)
    return abs(ratio - 2) < 0.1, f"{ratio:.3f} times the operations of the forward pass"


def _agrees(text: str, x: float) -> tuple[bool, str]:
    check = gradient_check(parse(text), {"x": x}, {"x": 1.0})
    best = check.central[abs(check.h - 1e-5).argmin()]
    sentence = f"backpropagation {short(check.exact)}, central difference {short(best)}"
    return bool(abs(best - check.exact) <= 1e-6 * max(abs(check.exact), 1e-6)), sentence


def _worse_without_clearing(passes: Passes) -> tuple[bool, str]:
    cleared, kept = trained(passes), trained(passes.but(zero_grad=False))
    highest, calm = (run.loss[-LAST:].max() for run in (kept, cleared))
    sentence = f"highest loss of the last {LAST} steps {short(highest)}, with clearing {short(calm)}"
    return bool(highest > 10 * calm), sentence


ZERO = Passes(init="zero", steps=100)
CLAIMS = (
    ExactClaim(
        "How dynamic programming lets us avoid computing exponentially many paths through the graph.",
        SLIDES,
        {
            "on a ladder of 15 levels": partial(_calls, 15),
            "with 20 layers of 64 units": partial(_saves, network_multiplications((2, *[64] * 20, 1))),
            "with three layers of 3 units": partial(_saves, network_multiplications((2, 3, 3, 3, 1))),
            "in the 2-2-1 network": partial(_saves, multiplications(Passes().graph)),
            "for a single product": partial(_saves, multiplications(TYPED.but(expression="x*w").graph)),
        },
        "Paths multiply with depth, edges add up. Where no two paths share an edge there is nothing to save.",
    ),
    ExactClaim(
        "If it's differentiable, we can probably learn on it",
        SLIDES,
        {f"on {name}": partial(_learns, FUNCTIONS[name]) for name in list(FUNCTIONS)[:4]},
        "The steep sigmoid has a slope everywhere, but away from its edge that slope is too small to move "
        "anything: differentiable is not enough, the gradient must also be felt.",
    ),
    ExactClaim(
        "What is not differentiable cannot be learned by gradient descent.",
        "The converse, often concluded",
        {
            "on a step": partial(_stuck, FUNCTIONS["a step"]),
            "on ReLU, which has a kink": partial(_stuck, KINK),
        },
        "A step is flat wherever it has a slope. One kink does no harm while training does not sit on it.",
    ),
    ExactClaim(
        "Where all weights start at zero, no weight ever moves.",
        f"{DEEP_LEARNING}, section 8.4, as it is often told",
        {
            "with tanh units": partial(_weights_stay, ZERO),
            "with ReLU units": partial(_weights_stay, ZERO.but(activation="relu")),
            "with sigmoid units": partial(_weights_stay, ZERO.but(activation="sigmoid")),
            "for a single neuron": partial(_weights_stay, ZERO.but(shape="single neuron")),
        },
        "Where no weight moves, the last bias still learns the one target. A sigmoid unit gives 0.5 at 0, "
        "and so passes gradient on; a single neuron has no unit that could stand in its way.",
    ),
    ExactClaim(
        "Units that start equal stay equal: training never breaks the symmetry.",
        f"{DEEP_LEARNING}, section 8.4",
        {
            f"with {NAMES.get(activation, activation)} units": partial(
                _copies, Passes(shape="2-3-3-1", activation=activation, init="equal", steps=100)
            )
            for activation in ("tanh", "sigmoid", "relu")
        },
    ),
    ExactClaim(
        "The backward pass costs twice the forward pass.",
        "Griewank 1989; Kaplan et al. 2020, section 2.1",
        {
            "with two layers of 1024": partial(_twice, (2, 1024, 1024, 1)),
            "with two layers of 8": partial(_twice, (2, 8, 8, 1)),
            "with 1000 inputs and 8 units": partial(_twice, (1000, 8, 1)),
        },
        "The first layer needs no gradient of its inputs; if it is the largest, the ratio is nearer to 1.",
    ),
    ExactClaim(
        "Finite differences show whether a gradient is right.",
        "PyTorch documentation, torch.autograd.gradcheck",
        {
            "on a smooth function": partial(_agrees, "sin(x) * exp(x)", 0.7),
            "at the kink of ReLU": partial(_agrees, "relu(x) * 1", 0.0),
        },
        "At a kink there is no slope to agree on: PyTorch takes 0, the central difference the mean of both.",
    ),
    ExactClaim(
        "Without zero_grad training goes wrong.",
        "PyTorch documentation, Zeroing out gradients",
        {
            "in the 2-2-1 network": partial(_worse_without_clearing, Passes()),
            "with a small learning rate": partial(
                _worse_without_clearing, Passes(learning_rate=0.01, steps=300)
            ),
            "for a single neuron": partial(_worse_without_clearing, Passes(shape="single neuron")),
        },
        "Gradients that pile up act like momentum without friction: the weights swing past their aim. "
        "A neuron that saturates beyond its aim does not swing back, and gets there sooner.",
    ),
)
