"""LESSONS: every page, in the order of the navigation. One folder each."""

from core.lessons.backprop.lesson import LESSON as BACKPROP
from core.lessons.batchnorm.lesson import LESSON as BATCHNORM
from core.lessons.dead_relus.lesson import LESSON as DEAD_RELUS
from core.lessons.dropout.lesson import LESSON as DROPOUT
from core.lessons.feature_scaling.lesson import LESSON as FEATURE_SCALING
from core.lessons.gradients.lesson import LESSON as GRADIENTS

LESSONS = {
    lesson.slug: lesson for lesson in (BACKPROP, GRADIENTS, DEAD_RELUS, FEATURE_SCALING, DROPOUT, BATCHNORM)
}
