"""The app says in one sentence that it was not made for the Python it is started with."""

import sys

import pytest


@pytest.mark.parametrize(
    ("version", "stops"), [((3, 10), True), ((3, 11), False), ((3, 13, 9), False), ((3, 14), True)]
)
def test_another_python_is_named_with_those_that_do(page, monkeypatch, version, stops):
    monkeypatch.setattr(sys, "version_info", version)
    at = page()
    assert [f"This is Python {version[0]}.{version[1]}." in error.value for error in at.error] == [
        True
    ] * stops
    assert bool(at.markdown) != stops
