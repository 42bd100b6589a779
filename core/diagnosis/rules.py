"""diagnose: what is wrong with a Run, and what cures it. RULES: each finds one thing."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.diagnosis import at_the_start, on_the_way
from core.diagnosis.finding import LITTLE, SEVERITIES, Finding, remaining
from core.diagnosis.measures import final_loss, short
from core.experiment import Experiment
from core.run import Run


@dataclass(frozen=True)
class Rule:
    """`find(run)` is a Finding or None, `fires_on` an experiment that shows it.

    follows_from: rules that explain what this one sees; beside one of them it keeps silent.
    """

    name: str
    title: str
    find: Callable[[Run], Finding | None]
    fires_on: Experiment
    source: str
    follows_from: tuple[str, ...] = ()


DEEP = Experiment(depth=10, samples=256, steps=150)
SHALLOW = DEEP.but(depth=4)
RULES = (
    Rule(
        "non_finite",
        "Not a number",
        on_the_way.non_finite,
        fires_on=SHALLOW.but(dataset="curve", learning_rate=1),
        source="AUTOTRAINER (Zhang et al. 2021); Amazon SageMaker Debugger, ExplodingTensor",
    ),
    Rule(
        "unscaled",
        "Unscaled features",
        at_the_start.unscaled,
        fires_on=SHALLOW.but(input_scale=1000),
        source="LeCun et al. 1998, Efficient BackProp, section 4.3; UMLAUT (Schoop et al. 2021)",
    ),
    Rule(
        "no_gradient",
        "No gradient at all",
        at_the_start.no_gradient,
        fires_on=SHALLOW.but(init="zeros"),
        source="Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.4",
    ),
    Rule(
        "exploding",
        "Exploding signals",
        at_the_start.exploding,
        fires_on=DEEP.but(gain=2.5),
        source="Pascanu, Mikolov & Bengio 2013; Poole et al. 2016",
    ),
    Rule(
        "decayed",
        "Weights decayed away",
        on_the_way.decayed,
        fires_on=SHALLOW.but(weight_decay=1),
        source="Krogh & Hertz 1991",
        follows_from=("non_finite", "unscaled"),
    ),
    Rule(
        "dead",
        "Dead units",
        on_the_way.dead,
        fires_on=SHALLOW.but(bias=-5),
        source="Amazon SageMaker Debugger, DeadRelu; Lu et al. 2020",
        follows_from=("non_finite", "unscaled", "no_gradient", "exploding", "decayed"),
    ),
    Rule(
        "saturated",
        "Saturated units",
        at_the_start.saturated,
        fires_on=SHALLOW.but(activation="tanh", init="xavier", bias=5),
        source="Glorot & Bengio 2010; DeepDiagnosis (Wardat et al. 2022)",
        follows_from=("unscaled", "exploding"),
    ),
    Rule(
        "vanishing",
        "Vanishing gradients",
        at_the_start.vanishing,
        fires_on=DEEP.but(activation="sigmoid", init="xavier"),
        source="Glorot & Bengio 2010; AUTOTRAINER (Zhang et al. 2021)",
        follows_from=("non_finite", "no_gradient", "exploding", "dead", "saturated"),
    ),
    Rule(
        "too_fast",
        "Learning rate too high",
        on_the_way.too_fast,
        fires_on=SHALLOW.but(activation="tanh", init="xavier", learning_rate=5),
        source="Karpathy 2022, makemore part 3; TheDeepChecker (Ben Braiek & Khomh 2022)",
        follows_from=("unscaled", "no_gradient", "exploding", "decayed", "saturated", "vanishing"),
    ),
    Rule(
        "too_slow",
        "Learning rate too low",
        on_the_way.too_slow,
        fires_on=SHALLOW.but(learning_rate=1e-5),
        source="Karpathy 2022, makemore part 3; TheDeepChecker (Ben Braiek & Khomh 2022)",
        follows_from=(
            "non_finite",
            "unscaled",
            "no_gradient",
            "exploding",
            "decayed",
            "saturated",
            "vanishing",
        ),
    ),
    Rule(
        "plateau",
        "Not learned",
        on_the_way.plateau,
        fires_on=SHALLOW.but(activation="sigmoid", init="xavier", depth=2),
        source="a loss no better than that of the best constant answer",
        follows_from=(
            "non_finite",
            "unscaled",
            "no_gradient",
            "exploding",
            "decayed",
            "dead",
            "saturated",
            "vanishing",
            "too_fast",
            "too_slow",
        ),
    ),
)
"""In the order of cause and effect."""


def diagnose(run: Run) -> list[Finding]:
    """What is wrong with this run, the most severe first, cause before effect."""
    found = {rule: finding for rule in RULES if (finding := rule.find(run))}
    names = {rule.name for rule in found}
    causes = [
        replace(finding, rule=rule.name, title=rule.title, source=rule.source)
        for rule, finding in found.items()
        if names.isdisjoint(rule.follows_from)
    ]
    return sorted(causes, key=lambda finding: SEVERITIES.index(finding.severity))


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
