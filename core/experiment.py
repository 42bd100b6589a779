"""Experiment: every setting that decides a run, checked where it is made."""

import difflib
import itertools
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from core.data import DATASETS, SCALERS

WORK_LIMIT = 1.5e12
Activation = Literal["relu", "leaky_relu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid", "identity"]
Init = Literal["he", "xavier", "lecun", "pytorch", "normal", "orthogonal", "zeros"]


def _power_of_two(n: int) -> int:
    if n & (n - 1) or 0 < n < 32:
        raise ValueError("not a power of two from 32 up")
    return n


def _number(title: str, start: float, low: float, high: float, help: str) -> Any:
    return Field(start, title=title, ge=low, le=high, description=help, allow_inf_nan=False)


class Experiment(BaseModel):
    """Frozen and flat. A field is a control, a key in a link and a check at once.

    Two equal Experiments give equal numbers. Raises pydantic.ValidationError, whose sentences
    `complaints` turns into: which setting, what value, what is allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)

    dataset: Literal[*DATASETS] = Field(
        "circles", title="Dataset", description="What the network has to learn."
    )
    samples: Annotated[int, AfterValidator(_power_of_two)] = _number(
        "Samples", 512, 32, 4096, "Size of the training set, and of the held-out set: a power of two."
    )
    features: int = _number(
        "Features", 0, 0, 64, "Input dimension where the dataset allows a choice; 0 takes the dataset's own."
    )
    noise: float = _number("Noise", 0.08, 0, 2, "Standard deviation of the jitter added to every point.")
    label_noise: float = _number(
        "Label noise", 0, 0, 0.5, "Share of training labels that are wrong (regression: noise on the target)."
    )
    input_shift: float = _number("Input shift", 0, -1e6, 1e6, "Added to every feature: 0 keeps them centred.")
    input_scale: float = _number("Input scale", 1, 1e-6, 1e6, "Every feature is multiplied by this.")
    scaling: Literal[*SCALERS] = Field(
        "none", title="Feature scaling", description="What is done to the features before training."
    )
    depth: int = _number("Hidden layers", 10, 1, 60, "More layers mean longer products in the gradient.")
    width: int = _number("Width", 32, 1, 256, "Units per hidden layer.")
    activation: Activation = Field(
        "relu", title="Activation", description="Its slope is a factor in every gradient that passes a layer."
    )
    init: Init = Field(
        "he",
        title="Initial weights",
        description="How the first weights are drawn: he N(0, 2/fan_in), xavier N(0, 2/(fan_in + fan_out)), "
        "lecun and normal N(0, 1/fan_in), pytorch the uniform default of nn.Linear, orthogonal, zeros.",
    )
    gain: float = _number(
        "Gain", 1, 0, 100, "Multiplies the initial weights; with `normal` it is sigma_w of the theory."
    )
    bias: float = _number("Initial bias", 0, -100, 100, "Added to the initial bias of every hidden unit.")
    batchnorm: bool = Field(
        False, title="Batch normalization", description="Normalizes every pre-activation over the batch."
    )
    dropout: float = _number("Dropout", 0, 0, 1, "Share of hidden units dropped at every step.")
    residual: bool = Field(
        False, title="Residual connections", description="Every hidden layer after the first adds its input."
    )
    optimizer: Literal["sgd", "adam"] = Field(
        "sgd", title="Optimizer", description="Adam rescales every gradient, which hides vanishing ones."
    )
    learning_rate: float = _number("Learning rate", 0.05, 1e-6, 100, "How far one step follows the gradient.")
    momentum: float = _number("Momentum", 0.9, 0, 0.999, "Heavy-ball momentum of SGD; Adam has its own 0.9.")
    weight_decay: float = _number("Weight decay", 0, 0, 10, "Added to the gradient: this times the weights.")
    batch_size: Annotated[int, AfterValidator(_power_of_two)] = _number(
        "Batch size", 0, 0, 4096, "Samples per step: a power of two from 32 up; 0 takes all of them."
    )
    clip_norm: float = _number("Clip norm", 0, 0, 1e6, "Largest norm of the whole gradient; 0 is off.")
    steps: int = _number("Steps", 200, 1, 5000, "Gradient steps.")
    precision: Literal["float32", "float64"] = Field(
        "float32", title="Precision", description="float32 overflows at 3.4e38 and loses what is below 1e-38."
    )
    seed: int = _number("Seed", 0, 0, 2**32 - 1, "Same settings and same seed: same numbers, everywhere.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        d = DATASETS[self.dataset]
        if self.features and not d.lowest <= self.features <= d.highest:
            allowed = f"from {d.lowest} to {d.highest}" if d.lowest < d.highest else f"only {d.lowest}"
            raise ValueError(f"features|allowed for {self.dataset} is {allowed}, or 0 for the dataset's own")
        if self.batch_size > self.samples:
            raise ValueError(f"batch_size|allowed is at most the number of samples, {self.samples}")
        if work(self) > WORK_LIMIT:
            most = int(self.steps * WORK_LIMIT / work(self))
            raise ValueError(
                f"steps|so many steps at depth {self.depth}, width {self.width} and batches of {self.batch} "
                f"take too long; allowed is at most {most}, or lower depth, width or batch_size"
            )
        return self

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

    def but(self, **changes: Any) -> Self:
        """This experiment with some settings changed, checked again."""
        return type(self)(**{**self.model_dump(), **changes})

    def vary(self, **lists: Iterable) -> list[Self]:
        """One experiment for every combination, the last list varying fastest."""
        return [
            self.but(**dict(zip(lists, values, strict=True))) for values in itertools.product(*lists.values())
        ]

    def changes(self, start: Self) -> dict[str, Any]:
        """The settings in which this experiment differs from `start`."""
        return {name: value for name, value in self if value != getattr(start, name)}

    def to_link(self, start: Self | None = None) -> dict[str, str]:
        """Link parameters: all settings, or only those that differ from `start`."""
        settings = dict(self) if start is None else self.changes(start)
        return {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in settings.items()
        }

    @classmethod
    def from_link(cls, link: Mapping[str, str], start: Self) -> tuple[Self, list[str]]:
        """The experiment a link asks for, and one sentence for every part of it that is not possible.

        A setting that is not possible keeps its value in `start`; the rest of the link holds.
        """
        good, sentences = {}, []
        for name, text in link.items():
            if name not in cls.model_fields:
                near = difflib.get_close_matches(name, cls.model_fields, n=1)
                meant = f"Did you mean {near[0]}?" if near else f"Settings are {', '.join(cls.model_fields)}."
                sentences.append(f"There is no setting {shorten(name)}. {meant}")
                continue
            try:
                good[name] = _ADAPTERS[name].validate_python(text)
            except ValidationError:
                sentences.append(f"{name} cannot be {shorten(text)}: allowed is {allowed(name)}.")
        while True:
            try:
                return start.but(**good), sentences
            except ValidationError as error:
                name, reason = _conflict(error)
                wrong = name if name in good else next(reversed(good))
                sentences.append(f"{wrong} cannot be {shorten(str(good.pop(wrong)))} here: {reason}.")


_ADAPTERS = {
    name: TypeAdapter(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)
    for name, field in Experiment.model_fields.items()
}


def _conflict(error: ValidationError) -> tuple[str, str]:
    return str(error.errors()[0]["ctx"]["error"]).split("|")


def shorten(text: str) -> str:
    """Text from outside, short enough to repeat in a sentence."""
    text = text if len(text) <= 40 else text[:40] + "…"
    return f"'{text}'" if not text or " " in text else text


def allowed(name: str) -> str:
    """What a setting may be, in words."""
    field = Experiment.model_fields[name]
    if field.annotation is bool:
        return "true or false"
    if options := get_args(field.annotation):
        return "one of " + ", ".join(options)
    low = next(m.ge for m in field.metadata if hasattr(m, "ge"))
    high = next(m.le for m in field.metadata if hasattr(m, "le"))
    if any(isinstance(m, AfterValidator) for m in field.metadata):
        return f"a power of two from 32 to {high}" + (", or 0 for all samples" if low == 0 else "")
    if field.annotation is int:
        return f"a whole number from {low:,} to {high:,}"
    return f"a number from {low:g} to {high:g}"


def complaints(error: ValidationError) -> list[str]:
    """One sentence for every setting that was refused: which setting, what value, what is allowed."""
    sentences = []
    for problem in error.errors():
        name = problem["loc"][0] if problem["loc"] else None
        if name is None:
            name, reason = _conflict(error)
            sentences.append(f"{name} cannot be {problem['input'][name]} here: {reason}.")
        elif problem["type"] == "extra_forbidden":
            sentences.append(f"There is no setting {name}.")
        else:
            sentences.append(
                f"{name} cannot be {shorten(str(problem['input']))}: allowed is {allowed(name)}."
            )
    return sentences


def work(*experiments: Experiment) -> float:
    """Floating-point operations to train these, with what small networks cost besides, in equivalents.

    A step costs 2 operations per weight and sample forward and 4 backward; moving one number of an
    activation costs as much as about 100 of them.
    """
    total = 0.0
    for e in experiments:
        weights = e.inputs * e.width + (e.depth - 1) * e.width**2 + e.width * e.outputs
        total += e.steps * (e.batch * (6 * weights + 100 * e.depth * e.width) + 3e5 * e.depth)
    return total
