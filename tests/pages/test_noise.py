"""The tab of the Gradients page on signal and noise: what it computes at once, and when asked."""

import numpy as np
import pytest

from core.lessons.gradients.measured import noise

QUICK = {"depth": "3", "width": "8", "samples": "64", "steps": "20", "activation": "tanh"}
QUOTE = "“Each additional layer can successively reduce signal vs. noise”"


@pytest.fixture
def tab(page):
    at = page("pages/gradients.py", **QUICK)
    at.session_state["gradients.part"] = "Signal and noise"
    at.run()
    assert not at.exception
    return at


def test_it_measures_the_network_on_the_screen_and_others_when_asked(tab, traces, figures):
    e = tab.session_state["gradients"]
    assert any(QUOTE in said.value for said in tab.markdown)
    drawn = traces(tab, "gradients.ratios")
    np.testing.assert_allclose(drawn["before the first step"][1], noise.measure([e]).ratio[0])
    assert len(drawn["after step 20"][1]) == 3
    assert "gradients.noise" not in figures(tab)
    tab.button(key="gradients.noise.run").click().run()
    assert not tab.exception
    drawn = traces(tab, "gradients.noise")
    for name in ("this network", *noise.BESIDE):
        assert tuple(drawn[name][0]) == noise.DEPTHS
    tab.number_input(key="gradients.seed").set_value(9).run()
    assert "gradients.noise" not in figures(tab)
