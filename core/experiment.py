"""Experiment: every setting that decides a run, checked where it is made."""

from types import SimpleNamespace
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from core.data import DATASETS, SCALERS, TARGET_SCALERS, load
from core.settings import Conflict, Settings, number
from core.trainable import Trainable
from core.work import WORK_LIMIT, work

BN_EPSILON, BN_MOMENTUM = 1e-5, 0.1
SIGNAL_LIMIT = 2**24
LEARNING_RATES = (1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.05, 0.1, 0.3, 1, 3, 10)
MOMENTA = (0, 0.5, 0.8, 0.9, 0.95, 0.99)
NOISES = (0, 0.02, 0.05, 0.08, 0.1, 0.2, 0.5, 1)
STEPS = (20, 50, 60, 100, 150, 200, 300, 500, 1000, 2000)
Activation = Literal["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid", "identity"]
Init = Literal["he", "xavier", "lecun", "pytorch", "normal", "orthogonal", "zeros", "constant"]
Optimizer = Literal["sgd", "adam"]
WITH_MOMENTUM = ("sgd",)
"""The optimizers of which momentum is a setting."""


def _power_of_two(n: int) -> int:
    if n & (n - 1) or n == 1:
        raise ValueError("not a power of two from 2 up")
    return n


class Experiment(Settings):
    """Every setting that decides a run: two equal Experiments give equal numbers on one processor."""

    dataset: Literal[*DATASETS] = Field(
        "circles", title="Dataset", description="What the network has to learn."
    )
    samples: Annotated[int, AfterValidator(_power_of_two)] = number(
        "Samples",
        512,
        32,
        4096,
        "Size of the training set, and of the held-out set: a power of two.",
        (32, 64, 128, 256, 512, 1024, 2048, 4096),
    )
    features: int = number(
        "Features",
        0,
        0,
        64,
        "Input dimension where the dataset allows a choice; 0 takes the dataset's own.",
        (0, 1, 2, 3, 5, 10, 20, 30, 64),
    )
    noise: float = number(
        "Noise", 0.08, 0, 2, "Standard deviation of the jitter added to every point.", NOISES
    )
    label_noise: float = number(
        "Label noise",
        0,
        0,
        0.5,
        "Share of training labels that are wrong (regression: noise on the target).",
        (0, 0.05, 0.1, 0.2, 0.3, 0.5),
    )
    input_shift: float = number(
        "Input shift",
        0,
        -1e6,
        1e6,
        "Added to every feature: 0 keeps them centred.",
        (-10, -3, -1, 0, 1, 3, 10),
    )
    input_scale: float = number(
        "Input scale", 1, 1e-6, 1e6, "Every feature is multiplied by this.", (0.01, 0.1, 1, 10, 100, 1000)
    )
    input_spread: float = number(
        "Feature spread",
        1,
        1,
        1e6,
        "The last feature is multiplied by this, the first by 1, the others by even steps.",
        (1, 3, 10, 30, 100, 1000),
    )
    scaling: Literal[*SCALERS] = Field(
        "none", title="Feature scaling", description="What is done to the features before training."
    )
    target_shift: float = number(
        "Target shift", 0, -1e6, 1e6, "Added to the regression target.", (-100, -10, -1, 0, 1, 10, 100)
    )
    target_scale: float = number(
        "Target scale",
        1,
        1e-6,
        1e6,
        "The regression target is multiplied by this.",
        (0.01, 0.1, 1, 10, 100, 1000),
    )
    target_scaling: Literal[*TARGET_SCALERS] = Field(
        "none", title="Target scaling", description="What is done to the regression target before training."
    )
    depth: int = number("Hidden layers", 10, 1, 60, "More layers mean longer products in the gradient.")
    width: int = number("Width", 32, 1, 256, "Units per hidden layer.", (1, 2, 4, 8, 16, 32, 64, 128, 256))
    activation: Activation = Field(
        "relu", title="Activation", description="Its slope is a factor in every gradient that passes a layer."
    )
    init: Init = Field(
        "he",
        title="Initial weights",
        description="How the first weights are drawn: he N(0, 2/fan_in), xavier N(0, 2/(fan_in + fan_out)), "
        "lecun and normal N(0, 1/fan_in), pytorch the uniform default of nn.Linear, orthogonal, zeros, "
        "constant 1/fan_in.",
    )
    gain: float = number(
        "Gain",
        1,
        0,
        100,
        "Multiplies the initial weights; with `normal` it is σ_w of the theory.",
        (0, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 4, 8, 16),
    )
    bias: float = number(
        "Initial bias",
        0,
        -100,
        100,
        "Added to the initial bias of every hidden unit.",
        (-5, -2, -1, -0.5, 0, 0.01, 0.1, 0.5, 1),
    )
    batchnorm: bool = Field(
        False, title="Batch normalization", description="Normalizes every pre-activation over the batch."
    )
    dropout: float = number(
        "Dropout",
        0,
        0,
        1,
        "Share of hidden units dropped at every step.",
        (0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1),
    )
    dropout_last: bool = Field(
        True,
        title="Dropout before the output",
        description="Drop units of the last hidden layer too; off: only between hidden layers.",
    )
    residual: bool = Field(
        False, title="Residual connections", description="Every hidden layer after the first adds its input."
    )
    optimizer: Optimizer = Field(
        "sgd", title="Optimizer", description="Adam rescales every gradient, which hides vanishing ones."
    )
    learning_rate: float = number(
        "Learning rate", 0.05, 1e-6, 100, "How far one step follows the gradient.", LEARNING_RATES
    )
    momentum: float = number(
        "Momentum", 0.9, 0, 0.999, "Heavy-ball momentum of SGD; Adam has its own 0.9.", MOMENTA
    )
    weight_decay: float = number(
        "Weight decay", 0, 0, 10, "Added to the gradient: this times the weights.", (0, 1e-4, 1e-3, 0.01, 0.1)
    )
    batch_size: Annotated[int, AfterValidator(_power_of_two)] = number(
        "Batch size",
        0,
        0,
        4096,
        "Samples per step: a power of two; 0 takes all of them.",
        (0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096),
    )
    clip_norm: float = number(
        "Clip norm", 0, 0, 1e6, "Largest norm of the whole gradient; 0 is off.", (0, 0.1, 0.3, 1, 3, 10, 100)
    )
    steps: int = number("Steps", 200, 1, 5000, "Gradient steps.", STEPS)
    precision: Literal["float32", "float64"] = Field(
        "float32",
        title="Precision",
        description="float32 overflows at 3.4×10³⁸ and loses what is below 10⁻³⁸.",
    )
    seed: int = number(
        "Seed",
        0,
        0,
        2**32 - 1,
        "Draws data, first weights, batches and masks. Same settings and same seed give the same numbers: on "
        "one processor to the bit, on another up to rounding, which a chaotic training lets grow.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        d = DATASETS[self.dataset]
        if not d.allows(self.features):
            allowed = f"{d.lowest} to {d.highest}" if d.lowest < d.highest else f"only {d.lowest}"
            raise Conflict(
                "features dataset",
                f"{self.dataset} allows {allowed} features, not {self.features}; 0 takes its own number",
            )
        if self.depth == 1 and not self.dropout_last:
            raise Conflict(
                "depth dropout_last",
                "dropout_last false (Dropout before the output: off) leaves dropout only between hidden "
                "layers, and depth 1 has but one; "
                "allowed is depth 2 or more, or dropout_last true",
            )
        if self.batch_size > self.samples:
            raise Conflict(
                "batch_size samples",
                f"batch_size {self.batch_size} is more than the {self.samples} samples; allowed is at most "
                "that, or 0 for all of them",
            )
        size = f"depth {self.depth}, width {self.width} and batches of {self.batch}"
        if self.depth * self.width * self.batch > SIGNAL_LIMIT:
            raise Conflict("batch_size samples width depth", f"{size} take too much memory: lower one")
        if work(self) > WORK_LIMIT:
            most = int(self.steps * WORK_LIMIT / work(self))
            raise Conflict(
                "steps width depth samples batch_size features dataset",
                f"{self.steps} steps at {size} take too long; allowed are at most {most} steps, or lower "
                "depth, width or batch_size",
            )
        return self

    def chosen(self, **changes: Any) -> tuple[Self, list[str]]:
        """A dataset that cannot have as many features as the one before comes with its own number."""
        dataset, features = changes.get("dataset"), changes.get("features", self.features)
        if dataset is None or DATASETS[dataset].allows(features):
            return self.but(**changes), []
        said = f"{dataset} cannot have {features} features: it has its own number of them now."
        return self.but(**changes | {"features": 0}), [said]

    @property
    def unused(self) -> dict[str, str]:
        """See Settings. What only rounding tells apart counts as the same."""
        d, off = DATASETS[self.dataset], {}
        if d.lowest == d.highest:
            off["features"] = f"{self.dataset} has its own number of features"
        if self.scaling != "none":
            off |= dict.fromkeys(
                ("input_shift", "input_scale", "input_spread"), "scaling takes it away again"
            )
        if self.inputs == 1:
            off["input_spread"] = "there is one feature"
        if self.target_scaling != "none":
            off |= dict.fromkeys(("target_shift", "target_scale"), "scaling takes it away again")
        if d.classes:
            off |= dict.fromkeys(("target_shift", "target_scale", "target_scaling"), "the target is a class")
        if self.init == "zeros":
            off["gain"] = "all weights start at 0"
        if self.depth == 1:
            off["residual"] = "there is one hidden layer"
        if self.depth == 1 or not self.dropout:
            off["dropout_last"] = "there is one hidden layer" if self.dropout else "nothing is dropped"
        return off | without_momentum(self)

    @property
    def inputs(self) -> int:
        """The number of input features."""
        return self.features or DATASETS[self.dataset].features

    @property
    def outputs(self) -> int:
        """One logit for two classes, one per class for more, one number for regression."""
        classes = DATASETS[self.dataset].classes
        return classes if classes > 2 else 1

    @property
    def loss(self) -> str:
        """The training objective: bce (two classes), cross_entropy (more) or mse (regression)."""
        classes = DATASETS[self.dataset].classes
        return "mse" if not classes else "bce" if classes == 2 else "cross_entropy"

    @property
    def batch(self) -> int:
        """The number of samples in one step."""
        return self.batch_size or self.samples

    def load(self) -> SimpleNamespace:
        """The training set and the held-out set, see core.data."""
        return load(self)

    def dropout_after(self, layer: int) -> float:
        """The share of units dropped in a hidden layer, counted from 0."""
        return self.dropout if self.dropout_last or layer < self.depth - 1 else 0.0


def without_momentum(e: Trainable) -> dict[str, str]:
    """Whether momentum changes nothing, and why: see Settings.unused."""
    if e.optimizer not in WITH_MOMENTUM:
        return {"momentum": f"it is no setting of {e.optimizer}"}
    return {"momentum": "there is no step before"} if e.steps == 1 else {}
