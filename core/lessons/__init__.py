"""LESSONS: every page, in the order of the navigation. One file each."""

from core.lessons import backprop, batchnorm, dead_relus, dropout, gradients

LESSONS = {
    lesson.slug: lesson
    for lesson in (backprop.LESSON, gradients.LESSON, dead_relus.LESSON, dropout.LESSON, batchnorm.LESSON)
}
