"""diagnose: what is wrong with a Run, and what cures it. RULES find it, CAUSES tells what explains what."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from core.diagnosis import at_the_end, at_the_start, data, on_the_way, steps, two_modes
from core.diagnosis.finding import BETTER, LITTLE, SEVERITIES, Finding, broken_off, remaining
from core.diagnosis.numbers import final_loss
from core.run import Run
from core.words import two_digits

RULES = (
    data.NOISE_FLOOR,
    data.UNSCALED,
    data.UNSCALED_TARGET,
    at_the_start.NO_GRADIENT,
    at_the_start.SYMMETRIC,
    on_the_way.SMALL_BATCH_NORM,
    at_the_start.EXPLODING,
    on_the_way.BORN_DEAD,
    at_the_start.SATURATED,
    at_the_start.VANISHING,
    on_the_way.DECAYED,
    steps.MOMENTUM_RULE,
    two_modes.MODE_GAP_RULE,
    two_modes.DROPOUT_TOO_STRONG,
    on_the_way.NON_FINITE,
    steps.TOO_FAST,
    on_the_way.DEAD,
    steps.CLIPPED_TOO_HARD,
    steps.TOO_SLOW,
    at_the_end.OVERFITTING,
    at_the_end.TOO_SMALL,
    at_the_end.PLATEAU,
)
"""In the order of cause and effect."""
NAMES = [rule.name for rule in RULES]


def _before(name: str, *but: str) -> tuple[str, ...]:
    """All rules before this one, but for some."""
    return tuple(n for n in NAMES[: NAMES.index(name)] if n not in but)


CAUSES = {
    "symmetric": ("no_gradient",),
    "small_batch_norm": ("unscaled_target", "no_gradient", "symmetric"),
    "exploding": ("no_gradient", "symmetric", "small_batch_norm"),
    "born_dead": ("small_batch_norm", "unscaled", "no_gradient", "symmetric", "exploding"),
    "saturated": ("unscaled", "exploding", "symmetric", "small_batch_norm"),
    "vanishing": ("small_batch_norm", "no_gradient", "symmetric", "exploding", "born_dead", "saturated"),
    "decayed": _before("decayed", "noise_floor"),
    "momentum": _before("momentum", "vanishing"),
    "non_finite": ("small_batch_norm", "unscaled", "unscaled_target", "exploding", "momentum", "decayed"),
    "too_fast": _before("too_fast"),
    "dead": _before("dead", "noise_floor", "born_dead", "saturated", "mode_gap"),
    "clipped_too_hard": _before("clipped_too_hard"),
    "too_slow": _before("too_slow"),
    "mode_gap": _before("mode_gap"),
    "dropout_too_strong": _before("dropout_too_strong"),
    "overfitting": (),
    "too_small": _before("too_small", "overfitting"),
    "plateau": _before("plateau", "overfitting"),
}
"""What explains what a rule sees: beside one of these it keeps silent, unless it stays."""


class Examined(NamedTuple):
    """What a run shows: findings, the most severe first, cause before effect; what else was seen, which they
    explain; and why rules could not be asked, by name."""

    findings: list[Finding]
    effects: list[Finding]
    idle: dict[str, str]

    @property
    def explained(self) -> set[str]:
        """The names of the rules that saw an effect."""
        return {finding.rule for finding in self.effects}


def diagnose(run: Run) -> list[Finding]:
    """What is wrong with this run, the most severe first, cause before effect."""
    return examine(run).findings


def examine(run: Run) -> Examined:
    """Ask every rule that can be asked, once."""
    idle = {rule.name: why for rule in RULES if (why := rule.idle(run))}
    found = {rule: seen for rule in RULES if rule.name not in idle and (seen := rule.find(run))}
    names, shown, effects = {rule.name for rule in found}, [], []
    for rule, finding in found.items():
        said = dict(rule=rule.name, title=rule.title, source=rule.source)
        if finding.stands or names.isdisjoint(CAUSES.get(rule.name, ())):
            shown.append(replace(finding, sentence=finding.sentence + finding.otherwise, **said))
        elif rule.stays:
            shown.append(replace(finding, remedies=(), **said))
        else:
            effects.append(replace(finding, remedies=(), **said))
    findings = _offered_once(sorted(shown, key=lambda finding: SEVERITIES.index(finding.severity)))
    return Examined(findings, effects, idle)


def _offered_once(findings: list[Finding]) -> list[Finding]:
    """Every remedy stands under the first finding that offers it."""
    seen, kept = [], []
    for finding in findings:
        new = tuple(remedy for remedy in finding.remedies if remedy.change not in seen)
        seen += [remedy.change for remedy in new]
        kept.append(replace(finding, remedies=new))
    return kept


def helped(before: Run, after: Run, of: Callable[[Run], float] = remaining) -> bool:
    """Whether the loss ends at less than half of what it was, and clearly below guessing."""
    return of(after) < LITTLE and of(after) < of(before) / 2


def _harmed(found: list[Finding]) -> Callable[[Run], float]:
    """What the worst finding does harm to: the training loss, or the held-out loss."""
    worst = next((finding.rule for finding in found if finding.severity != "note"), None)
    return next((rule.harms for rule in RULES if rule.name == worst and rule.harms), remaining)


def _verdict(before: Run, after: Run, of: Callable[[Run], float]) -> str:
    if helped(before, after, of):
        return "Helped"
    change = of(after) - of(before)
    if change < -0.05:
        return "Helped a little" if of(after) < 1 else "Still no better than guessing"
    if change > 0.05:
        return "Made it worse"
    return "Made little difference" if of(after) < BETTER * of(before) else "Did not help"


def _ending(run: Run, of: Callable[[Run], float]) -> str:
    if run.diverged_at is not None:
        return f"the training diverges at step {run.diverged_at}"
    if of is remaining:
        return f"the training loss ends at {two_digits(final_loss(run))}"
    return f"the held-out loss ends at {two_digits(run.test_loss[-1])}"


CHANGES = {
    "Gone": ("hurts", ""),
    "Harmless now": ("hurts", "note"),
    "Still there": ("hurts", "hurts"),
    "Still there, behind another": ("hurts", "explained"),
    "Unknown now": ("hurts", "unknown"),
    "New": ("", "hurts"),
    "Harmful now": ("note", "hurts"),
    "Comes to light": ("explained", "hurts"),
    "Known now": ("unknown", "hurts"),
}
"""What is said of a finding by what it was and what it is."""


def _states(run: Run, examined: Examined) -> dict[str, str]:
    """Title -> whether it hurts, is a note, is explained by another, or unknown as the run broke off."""
    severe = {finding.rule: finding.severity != "note" for finding in examined.findings}
    states = {}
    for rule in RULES:
        unknown = broken_off(run) and examined.idle.get(rule.name) == broken_off(run)
        word = "explained" if rule.name in examined.explained else "unknown" if unknown else ""
        if rule.name in severe:
            word = "hurts" if severe[rule.name] else "note"
        states[rule.title] = word if word == "hurts" else states.get(rule.title) or word
    return states


def cured(before: Run, after: Run) -> str:
    """Whether a change helped, in words: how both runs ended, and which findings went, stayed or came."""
    examined = examine(before)
    was, now = _states(before, examined), _states(after, examine(after))
    of = _harmed(examined.findings)
    sentences = [f"{_verdict(before, after, of)}: {_ending(after, of)}; before, {_ending(before, of)}."]
    for word, change in CHANGES.items():
        if titles := [title for title in was if (was[title], now[title]) == change]:
            sentences.append(f"{word}: {', '.join(titles).lower()}.")
    return " ".join(sentences)
