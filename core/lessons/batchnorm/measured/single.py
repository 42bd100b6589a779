"""The batch that PyTorch refuses."""

from collections.abc import Callable

import torch


def single_sample(tick: Callable[[float], None] | None = None) -> str:
    """What PyTorch says to a batch of one."""
    try:
        torch.nn.BatchNorm1d(1)(torch.zeros(1, 1))
    except ValueError as error:
        return str(error)
    raise RuntimeError("this version of PyTorch accepts a batch of one")
