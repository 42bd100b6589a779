"""LESSONS: every page, in the order of the navigation. One file each."""

from core.lessons import batchnorm, dead_relus, gradients

LESSONS = {lesson.slug: lesson for lesson in (gradients.LESSON, dead_relus.LESSON, batchnorm.LESSON)}
