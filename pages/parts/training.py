"""Training for pages: cached by Experiment, one at a time, ended by the reader's next change."""

import importlib
import sys
import threading
import time
from collections.abc import Sequence

import streamlit as st
from cachetools import LRUCache

from core.experiment import Experiment
from core.run import Run

CACHE_BYTES = 150_000_000
SHOW_AFTER = 0.4
SNAPSHOTS = 40


class Store:
    """Finished Runs, the least recently used dropped beyond 150 MB; one thread at a time passes `gate`."""

    def __init__(self):
        self.gate, self._lock = threading.BoundedSemaphore(1), threading.Lock()
        self._runs = LRUCache(CACHE_BYTES, getsizeof=lambda run: run.nbytes)

    def have(self, keys: list) -> dict:
        """The Runs that are in store for these keys."""
        with self._lock:
            return {key: self._runs[key] for key in keys if key in self._runs}

    def keep(self, runs: dict) -> None:
        """Keep Runs for every session."""
        with self._lock:
            self._runs.update(runs)


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The one store of this process."""
    return Store()


def is_cached(experiments: Sequence[Experiment], snapshots: int = SNAPSHOTS) -> bool:
    """Whether `trained` would answer at once."""
    keys = {(e, snapshots) for e in experiments}
    return len(store().have(keys)) == len(keys)


def trained(experiments: Sequence[Experiment], snapshots: int = SNAPSHOTS) -> list[Run]:
    """The Run of every experiment, trained now or before. Shows progress after a moment.

    Touching `st.session_state` is where Streamlit ends a script whose page has changed since: so does a
    training, at its next tick, and nothing of it is kept.
    """
    keys, slot, started = [(e, snapshots) for e in experiments], st.empty(), time.monotonic()
    runs = store().have(keys)
    if missing := [key for key in dict.fromkeys(keys) if key not in runs]:
        if "torch" not in sys.modules:
            slot.progress(0.0, "Loading PyTorch …")
        from core.engine.train import train

        def tick(done: float) -> None:
            st.session_state.get("page")
            if time.monotonic() - started > SHOW_AFTER:
                slot.progress(done, f"Training {len(missing)} network{'s' * (len(missing) > 1)} …")

        while not store().gate.acquire(timeout=0.1):
            tick(0.0)
        try:
            runs |= store().have(missing)
            missing = [key for key in missing if key not in runs]
            new = dict(zip(missing, train([e for e, _ in missing], snapshots, tick), strict=True))
        finally:
            store().gate.release()
        store().keep(new)
        runs |= new
        slot.empty()
    return [runs[key] for key in keys]


@st.cache_data(show_spinner="Computing …", show_time=True, max_entries=64, max_size="50MB")
def computed(function: str, *args):
    """What "core.module.function" returns for these arguments: cached, one at a time, interruptible.

    Named, not passed, so that a module that needs PyTorch is loaded only now. The function gets `tick`,
    to be called every 20 ms or so; arguments have to be settings or plain values.
    """
    module, _, name = function.rpartition(".")
    f = getattr(importlib.import_module(module), name)

    def tick(*_) -> None:
        st.session_state.get("page")

    while not store().gate.acquire(timeout=0.1):
        tick()
    try:
        return f(*args, tick=tick)
    finally:
        store().gate.release()
