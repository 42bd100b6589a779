"""Whether pages stand at every corner of their controls, whatever is pressed there, at the full size:

    python tests/benchmarks/corners.py              # all pages: hours
    python tests/benchmarks/corners.py batchnorm    # these pages

From the start and from every preset each pair of places of two controls is asked for: both ends of a slider,
every option of a list. The number of steps is lowered where a run costs more than WORK; all else is as asked.
Every part of a page is opened there and every button pressed that trains, but for textbook claims, which are
the same everywhere. Printed is the link of what ends in an error, with all warnings of Python as errors.
"""

import logging
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

from core.lessons import LESSONS  # noqa: E402
from core.work import work  # noqa: E402
from tests.corners import controls, corners  # noqa: E402

WORK, PATIENCE = 1e9, 3600
PARTS = {
    "gradients": "gradients.part",
    "dead_relus": "dead_relus.tab",
    "batchnorm": "batchnorm.tab",
    "dropout": "dropout.tab",
}
"""The pages with parts of which one is open, and the key that says which."""


def shorter(settings):
    """With as many steps as WORK allows."""
    e = getattr(settings, "experiment", settings)
    if not hasattr(e, "samples"):
        return settings
    return settings.but(steps=max(1, min(e.steps, int(e.steps * WORK / work(e)))))


def opened(slug, link):
    """The page at these link parameters, in every state that it can be brought to."""
    at = AppTest.from_file(ROOT / "dashboard.py", default_timeout=PATIENCE)
    at.query_params.update(link)
    at.switch_page(f"pages/{slug}.py")
    yield "opened", at.run()
    for part in [tab.label for tab in at.tabs] if slug in PARTS else [None]:
        if part:
            at.session_state[PARTS[slug]] = part
            yield part, at.run()
        pressed = set()
        while keys := {b.key for b in at.button if (b.key or "").endswith(".run")} - pressed:
            key = min(keys)
            pressed.add(key)
            if ".claim." not in key:
                yield key, at.button(key=key).click().run()


def main():
    """Open all corners of the pages named on the command line, or of all."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", message="`torch.jit.script` is deprecated")
    st.config.set_option("client.showErrorDetails", "full")
    for slug in sys.argv[1:] or LESSONS:
        lesson, states, errors = LESSONS[slug], 0, 0
        for base in dict.fromkeys([lesson.start, *map(lesson.preset, lesson.presets)]):
            for settings in corners(base, controls(lesson), every_option=True):
                link = lesson.link(shorter(settings))
                for state, at in opened(slug, link):
                    states += 1
                    for error in at.exception:
                        errors += 1
                        print(f"{slug} {link} {state}: {error.message}", *error.stack_trace[-3:], sep="\n")
        print(f"{slug}: {states} states, {errors} errors", flush=True)


if __name__ == "__main__":
    main()
