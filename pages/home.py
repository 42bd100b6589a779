"""Where a reader starts: one card per lesson, and the way from a symptom to the page that explains it."""

import streamlit as st

from core.lessons import LESSONS
from pages import parts, shell

shell.guard()

parts.entered("home")
st.title("See how neural networks train, fail and recover")
st.markdown(
    "Every page trains real networks in front of you, measures what happens inside, lays it over the theory "
    "that predicts it, and tests what the textbooks say. Change anything: same settings and same seed give "
    "the same numbers, everywhere."
)

st.subheader("Which symptom do you have?")
for lesson in LESSONS.values():
    for symptom, preset in lesson.symptoms.items():
        link = lesson.preset(preset).to_link(lesson.start)
        st.page_link(
            f"pages/{lesson.slug}.py", label=symptom, icon=":material/stethoscope:", query_params=link
        )

st.subheader("Lessons")
for lesson in LESSONS.values():
    parts.card(lesson)
