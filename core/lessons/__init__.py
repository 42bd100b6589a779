"""LESSONS: every page, in the order of the navigation. One file each."""

from core.lessons import batchnorm, gradients

LESSONS = {lesson.slug: lesson for lesson in (gradients.LESSON, batchnorm.LESSON)}
