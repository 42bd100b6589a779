"""What a reader takes home: link, tables, script."""

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.export.csv import losses_csv, probes_csv, units_csv
from core.export.script import file_name, pytorch_script
from core.run import Run
from core.settings import Settings
from pages.parts import chaos, say


def take_away(run: Run, near_loss: DeltaGenerator, settings: Settings | None = None) -> None:
    """The link with every setting written out, the numbers, and the script that makes them again.

    near_loss: the place on the page where it is said if the run is chaotic.
    settings: what the link holds where the page has more settings than the run.
    """
    e = run.experiment
    files = {
        "Losses (CSV)": (lambda: losses_csv(run), file_name(e, "losses.csv")),
        "Probes (CSV)": (lambda: probes_csv(run), file_name(e, "probes.csv")),
        "Units (CSV)": (lambda: units_csv(run), file_name(e, "units.csv")),
    }
    near_script = take_files(settings or e, files, pytorch_script(e), file_name(e, "py"))
    chaos.tell(run, near_loss, near_script)


def take_files(
    settings: Settings | None, files: Mapping[str, tuple], script: str, script_name: str
) -> DeltaGenerator:
    """The same for any settings, or None where no link can hold them; returns a place beside the script.

    files: label -> (function that makes the text, file name).
    """
    say.subheader("Take it with you")
    if settings:
        say.caption("A link with every setting written out; it opens exactly this experiment.")
        link = f"{(st.context.url or '').split('?')[0]}?{urlencode(settings.to_link())}"
        st.code(link, language=None, wrap_lines=True)
    with st.container(horizontal=True):
        for label, (make, name) in (files | {"PyTorch script": (lambda: script, script_name)}).items():
            st.download_button(label, make, name, on_click="ignore", icon=":material/download:")
    beside = st.container()
    _shown(script)
    return beside


@st.fragment
def _shown(script: str) -> None:
    """The script itself, for those who unfold it: to colour it takes a browser as long as a chart."""
    place = st.expander("The same in plain PyTorch", key="script", on_change="rerun")
    if place.open:
        place.code(script, language="python")
