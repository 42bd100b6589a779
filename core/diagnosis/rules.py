"""diagnose: what is wrong with a Run, and what cures it. RULES find it, CAUSES tells what explains what."""

from dataclasses import replace

from core.diagnosis import at_the_start, on_the_way
from core.diagnosis.finding import LITTLE, SEVERITIES, Finding, remaining
from core.diagnosis.measures import final_loss, short
from core.run import Run

RULES = (
    on_the_way.NON_FINITE,
    at_the_start.UNSCALED,
    at_the_start.NO_GRADIENT,
    at_the_start.EXPLODING,
    on_the_way.DECAYED,
    on_the_way.BORN_DEAD,
    at_the_start.SATURATED,
    at_the_start.VANISHING,
    on_the_way.DEAD,
    on_the_way.TOO_FAST,
    on_the_way.TOO_SLOW,
    on_the_way.PLATEAU,
)
"""In the order of cause and effect, but for the first, which tells how the run ended."""
CAUSES = {
    "non_finite": ("unscaled", "exploding"),
    "decayed": ("non_finite", "unscaled"),
    "born_dead": ("non_finite", "unscaled", "no_gradient", "exploding", "decayed"),
    "saturated": ("unscaled", "exploding"),
    "vanishing": ("non_finite", "no_gradient", "exploding", "born_dead", "saturated"),
    "dead": ("non_finite", "unscaled", "no_gradient", "exploding", "decayed", "vanishing"),
    "too_fast": ("unscaled", "no_gradient", "exploding", "decayed", "saturated", "vanishing"),
    "too_slow": ("non_finite", "unscaled", "no_gradient", "exploding", "decayed", "saturated", "vanishing"),
    "plateau": tuple(rule.name for rule in RULES[:-1]),
}
"""What explains what a rule sees: beside one of these it keeps silent, unless it stays."""


def diagnose(run: Run) -> list[Finding]:
    """What is wrong with this run, the most severe first, cause before effect."""
    asked = [rule for rule in RULES if run.experiment.depth or not rule.hidden]
    found = {rule: finding for rule in asked if (finding := rule.find(run))}
    names, shown = {rule.name for rule in found}, []
    for rule, finding in found.items():
        said = dict(rule=rule.name, title=rule.title, source=rule.source)
        if names.isdisjoint(CAUSES.get(rule.name, ())):
            shown.append(replace(finding, sentence=finding.sentence + finding.otherwise, **said))
        elif rule.stays:
            shown.append(replace(finding, remedies=(), **said))
    return sorted(shown, key=lambda finding: SEVERITIES.index(finding.severity))


def helped(before: Run, after: Run) -> bool:
    """Whether the training loss ends at less than half of what it was, and clearly below guessing."""
    return remaining(after) < LITTLE and final_loss(after) < final_loss(before) / 2


def _verdict(before: Run, after: Run) -> str:
    if helped(before, after):
        return "Helped"
    change = remaining(after) - remaining(before)
    if change < -0.05:
        return "Helped a little"
    return "Made it worse" if change > 0.05 else "Did not help"


def _ending(run: Run) -> str:
    if run.diverged_at is not None:
        return f"the training diverges at step {run.diverged_at}"
    return f"the training loss ends at {short(final_loss(run))}"


def cured(before: Run, after: Run) -> str:
    """Whether a change helped, in words: how both runs ended, and which findings went, stayed or came."""
    was, now = ({f.title: f.severity != "note" for f in diagnose(run)} for run in (before, after))
    hurt = [title for title, hurts in was.items() if hurts]
    changes = {
        "Gone": [title for title in hurt if title not in now],
        "Harmless now": [title for title in hurt if now.get(title) is False],
        "Still there": [title for title in hurt if now.get(title)],
        "New": [title for title, hurts in now.items() if hurts and title not in hurt],
    }
    sentences = [f"{_verdict(before, after)}: {_ending(after)}; before, {_ending(before)}."]
    sentences += [f"{word}: {', '.join(titles).lower()}." for word, titles in changes.items() if titles]
    return " ".join(sentences)
