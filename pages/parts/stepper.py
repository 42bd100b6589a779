"""The two passes of the Backprop page, one step at a time: numbers to change, a play head, a prediction."""

import streamlit as st
from plotly.colors import hex_to_rgb

from core.lessons.backprop.charts import graph as draw
from core.lessons.backprop.charts import sharing
from core.lessons.backprop.claims import FUNCTIONS
from core.lessons.backprop.examine import Trial
from core.lessons.backprop.graph import LARGEST
from core.lessons.backprop.guess import gradient, local_derivative
from core.lessons.backprop.mistakes import mistakes
from core.lessons.backprop.moments import Moment, now, walk
from core.lessons.backprop.notation import symbol, written
from core.lessons.backprop.paths import MAX_PATHS, agree, path_counts, paths
from core.lessons.backprop.settings import Passes
from core.lessons.backprop.update import first_step, pytorch_lines
from core.lessons.lesson import Lesson
from core.settings import plain
from core.words import short
from pages.parts import controls, say, show

# The colours of the nodes, as dark or as light as words have to be.
WORDS = {"data": ("#7B3571", "#DBA6D3"), "weight": ("#2C6A38", "#8FD3A0")}
WORDS |= {"value": ("#0B5FA5", "#7DBBF0"), "gradient": ("#A84300", "#FFA05C")}

BOXES = {"right": (say.success, "check"), "wrong": (say.error, "close")}
BOXES |= {"kink": (say.warning, "call_split"), "unknown": (say.warning, "question_mark")}

NARROW = "@media (max-width: 640px) { .st-key-backprop-graph .trace:last-child text { display: none } }"
"""On a phone there is no room for the gradients of the weights, the last trace of the graph."""


def leaves(lesson: Lesson, settings: Passes) -> None:
    """A number to change for every leaf."""
    with st.expander("Change the inputs, the weights and the target", icon=":material/edit:"):
        with st.container(horizontal=True):
            for leaf, value in settings.leaves.items():
                key = f"{lesson.slug}.leaf.{leaf}"
                controls.put(key, value)
                st.number_input(
                    written(leaf),
                    value=None,
                    key=key,
                    step=0.1,
                    format="%g",
                    width=160,
                    on_change=_typed,
                    args=(lesson, settings, leaf, key),
                )
        controls.complaints(lesson, "values", *map(written, settings.leaves))
        st.button(
            "Back to the drawn numbers", on_click=controls.change, args=(lesson,), kwargs={"values": ""}
        )
    if settings.waiting:
        say.text(f"{', '.join(settings.waiting)}: no place in this graph; kept for one that has it.")


def _typed(lesson: Lesson, settings: Passes, leaf: str, key: str) -> None:
    """Take a number over; what is none, and what is too large for one, arrives as None."""
    if (value := st.session_state[key]) is not None:
        controls.change(lesson, **settings.with_value(leaf, value))
        return
    st.session_state[f"{lesson.slug}.complaints"] = [
        f"{written(leaf)} cannot be what was typed: allowed is a number of at most {LARGEST}. "
        f"It is still {short(settings.leaves[leaf])}."
    ]


def stepper(lesson: Lesson, settings: Passes) -> None:
    """The graph, the buttons that move through it, the formula of the step, and what comes out at the end."""
    moments = walk(settings)
    moment, last = now(settings, moments), len(moments) - 1
    for sentence in mistakes(settings):
        say.warning(sentence, icon=":material/warning:")
    drawing = draw.Drawing(settings)
    if drawing.wide:
        drawn, (moved, told) = st.container(), st.columns([2, 3])
    else:
        drawn, told = st.columns([3, 2])
        moved = told
    with drawn:
        if drawing.on_edges:
            st.html(f"<style>{NARROW}</style>")
        show.chart(draw.passes(settings, moments, moment), "backprop.graph")
    with moved:
        _moves(lesson, moment, last)
    with told:
        say.markdown(f"#### Step {moment} of {last}. {moments[moment].title}")
        _formula(walk(settings, draw.paint(settings))[moment])
        if moment < last:
            _guess(settings, moments[moment + 1], moment + 1)
            say.caption("At the end every weight has its gradient, and a table shows the step it makes.")
    if moment == last:
        _first_step(settings)


def _first_step(settings: Passes) -> None:
    """Every weight with its gradient and its first step, beside the lines of PyTorch that do it."""
    updates = first_step(settings)
    wrong = sum(update.wrong for update in updates)
    moving, many = sum(bool(update.change) for update in updates), len(updates)
    if wrong:
        title = f"The gradient is wrong at {wrong} of the {many} leaves that training moves"
    elif moving == many:
        title = "Every weight has its gradient, and takes a step against it"
    else:
        title = f"Every weight has its gradient; at {moving} of {many} it is not 0 and makes a step"
    say.markdown(f"#### {title}")
    mark = {True: ":red[:material/close: {}]", False: "{}"}
    found = [mark[update.wrong].format(short(update.gradient)) for update in updates]
    table = {
        "weight": [f"${symbol(update.leaf)}$" for update in updates],
        "value": [short(update.value) for update in updates],
        "gradient": found,
        "right gradient": [short(update.right) for update in updates],
        f"−{plain(settings.learning_rate)} · gradient": [short(update.change) for update in updates],
        "new value": [short(update.new) for update in updates],
    }
    if settings.accumulate and settings.zero_grad:
        del table["right gradient"]
    left, right = st.columns([3, 2])
    with left:
        st.table(table)
    with right:
        st.code(pytorch_lines(settings), language="python", wrap_lines=True)
        say.caption(
            "What PyTorch prints for the first weight. The new values are where training below stands after "
            "its first step."
        )


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
        node, operand = written(edge.node), written(edge.operand)
        say.caption(f"Next, {node} sends its share of the gradient to {operand}. Both are optional.")
        questions = {
            f"Local derivative ∂{node}/∂{operand}": lambda answer: local_derivative(edge, answer),
            f"Gradient of {operand} after the step": lambda answer: gradient(
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
                (say.success if checked.right else say.info)(checked.sentence)


def all_paths(settings: Passes) -> None:
    """Every path from a leaf the reader picks, and whether their products add up to its gradient."""
    graph, last = settings.graph, walk(settings)[-1]
    counts = path_counts(graph)
    most = max(graph.leaves, key=lambda name: (counts[name], name in settings.parameters))
    pick = dict(index=graph.leaves.index(most), format_func=written, key="backprop.leaf", width=300)
    leaf = st.selectbox("Follow every path from", graph.leaves, **pick)
    many = counts[leaf]
    if many > MAX_PATHS:
        say.info(
            f"{written(leaf)} reaches {written(graph.output)} by {many:,} paths; up to {MAX_PATHS:,} can be "
            "listed."
        )
        return
    ways, found = paths(graph, settings.leaves, leaf), settings.gradients[leaf]
    figures = {
        "backprop.paths.left": draw.paths(settings, last.values, leaf, ways, found),
        "backprop.paths.right": sharing.path_sum(leaf, ways, found),
    }
    if not agree(ways, found):
        say.error(figures["backprop.paths.left"].layout.meta["title"] + ".", icon=":material/close:")
    show.beside(figures)


def verdict(trial: Trial) -> None:
    """Whether the gradient has passed its trial, in the colour of the verdict."""
    box, icon = BOXES[trial.verdict]
    box(trial.sentence, icon=f":material/{icon}:")


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
