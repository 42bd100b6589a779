"""LESSONS: every page, in the order of the navigation. One file each."""

from core.lessons import dead_relus, dropout, gradients

LESSONS = {lesson.slug: lesson for lesson in (gradients.LESSON, dead_relus.LESSON, dropout.LESSON)}
