"""From text to a scalar graph, by our own walk over Python's syntax tree; nothing that is typed is ever run.

    x*y + sin(x)                    one formula, whose value is called f
    a = x*y; b = a + exp(a); a*b    named steps, separated by ; or new lines; the last one is the output

A name that no step computes is a leaf: its value is given.
"""

import ast
import re
import sys

from core.lessons.backprop.graph import LARGEST, Graph, Node
from core.lessons.backprop.operations import FUNCTIONS, OPERATIONS

MAX_LENGTH = 1000
MAX_OPERATIONS = 60
SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
ALLOWED = f"allowed are names, numbers, + - * / **, brackets and {', '.join(FUNCTIONS)}"


def parse(text: str) -> Graph:
    """The graph of a formula.

    Raises ValueError, one sentence that says which part is wrong and what is allowed.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"The expression has {len(text)} characters; allowed are up to {MAX_LENGTH}.")
    if strange := re.search(r"[^A-Za-z0-9_+\-*/().,;=\s]", text):
        raise ValueError(f"The sign {strange[0]} is not known; {ALLOWED}, where ** is a power.")
    text = "\n".join(line.strip() for line in text.strip().splitlines())
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        line = text.splitlines()[error.lineno - 1]
        rest = line[error.offset - 1 :]
        place = f"at '{_short(rest)}'" if rest else f"after '{_short(line)}'"
        raise ValueError(f"The expression cannot be read {place}; {ALLOWED}, * between factors.") from None
    except (MemoryError, RecursionError):
        raise ValueError("The expression nests too deeply; use fewer brackets and minus signs.") from None
    operations = sum(isinstance(part, ast.BinOp | ast.UnaryOp | ast.Call) for part in ast.walk(tree))
    if operations > MAX_OPERATIONS:
        raise ValueError(f"The expression has {operations} operations; allowed are up to {MAX_OPERATIONS}.")
    if not tree.body:
        raise ValueError("The expression is empty; type a formula such as x*y + sin(x).")
    return _Reader(text, tree).graph()


class _Reader:
    """Turns a syntax tree into nodes, operands before results."""

    def __init__(self, text: str, tree: ast.Module):
        self.text, self.steps = text, tree.body
        self.taken = {part.id for part in ast.walk(tree) if isinstance(part, ast.Name)}
        self.nodes: dict[str, Node] = {}

    def graph(self) -> Graph:
        for step in self.steps:
            match step:
                case ast.Assign([ast.Name(name)], formula):
                    self.step(step, name, formula)
                case ast.Expr(formula) if step is self.steps[-1]:
                    self.step(step, self.free_name("f"), formula)
                case _:
                    raise ValueError(f"'{self.part(step)}' is not a step; write it as name = formula.")
        *earlier, output = self.nodes
        used = {operand for node in self.nodes.values() for operand in node.operands}
        if unused := [name for name in earlier if name not in used]:
            raise ValueError(
                f"{unused[0]} is computed but not used; each step must lead to the last, {output}."
            )
        graph = Graph(tuple(self.nodes.values()))
        if output not in graph.varying:
            raise ValueError("The expression has only numbers in it; use at least one name, such as x.")
        return graph

    def step(self, step: ast.stmt, name: str, formula: ast.expr) -> None:
        self.check_name(name)
        if self.read(formula, name) != name:
            raise ValueError(f"'{self.part(step)}' computes nothing; use an operation, such as x*y.")

    def read(self, tree: ast.expr, name: str = "") -> str:
        """Add the nodes of a formula and return the name of its result: `name` if it is an operation."""
        match tree:
            case ast.Constant(value):
                return self.number(tree, value)
            case ast.UnaryOp(ast.USub(), ast.Constant(value)):
                return self.number(tree, value, sign=-1)
            case ast.Name(leaf):
                self.check_name(leaf)
                return self.nodes.setdefault(leaf, Node(leaf, "leaf")).name
            case ast.UnaryOp(ast.USub(), operand):
                return self.operation(name, "neg", operand)
            case ast.BinOp(left, sign, right) if type(sign) in SIGNS:
                return self.operation(name, SIGNS[type(sign)], left, right)
            case ast.Call(ast.Name(function), operands, []) if function in FUNCTIONS:
                arity = OPERATIONS[function].arity
                if len(operands) not in arity:
                    takes = f"{function} takes {' or '.join(map(str, arity))}"
                    raise ValueError(f"'{self.part(tree)}' has {len(operands)} operands; {takes}.")
                return self.operation(name, function, *operands)
            case ast.Call(ast.Name(function)) if function not in FUNCTIONS:
                raise ValueError(f"{_short(function)} is no function that is known; {ALLOWED}.")
        raise ValueError(f"'{self.part(tree)}' is not possible here; {ALLOWED}.")

    def operation(self, name: str, operation: str, *operands: ast.expr) -> str:
        read = tuple(self.read(operand) for operand in operands)
        if name in self.nodes:
            raise ValueError(
                f"{name} has a value before the step that computes it; give that step a new name."
            )
        name = name or self.free_name()
        self.nodes[name] = Node(name, operation, read)
        return name

    def number(self, tree: ast.expr, value: object, sign: int = 1) -> str:
        if type(value) not in (int, float) or value > sys.float_info.max:
            raise ValueError(f"'{self.part(tree)}' is not allowed; numbers are plain and at most {LARGEST}.")
        name = repr(sign * value)
        return self.nodes.setdefault(name, Node(name, "number")).name

    def free_name(self, *wishes: str) -> str:
        names = [*wishes, *(f"v{i}" for i in range(1, MAX_LENGTH))]
        return next(name for name in names if name not in self.taken and name not in self.nodes)

    def check_name(self, name: str) -> None:
        if name in FUNCTIONS:
            raise ValueError(f"{name} is a function and cannot be a name; write it with brackets, {name}(x).")
        if not re.fullmatch(r"[A-Za-z]\w{0,11}", name):
            raise ValueError(
                f"'{_short(name)}' is not a name; it takes a letter, then up to 11 letters, digits or _."
            )

    def part(self, tree: ast.AST) -> str:
        return _short(ast.get_source_segment(self.text, tree))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:40]}…"
