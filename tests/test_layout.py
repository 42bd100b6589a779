"""How the project is laid out: folders, who imports whom, what is pinned, how every page starts."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from core.lessons import LESSONS

ROOT = Path(__file__).parents[1]
VISIBLE = {
    "README.md",
    "LICENSE",
    "pyproject.toml",
    "requirements.txt",
    "dashboard.py",
    "core",
    "pages",
    "tests",
}
TORCH = re.compile(r"core/(engine/|lessons/\w+/measured|monitor\.py)")
LEVELS = (
    ("settings", "data", "trainable", "words", "work"),
    ("slopes", "experiment"),
    ("theory", "spread", "run", "sweep"),
    ("engine",),
    ("diagnosis", "export", "charts"),
    ("lessons",),
)
"""What stands in core/, lowest first; each may import what is below it, and what is beside it."""
SHARED = ("core/charts", "core/diagnosis", "core/export", "core/engine")
IMPORT_NAMES = {"scikit-learn": "sklearn"}
TEST_COMMAND = "pip install -r tests/requirements.txt && pytest"


def sources(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def name(path):
    return str(path.relative_to(ROOT))


class Loaded(ast.NodeTransformer):
    """Leaves out what is imported for annotations alone."""

    def visit_If(self, node):
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)


@cache
def modules(path, at_load_only=False):
    """The modules that a file imports, dotted; of `from core.run import Run` also core.run.Run."""
    tree = Loaded().visit(ast.parse(path.read_text(encoding="utf-8")))
    nodes = list(tree.body if at_load_only else ast.walk(tree))
    found = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


def imported(path):
    """Top-level packages that a file imports, anywhere in it."""
    return {module.split(".")[0] for module in modules(path)}


def module(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def is_file(dotted):
    path = ROOT / dotted.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def place(dotted):
    """The part of core/ that a module stands in, and the lesson if it is in one."""
    _, part, *rest = [*dotted.split("."), "", ""]
    return part, rest[0] if part == "lessons" and (ROOT / "core/lessons" / rest[0]).is_dir() else ""


def first_statement(path):
    """The first line of a file that is neither its docstring nor an import."""
    skipped = ast.Import | ast.ImportFrom
    statements = [
        node for node in ast.parse(path.read_text(encoding="utf-8")).body[1:] if not isinstance(node, skipped)
    ]
    return ast.unparse(statements[0]) if statements else ""


def test_the_top_level_stays_small():
    """Of what git keeps: people make folders of their own beside it, and may have no git at all."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    names = {line.split("/")[0] for line in listed.stdout.splitlines()}
    assert {name for name in names if not name.startswith(".")} in (VISIBLE, set())
    assert {path.name for path in ROOT.iterdir()} >= VISIBLE


@pytest.mark.parametrize("path", sources("core"), ids=name)
def test_core_knows_nothing_of_the_interface(path):
    assert not imported(path) & {"streamlit", "pages", "dashboard"}


@pytest.mark.parametrize("path", sources("pages"), ids=name)
def test_pages_leave_torch_to_the_core(path):
    assert "torch" not in imported(path)


@pytest.mark.parametrize("path", sources("core"), ids=name)
def test_torch_is_imported_where_networks_are_trained_and_measured(path):
    assert "torch" not in imported(path) or TORCH.match(name(path))


def test_everything_outside_those_places_loads_without_torch():
    """The first screen is there before torch is; pages import what needs it inside the section that asks."""
    outside = {module(path) for path in sources("core") if not TORCH.match(name(path))}
    outside |= {m for path in sources("pages") for m in modules(path, at_load_only=True) if is_file(m)}
    script = f"import sys, {', '.join(sorted(outside))}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


def test_the_list_of_lessons_needs_neither_torch_nor_plotly():
    script = "import sys, core.lessons; sys.exit(bool({'torch', 'plotly'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize("path", sources("core"), ids=name)
def test_imports_run_one_way(path):
    """Lessons never import each other, what they share imports no lesson, and no level the one above."""
    level = {part: i for i, parts in enumerate(LEVELS) for part in parts}
    part, lesson = place(module(path))
    for other, its_lesson in (place(m) for m in modules(path) if m.startswith("core.")):
        assert level.get(other, -1) <= level.get(part, 99), other
        assert its_lesson in ("", lesson) or not lesson, its_lesson
        assert other != "lessons" or part == "lessons", name(path)


def test_no_import_runs_in_a_circle():
    graph = {}
    names = {module(path) for path in [*sources("core"), *sources("pages")]}
    for path in [*sources("core"), *sources("pages")]:
        graph[module(path)] = names.intersection(modules(path)) - {module(path)}
    assert not list(circles(graph))


def circles(graph):
    """Every module that is reached from itself."""
    for start in graph:
        seen, todo = set(), [start]
        while todo:
            for other in graph[todo.pop()] - seen:
                if other == start:
                    yield start
                seen.add(other)
                todo.append(other)


@pytest.mark.parametrize("path", ["requirements.txt", "tests/requirements.txt"])
def test_every_requirement_is_pinned(path):
    for line in (ROOT / path).read_text(encoding="utf-8").splitlines():
        assert line == "-r ../requirements.txt" or re.fullmatch(r"[a-z-]+==\d+(\.\d+)+", line)


def test_the_app_requires_what_it_imports_and_nothing_else():
    used = set().union(*(imported(path) for path in [*sources("core"), *sources("pages")]))
    required = {
        line.split("==")[0] for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    }
    modules = {IMPORT_NAMES.get(package, package) for package in required}
    assert used - sys.stdlib_module_names - {"core", "pages"} == modules


@pytest.mark.parametrize("path", ["README.md", ".ci/run"])
def test_the_test_command_is_the_same_everywhere(path):
    assert TEST_COMMAND in (ROOT / path).read_text(encoding="utf-8")


def test_a_page_starts_with_its_guard():
    """Without it, a link that wakes a sleeping server shows the page without its frame."""
    for slug in ("home", *LESSONS):
        path = ROOT / f"pages/{slug}.py"
        assert path.is_file(), f"the lesson {slug} has no {name(path)}"
        assert first_statement(path) == "shell.guard()", name(path)


def test_every_page_is_that_of_a_lesson():
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} == {"__init__", "home", *LESSONS}
