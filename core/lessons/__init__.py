"""LESSONS: every page, in the order of the navigation. One file each."""

from core.lessons import backprop, batchnorm, dead_relus, dropout, feature_scaling, gradients

LESSONS = {
    lesson.slug: lesson
    for lesson in (
        backprop.LESSON,
        gradients.LESSON,
        dead_relus.LESSON,
        feature_scaling.LESSON,
        dropout.LESSON,
        batchnorm.LESSON,
    )
}
