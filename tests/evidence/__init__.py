"""Reads what a diagnosis says and holds it against the arrays of the run: `findings(run)`, `change(a, b)`.

Every sentence has to be one of tests.evidence.sentences, and every number, quantifier and place in it is
computed a second time, in tests.evidence.facts. A sentence that nobody knows is a mismatch as well.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from core.diagnosis.finding import Finding
from core.diagnosis.rules import RULES, Examined, cured, examine
from core.run import Run
from tests.evidence import facts as evidence
from tests.evidence.ended import broken, end, left, severities
from tests.evidence.facts import Facts, outcome_facts
from tests.evidence.numbers import NUMBER, agrees, close
from tests.evidence.sentences import OUTCOMES, SENTENCES

QUANTIFIERS = re.compile(
    r"\b(all|almost|always|any|both|ever|every|exactly|few|furthest|half|largest|last|less|lowest|more|most|"
    r"never|no|none|nothing|only|same|since|smallest|still|whenever)\b"
)


@dataclass
class Read:
    """What was checked: rule -> how many sentences, numbers, quantifiers; and all that is not so."""

    sentences: Counter = field(default_factory=Counter)
    numbers: Counter = field(default_factory=Counter)
    quantifiers: Counter = field(default_factory=Counter)
    mismatches: list = field(default_factory=list)

    def __add__(self, other):
        return Read(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


OF_TRAINING = {"loss", "train", "held", "guess"}
"""Losses, which are told with two digits."""
ORDER = ("critical", "warning", "note")


@cache
def pattern(template: str) -> re.Pattern:
    """A template as a regular expression: {name} is a number, {outcome} the rest."""
    text = re.sub(r"(\.)(?![^{]*\})", r"\\\1", template)
    text = text.replace("{outcome}", "(?P<outcome>.+)")
    return re.compile(re.sub(r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>(?:over )?(?:{NUMBER}))", text))


def known(templates, sentence: str):
    """(which of the templates a sentence is, its parts), or None."""
    found = ((i, pattern(template).fullmatch(sentence)) for i, template in enumerate(templates))
    return next(((i, match.groupdict()) for i, match in found if match), None)


def compared(said: dict, facts: Facts, template: str, sentence: str) -> tuple[list[str], int, int]:
    """Numbers and quantifiers of one sentence against its facts: what is wrong, and how many there were."""
    wrong = []
    for name, text in said.items():
        true = facts.numbers.get(name, np.nan) if name in facts.numbers else None
        part, digits = f"{{{name}}} %" in template, 2 if name in OF_TRAINING else 3
        if true is None:
            wrong.append(f"nobody knows the number {name}")
        elif not agrees(text, true, digits) or (part and text == "100" and true < 100):
            wrong.append(f"{name} is {true!r}, not {text}")
    words = set(QUANTIFIERS.findall(sentence.lower()))
    wrong += [f"nobody checked '{word}'" for word in words - facts.holds.keys()]
    asked = {word for word in facts.holds if word in words or not QUANTIFIERS.fullmatch(word)}
    wrong += [f"'{word}' does not hold" for word in asked if not facts.holds[word]]
    return wrong, len(said), len(asked)


def beyond(measured: float, threshold: float, how: str) -> bool:
    """Whether what was measured is on the side of the threshold that the rule speaks of."""
    return {
        ">": measured > threshold,
        ">=": measured >= threshold,
        "<": measured < threshold or measured == threshold == 0,
        "<=": measured <= threshold,
        "=": measured == threshold,
        "not finite": not np.isfinite(measured),
        "any": True,
    }[how]


def finding(run: Run, said: Finding, examined: Examined) -> Read:
    """One finding against its run."""
    templates = SENTENCES[said.rule]
    sentence = said.sentence
    if said.rule == "plateau" and sentence.startswith("After"):
        sentence = "a" + sentence[1:]
    read = known(templates, sentence)
    if read is None:
        return Read(mismatches=[f"{said.rule}: nobody knows this sentence: {said.sentence}"])
    which, parts = read
    make = getattr(evidence, said.rule.removeprefix("born_"))
    facts, rest = make(run, which, said, examined), parts.pop("outcome", None)
    wrong, numbers, words = compared(parts, facts, templates[which], sentence.removesuffix(f"{rest}."))
    if rest is not None and (ending := known(OUTCOMES, rest)) is None:
        wrong.append(f"nobody knows how it ended: {rest}")
    elif rest is not None:
        more = compared(ending[1], outcome_facts(run, ending[0]), OUTCOMES[ending[0]], rest)
        wrong, numbers, words = wrong + more[0], numbers + more[1], words + more[2]
    loose = 1e-3 if said.rule in ("noise_floor", "plateau") else 1e-5
    if not close(said.measured, facts.measured, loose):
        wrong.append(f"measured is {facts.measured!r}, not {said.measured!r}")
    if not beyond(said.measured, said.threshold, facts.beyond):
        wrong.append(f"{said.measured!r} is not {facts.beyond} {said.threshold!r}")
    if (said.layer, said.step) != (facts.layer, facts.step):
        wrong.append(f"it is at layer {facts.layer}, step {facts.step}, not {said.layer}, {said.step}")
    if said.severity not in allowed(run, facts):
        wrong.append(f"it is {' or '.join(allowed(run, facts))}, not {said.severity}")
    rule = next(rule for rule in RULES if rule.name == said.rule)
    if (said.title, said.source) != (rule.title, rule.source):
        wrong.append("the rule is another")
    wrong += remedies(run, said)
    mismatches = [f"{said.rule}: {what}: {said.sentence}" for what in wrong]
    return Read(*(Counter({said.rule: n}) for n in (1, numbers, words)), mismatches)


def allowed(run: Run, facts: Facts) -> set[str]:
    """How severe a finding may be called."""
    if facts.severity == "any length":
        return severities(run, ask_short=False)
    if facts.severity:
        return set(facts.severity.split())
    return {max(word, facts.worst, key=ORDER.index) for word in severities(run)}


STEPS = {"learning_rate", "optimizer", "momentum", "clip_norm", "weight_decay", "steps", "batch_size"}
"""What has no say before the first update."""


def remedies(run: Run, said: Finding) -> list[str]:
    """A run that broke before its first update is not told that its steps are wrong."""
    if broken(run) != 0:
        return []
    wrong = [f"no step was taken, and it offers {r.title}" for r in said.remedies if set(r.change) <= STEPS]
    blames = re.search(r"learning rate \S+ is|than the learning rate|sound", said.sentence)
    return wrong + (["no step was taken, and it blames the steps"] if blames else [])


def findings(run: Run) -> Read:
    """Everything that the diagnosis says of a run."""
    examined = examine(run)
    return sum((finding(run, said, examined) for said in examined.findings), Read())


VERDICT = re.compile(
    r"(?P<verdict>[A-Z][a-z ]+): (?P<after>[^;]+); before, (?P<before>[^;]+?)\."
    r"(?P<rest>(?: [A-Z][^:]+: [^:]+\.)*)"
)
ENDINGS = (
    "the training diverges at step {step}",
    "the training loss ends at {train}",
    "the held-out loss ends at {held}",
)


def verdict(before: float, after: float) -> str:
    """What a change from one share of the loss of guessing to another is called."""
    if after < 0.9 and after < before / 2:
        return "Helped"
    if before - after > 0.05:
        return "Helped a little" if after < 1 else "Still no better than guessing"
    if after - before > 0.05:
        return "Made it worse"
    return "Made little difference" if after < 0.9 * before else "Did not help"


def seen(run: Run) -> dict[str, set[str]]:
    """Title -> what its rules say of a run: hurts, note, explained, unknown or nothing."""
    examined, found = examine(run), {}
    severe = {f.rule: "note" if f.severity == "note" else "hurts" for f in examined.findings}
    for rule in RULES:
        why = examined.idle.get(rule.name, "")
        word = severe.get(rule.name) or ("explained" if rule.name in examined.explained else "")
        lost = why == "the training diverged"
        found.setdefault(rule.title, set()).add(word or ("unknown" if lost else "nothing"))
    return found


MEANS = {
    "Gone": lambda was, now: "hurts" in was and now == {"nothing"},
    "Harmless now": lambda was, now: "hurts" in was and "note" in now and "hurts" not in now,
    "Still there": lambda was, now: "hurts" in was and "hurts" in now,
    "Still there, behind another": lambda was, now: "hurts" in was and "explained" in now,
    "Unknown now": lambda was, now: "hurts" in was and "unknown" in now,
    "New": lambda was, now: was == {"nothing"} and "hurts" in now,
    "Harmful now": lambda was, now: "note" in was and "hurts" not in was and "hurts" in now,
    "Comes to light": lambda was, now: "explained" in was and "hurts" not in was and "hurts" in now,
    "Known now": lambda was, now: "unknown" in was and "hurts" in now,
}


def change(before: Run, after: Run) -> Read:
    """What is said of a change, against both runs."""
    sentence = cured(before, after)
    match = VERDICT.fullmatch(sentence)
    if match is None:
        return Read(mismatches=[f"cured: nobody knows this sentence: {sentence}"])
    worst = next((f.rule for f in examine(before).findings if f.severity != "note"), "")
    held, wrong, numbers = worst == "overfitting", [], 0
    for run, text in ((after, match["after"]), (before, match["before"])):
        ended = known(ENDINGS, text)
        if ended is None or ended[0] != (0 if broken(run) is not None else 2 if held else 1):
            wrong.append(f"'{text}' is not how it ended")
            continue
        facts = Facts(dict(step=broken(run), train=end(run), held=run.test_loss[-1]))
        more = compared(ended[1], facts, ENDINGS[ended[0]], text)
        wrong, numbers = wrong + more[0], numbers + more[1]
    shares = [left(run)[held] for run in (before, after)]
    if np.isinf(shares).all():
        shares = [1.0, 1.0]
    if match["verdict"] != verdict(*shares):
        wrong.append(f"from {shares[0]:.3g} to {shares[1]:.3g} is '{verdict(*shares)}'")
    was, now, named = seen(before), seen(after), []
    titles = {title.lower(): title for title in was}
    for word, names in re.findall(r" ([A-Z][^:]+): ([^:]+?)\.", match["rest"]):
        for name in names.split(", "):
            title = titles.get(name)
            named.append(title)
            if title is None or word not in MEANS or not MEANS[word](was[title], now[title]):
                wrong.append(f"'{word}' is not so of {name}")
    hurt = {title for title in was if "hurts" in was[title] | now[title]}
    if sorted(named, key=str) != sorted(hurt):
        wrong.append(f"it speaks of {named}, where {hurt} hurt")
    counts = (Counter(cured=n) for n in (1, numbers, len(named) + 1))
    return Read(*counts, [f"cured: {what}: {sentence}" for what in wrong])
