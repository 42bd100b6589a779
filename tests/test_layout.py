"""How the project is laid out: folders, who imports whom, what is pinned, how every page starts."""

import ast
import re
import subprocess
import sys
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
ENGINE = {
    "activations",
    "autopsy",
    "batchnorm",
    "clipping",
    "curvature",
    "descent",
    "mean_field",
    "measured",
    "network",
    "objectives",
    "probes",
    "replay",
    "train",
}
TEST_COMMAND = "pip install -r tests/requirements.txt && pytest"


def sources(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def name(path):
    return str(path.relative_to(ROOT))


def imported(path):
    """Top-level packages that a file imports, anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    modules = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    return {module.split(".")[0] for module in modules}


def first_statement(path):
    """The first line of a file that is neither its docstring nor an import."""
    skipped = ast.Import | ast.ImportFrom
    statements = [node for node in ast.parse(path.read_text()).body[1:] if not isinstance(node, skipped)]
    return ast.unparse(statements[0]) if statements else ""


def test_the_top_level_stays_small():
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    assert {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - ignored == VISIBLE


@pytest.mark.parametrize("path", sources("core"), ids=name)
def test_core_knows_nothing_of_the_interface(path):
    assert not imported(path) & {"streamlit", "pages", "dashboard"}


@pytest.mark.parametrize("path", sources("pages"), ids=name)
def test_pages_leave_torch_to_the_core(path):
    assert "torch" not in imported(path)


def test_everything_but_the_engine_loads_without_torch():
    """The first screen is there before torch is."""
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sources("core")
        if path.stem not in ENGINE
    ]
    script = f"import sys, {', '.join(modules)}; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


@pytest.mark.parametrize("path", ["requirements.txt", "tests/requirements.txt"])
def test_every_requirement_is_pinned(path):
    for line in (ROOT / path).read_text().splitlines():
        assert line == "-r ../requirements.txt" or re.fullmatch(r"[a-z]+==\d+(\.\d+)+", line)


def test_the_app_requires_what_it_imports_and_nothing_else():
    used = set().union(*(imported(path) for path in [*sources("core"), *sources("pages")]))
    required = {line.split("==")[0] for line in (ROOT / "requirements.txt").read_text().splitlines()}
    assert used - sys.stdlib_module_names - {"core", "pages"} == required


@pytest.mark.parametrize("path", ["README.md", ".ci/run"])
def test_the_test_command_is_the_same_everywhere(path):
    assert TEST_COMMAND in (ROOT / path).read_text()


def test_a_page_starts_with_its_guard():
    """Without it, a link that wakes a sleeping server shows the page without its frame."""
    pages = {path.stem for path in sources("pages") if first_statement(path) == "shell.guard()"}
    assert pages == {"home", *LESSONS}
