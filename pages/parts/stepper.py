"""The two passes of the Backprop page, one step at a time: numbers to change, a play head, a prediction."""

import streamlit as st
from plotly.colors import hex_to_rgb

from core.lessons.backprop.charts import graph as draw
from core.lessons.backprop.charts import learning
from core.lessons.backprop.claims import FUNCTIONS
from core.lessons.backprop.graph import gradients
from core.lessons.backprop.guess import gradient, local_derivative
from core.lessons.backprop.mistakes import mistakes
from core.lessons.backprop.moments import Moment, now, walk
from core.lessons.backprop.paths import MAX_PATHS, path_counts, paths
from core.lessons.backprop.settings import Passes
from core.lessons.lesson import Lesson
from pages.parts import controls, say, show

# The colours of the nodes, as dark or as light as words have to be.
WORDS = {"data": ("#7B3571", "#DBA6D3"), "weight": ("#2C6A38", "#8FD3A0")}
WORDS |= {"value": ("#0B5FA5", "#7DBBF0"), "gradient": ("#A84300", "#FFA05C")}


def leaves(lesson: Lesson, settings: Passes) -> None:
    """A number to change for every leaf."""
    with st.expander("Change the inputs, the weights and the target", icon=":material/edit:"):
        with st.container(horizontal=True):
            for leaf, value in settings.leaves.items():
                key = f"{lesson.slug}.leaf.{leaf}"
                controls.put(key, value)
                st.number_input(
                    leaf,
                    key=key,
                    step=0.1,
                    format="%g",
                    width=130,
                    on_change=lambda leaf=leaf, key=key: controls.change(
                        lesson, **settings.with_value(leaf, st.session_state[key])
                    ),
                )
        st.button(
            "Back to the drawn numbers", on_click=controls.change, args=(lesson,), kwargs={"values": ""}
        )
    if settings.waiting:
        st.text(f"{', '.join(settings.waiting)}: no place in this graph; kept for one that has it.")


def stepper(lesson: Lesson, settings: Passes) -> None:
    """The graph, the buttons that move through it, and the formula of the step beside it."""
    moments = walk(settings)
    moment = now(settings, moments)
    for sentence in mistakes(settings):
        st.warning(sentence, icon=":material/warning:")
    drawn, told = st.columns([3, 2])
    with drawn:
        show.chart(draw.passes(settings, moments, moment), "backprop.graph")
    with told:
        _moves(lesson, moment, len(moments) - 1)
        _formula(walk(settings, draw.paint(settings))[moment])
        if moment + 1 < len(moments):
            _guess(settings, moments[moment + 1], moment + 1)


def _moves(lesson: Lesson, moment: int, last: int) -> None:
    buttons = {
        "first_page": ("Start", 0),
        "chevron_left": ("Back", max(moment - 1, 0)),
        "chevron_right": ("Next", min(moment + 1, last)),
        "last_page": ("End", last),
    }
    with st.container(horizontal=True):
        for icon, (title, step) in buttons.items():
            st.button(
                title,
                icon=f":material/{icon}:",
                key=f"{lesson.slug}.{icon}",
                disabled=step == moment,
                on_click=controls.change,
                args=(lesson,),
                kwargs={"step": step},
            )
    key = f"{lesson.slug}.step"
    controls.put(key, moment, (0, last))
    st.slider("Step", 0, last, key=key, on_change=lambda: controls.change(lesson, step=st.session_state[key]))


def _formula(moment: Moment) -> None:
    rules = []
    for kind, (light, dark) in WORDS.items():
        colour = draw.COLOURS[kind]
        drawn = f'.katex [style*="{_rgb(colour)}"], .katex [mathcolor="{colour}"]'
        rules.append(f"{drawn} {{ color: light-dark({light}, {dark}) !important }}")
    st.html(f"<style>{''.join(rules)}</style>")
    for latex in moment.formulas:
        say.markdown(rf"$\displaystyle {latex}$")
    if not moment.formulas:
        say.caption("Nothing is computed yet. Go one step on, or press ▶ under the graph.")


def _rgb(colour: str) -> str:
    return f"rgb({', '.join(map(str, hex_to_rgb(colour)))})"


def _guess(settings: Passes, following: Moment, step: int) -> None:
    edge = following.edge
    if edge is None or edge.node == edge.operand:
        return
    with st.expander("Predict the next step", icon=":material/psychology_alt:"):
        say.caption(
            f"Next, {edge.node} sends its share of the gradient to {edge.operand}. Both are optional."
        )
        questions = {
            f"Local derivative ∂{edge.node}/∂{edge.operand}": lambda answer: local_derivative(edge, answer),
            f"Gradient of {edge.operand} after the step": lambda answer: gradient(
                edge, answer, settings.accumulate
            ),
        }
        for question, check in questions.items():
            answer = st.number_input(
                question,
                value=None,
                format="%g",
                placeholder="your answer",
                key=f"backprop.{step}.{question}",
            )
            if answer is not None:
                checked = check(answer)
                (st.success if checked.right else st.info)(checked.sentence)


def all_paths(settings: Passes) -> None:
    """Every path from a leaf the reader picks, and how their products add up to its gradient."""
    graph, last = settings.graph, walk(settings)[-1]
    counts = path_counts(graph)
    most = max(graph.leaves, key=counts.get)
    leaf = st.selectbox(
        "Follow every path from", graph.leaves, index=graph.leaves.index(most), key="backprop.leaf", width=300
    )
    many = counts[leaf]
    if many > MAX_PATHS:
        st.info(f"{leaf} reaches {graph.output} by {many:,} paths; up to {MAX_PATHS:,} can be listed.")
        return
    ways = paths(graph, settings.leaves, leaf)
    true = gradients(graph, settings.leaves)[leaf]
    show.beside(
        {
            "backprop.paths.left": draw.paths(settings, last.values, leaf, ways, true),
            "backprop.paths.right": learning.path_sum(leaf, ways, true),
        }
    )


def open_functions(lesson: Lesson) -> None:
    """A button for each of the odd functions that opens it in the graph above."""
    with st.container(horizontal=True):
        for name, function in FUNCTIONS.items():
            st.button(
                f"Step through {name}",
                key=f"backprop.open.{name}",
                help=function.expression,
                on_click=controls.change,
                args=(lesson,),
                kwargs=dict(function),
            )
