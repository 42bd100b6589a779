"""Lesson: a question, the settings it starts from, and what to try."""

from collections.abc import Callable
from dataclasses import dataclass, field

from core.diagnosis.claims import Claim
from core.experiment import Experiment
from core.settings import Settings


@dataclass(frozen=True)
class Lesson:
    """One page. `controls` and `more` name the settings shown.

    start: what a link leaves out. opens: what a page without a link shows, as changes of `start`.
    presets: named experiments that show the phenomenon and its cure, as changes of `start`.
    variants: what the page sets beside the experiment on the screen, as changes of that experiment.
    symptoms: what a reader sees who needs this page, in their words, and the preset that shows it.
    """

    slug: str
    title: str
    section: str
    icon: str
    question: str
    summary: str
    start: Settings
    controls: tuple[str, ...]
    more: tuple[str, ...]
    presets: dict[str, dict]
    variants: dict[str, Callable[[Experiment], dict]] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    symptoms: dict[str, str] = field(default_factory=dict)
    opens: dict = field(default_factory=dict)

    @property
    def opening(self) -> Settings:
        """The settings of a page without a link."""
        return self.start.but(**self.opens)

    def link(self, settings: Settings) -> dict[str, str]:
        """What differs from `start`; not nothing where a page without a link shows another."""
        return settings.to_link(self.start) or {
            name: settings.to_link()[name] for name in list(self.opens)[:1]
        }

    def preset(self, name: str) -> Settings:
        """The settings behind a preset."""
        return self.start.but(**self.presets[name])

    def variant(self, name: str, experiment: Experiment) -> Experiment:
        """The experiment with what this variant changes."""
        return experiment.but(**self.variants[name](experiment))
