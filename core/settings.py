"""Settings: named values with bounds that are a page's controls, its link and their own checks."""

import difflib
import itertools
import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Self, get_args

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo


def number(title: str, start: float, low: float, high: float, help: str, choices: Iterable = ()) -> Any:
    """A bounded number: title, help and choices are those of its control, which without choices is a slider.

    Raises ValueError for a choice that is not within the bounds.
    """
    choices = tuple(choices)
    if wrong := [choice for choice in choices if not low <= choice <= high]:
        raise ValueError(f"{title} cannot offer {wrong[0]:g}: allowed is a number from {low:g} to {high:g}.")
    about = dict(title=title, description=help, json_schema_extra={"choices": choices})
    return Field(start, ge=low, le=high, allow_inf_nan=False, **about)


class Conflict(ValueError):
    """Settings that do not fit together; the first of `names` that somebody changed is to blame."""

    def __init__(self, names: str, reason: str):
        self.names, self.reason = names.split(), reason
        super().__init__(f"{self.names[0]} does not fit: {reason}")


class Settings(BaseModel):
    """Frozen and flat. A field is a control, a key in a link and a check at once.

    Raises pydantic.ValidationError, which `complaints` turns into sentences: which setting, what value,
    what is allowed. A validator that compares fields raises Conflict.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    @property
    def unused(self) -> dict[str, str]:
        """What changes nothing while the other settings are as they are, and why: its control is off."""
        return {}

    def chosen(self, **changes: Any) -> tuple[Self, list[str]]:
        """These settings after a reader's choice, and a sentence for whatever had to change along with it.

        Raises ValidationError as `but` does.
        """
        return self.but(**changes), []

    def offered(self, name: str) -> Sequence:
        """The values of a setting that fit the others as they are, its own among them: what a control offers.

        Options and choices in their order; a whole number without choices has a range.
        """
        field, value = type(self).model_fields[name], getattr(self, name)
        if field.annotation is bool:
            return [option for option in (False, True) if self._fits(name, option)]
        if options := get_args(field.annotation):
            return [option for option in options if self._fits(name, option)]
        if choices := field.json_schema_extra["choices"]:
            return sorted({value, *(choice for choice in choices if self._fits(name, choice))})
        low, high = self.bounds(name)
        below = bisect_left(range(low, value), True, key=lambda v: self._fits(name, v))
        above = bisect_left(range(value + 1, high + 1), True, key=lambda v: not self._fits(name, v))
        return range(low + below, value + above + 1)

    def _fits(self, name: str, value: Any) -> bool:
        try:
            self.chosen(**{name: value})
        except ValidationError:
            return False
        return True

    def but(self, **changes: Any) -> Self:
        """These settings with some changed, checked again."""
        return type(self)(**{**self.model_dump(), **changes})

    def vary(self, **lists: Iterable) -> list[Self]:
        """One of them for every combination, the last list varying fastest."""
        return [
            self.but(**dict(zip(lists, values, strict=True))) for values in itertools.product(*lists.values())
        ]

    def changes(self, start: Self) -> dict[str, Any]:
        """The settings in which these differ from `start`."""
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
        """What a link asks for, and one sentence for every part of it that is not possible.

        A setting that is not possible keeps its value in `start`; the rest of the link holds.
        """
        good, sentences = {}, []
        for name, text in link.items():
            if name not in cls.model_fields:
                sentences.append(cls._unknown(name))
                continue
            try:
                good[name] = _adapter(cls, name).validate_python(text)
            except ValidationError:
                sentences.append(f"{name} cannot be {shorten(text)}: allowed is {cls.allowed(name)}.")
        while True:
            try:
                return start.but(**good), sentences
            except ValidationError as error:
                conflict = error.errors()[0]["ctx"]["error"]
                wrong = next(name for name in conflict.names if name in good)
                sentences.append(
                    f"{wrong} cannot be {shorten(str(good.pop(wrong)))} here: {conflict.reason}."
                )

    @classmethod
    def bounds(cls, name: str) -> tuple[float, float]:
        """The lowest and the highest value of a number."""
        metadata = cls.model_fields[name].metadata
        return next(m.ge for m in metadata if hasattr(m, "ge")), next(
            m.le for m in metadata if hasattr(m, "le")
        )

    @classmethod
    def allowed(cls, name: str) -> str:
        """What a setting may be, in words."""
        field = cls.model_fields[name]
        if field.annotation is bool:
            return "true or false"
        if options := get_args(field.annotation):
            return "one of " + ", ".join(options)
        if field.annotation is str:
            return field.description
        low, high = cls.bounds(name)
        if any(isinstance(m, AfterValidator) for m in field.metadata):
            return f"a power of two from {low or 2} to {high}" + (", or 0 for all samples" if not low else "")
        if field.annotation is int:
            return f"a whole number from {low:,} to {high:,}"
        return f"a number from {plain(float(low))} to {plain(float(high))}"

    @classmethod
    def complaints(cls, error: ValidationError) -> list[str]:
        """One sentence for every setting that was refused: which setting, what value, what is allowed."""
        sentences = []
        for problem in error.errors():
            if not problem["loc"]:
                conflict, given = problem["ctx"]["error"], problem["input"]
                name = next(name for name in conflict.names if name in given)
                sentences.append(f"{name} cannot be {shorten(str(given[name]))} here: {conflict.reason}.")
            elif problem["type"] == "extra_forbidden":
                sentences.append(cls._unknown(problem["loc"][0]))
            else:
                name, value = problem["loc"][0], shorten(str(problem["input"]))
                sentences.append(f"{name} cannot be {value}: allowed is {cls.allowed(name)}.")
        return sentences

    @classmethod
    def _unknown(cls, name: str) -> str:
        near = difflib.get_close_matches(name, cls.model_fields, n=1)
        meant = f"Did you mean {near[0]}?" if near else f"Settings are {', '.join(cls.model_fields)}."
        return f"There is no setting {shorten(name)}. {meant}"


@cache
def _adapter(cls: type[Settings], name: str) -> TypeAdapter:
    field = cls.model_fields[name]
    return TypeAdapter(Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation)


def plain(value: Any) -> str:
    """A value in prose: at most six digits, no powers of ten, true and false in small letters."""
    if not isinstance(value, float) or not math.isfinite(value):
        return str(value).lower()
    return np.format_float_positional(value, precision=6, fractional=False, trim="-")


def said(field: FieldInfo, option: Any) -> str:
    """An option of a field as its control and every sentence call it."""
    return (field.json_schema_extra or {}).get("said", {}).get(option, option)


def shorten(text: str) -> str:
    """Text from outside, short enough to repeat in a sentence."""
    text = text if len(text) <= 40 else text[:40] + "…"
    return f"'{text}'" if not text or " " in text else text
