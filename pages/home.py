"""Where a reader starts: one card per lesson, and the way from a symptom to the page that explains it."""

import streamlit as st

from core.lessons import LESSONS
from pages.parts import controls, say, shell, show

shell.guard()

controls.entered("home")
say.title("See how neural networks train, fail and recover")
say.markdown(
    "Every page trains real networks in front of you, measures what happens inside, lays it over the theory "
    "that predicts it, and tests what the textbooks say. Change anything: same settings and same seed give "
    "the same run again."
)

say.subheader("Which symptom do you have?")
symptoms = [(lesson, *symptom) for lesson in LESSONS.values() for symptom in lesson.symptoms.items()]
grid = st.grid(min_column_width=320, gap="xsmall")
for lesson, symptom, preset in symptoms:
    with grid:
        link = lesson.link(lesson.preset(preset))
        page = f"pages/{lesson.slug}.py"
        st.page_link(page, label=symptom, icon=":material/stethoscope:", query_params=link)

say.subheader("Lessons")
for lesson in LESSONS.values():
    show.card(lesson)
