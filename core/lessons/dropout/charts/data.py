"""What the network is given to learn, in words."""

import numpy as np

from core.data import DATASETS
from core.experiment import Experiment
from core.words import short


def described(e: Experiment) -> str:
    """The data of an experiment, its wrong labels counted: a sentence."""
    about = DATASETS[e.dataset].draw.__doc__.strip().splitlines()[0].rstrip(".")
    about = about.removeprefix("Regression: ").replace("The same", "a")
    held = f"Held out, and never trained on, are {e.samples:,} others."
    if e.loss == "mse":
        more = f", in training of another {short(e.label_noise)}" * bool(e.label_noise)
        noise = f"with noise of deviation {short(e.noise)} on every target{more}"
        return f"Data, {e.dataset}: {about[0].lower()}{about[1:]}, {noise}. {e.samples:,} samples. {held}"
    wrong = int(np.sum(e.load().y_train != e.but(label_noise=0).load().y_train))
    labels = (
        f"{wrong:,} of {e.samples:,} training labels are wrong, no held-out one"
        if wrong
        else f"No label of {e.samples:,} training samples is wrong"
    )
    about = f"{about[0].lower()}{about[1:]}, with a jitter of {short(e.noise)}"
    return f"Data, {e.dataset}: {about}. {labels}. {held}"
