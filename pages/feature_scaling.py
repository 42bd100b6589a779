"""Raw columns, what scaling does to them, and NaN. Settings: core/lessons/feature_scaling/lesson.py."""

import streamlit as st

from core.charts.compared import losses
from core.lessons import LESSONS
from core.lessons.feature_scaling import export, trials
from core.lessons.feature_scaling.charts import outliers, valley
from core.lessons.feature_scaling.houses import Houses, recipe
from core.lessons.feature_scaling.measured import outliers as measured_outliers
from core.lessons.feature_scaling.measured import valley as measured
from pages.parts import (
    chaos,
    claims,
    compare,
    controls,
    nan_trap,
    own_table,
    say,
    shell,
    show,
    sizes,
    tables,
    take_away,
    verdicts,
)
from pages.parts.training import computed, trained

shell.guard()

lesson = LESSONS["feature_scaling"]
settings = controls.ask(lesson, own_table.unused)
experiment = own_table.chosen(settings)
[run] = trained([experiment])
say.markdown(f"**{trials.outcome(run)}**")
tables.glance(run)
show.chart(losses(compare.variants(lesson, experiment)), "feature_scaling.losses")
near_loss = st.container()
say.subheader("What each way of scaling is worth")
tables.ladder(experiment)
verdicts.findings(lesson, run, own_table.change)

say.subheader("The table")
tables.overview(experiment)
if isinstance(experiment, Houses):
    say.markdown(recipe(experiment.noise))

say.subheader("Why: gradient descent in a narrow valley")
say.markdown(
    "The loss of a linear model is a bowl over its weights. Columns of different size, or far from 0, make "
    "it a valley: a step short enough for the steep sides is far too short along the floor. The condition "
    "number κ of its Hessian, the steepest curvature over the flattest, says how narrow it is: √κ times as "
    "long as wide. With the best constant step, what the loss is above its lowest value is down to a "
    "millionth after at most"
)
say.latex(
    r"T = \frac{\ln 10^{-6}}{2 \ln \frac{\kappa - 1}{\kappa + 1}} \text{ steps, "
    r"for large } \kappa \text{ about } 3.5\,\kappa."
)
tables.landscapes(experiment)
steps = computed(measured.conditioning, experiment), computed(measured.ratio_steps, (3, 10, 30))
show.chart(valley.iterations(*steps), "feature_scaling.iterations")
limits = valley.limits(*computed(measured.correlation_and_mean, settings.seed))
for name, figure, place in zip(("correlation", "mean"), limits, st.columns(2), strict=True):
    with place:
        show.chart(figure, f"feature_scaling.{name}")
sizes.steady()

say.subheader("Outliers and heavy tails")
if isinstance(experiment, Houses):
    tables.sticking(experiment)
share, bound = settings.outlier_share, settings.clip
found = computed(measured_outliers.outliers, share, bound)
left, right = st.columns(2)
with left:
    show.chart(outliers.outlier_lines(found, share, bound), "feature_scaling.outliers")
with right:
    show.chart(outliers.squeezed(found, share), "feature_scaling.squeezed")
show.chart(outliers.without_log(computed(measured_outliers.without_log)), "feature_scaling.log")

say.subheader("Leakage")
tables.leakage(experiment)

nan_trap.section(experiment)
claims.tested(lesson)
sizes.shift()
linkable = experiment if isinstance(experiment, Houses) else None
script = export.pytorch_script(experiment)
name = export.file_name(experiment, "py")
chaos.tell(run, near_loss, take_away.take_files(linkable, export.files(run), script, name))
