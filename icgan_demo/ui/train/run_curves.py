"""Curves of a run as tables that the page's plots take."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from icgan_demo.service.training.run_files import Curve
from icgan_demo.ui.texts.language import say

if TYPE_CHECKING:
    import pandas as pd

LOSSES = ("loss_generator", "loss_discriminator")
SCORES = ("score_seen", "score_held_out", "score_drawn")
SHARES = ("precision", "recall", "density", "coverage", "similarity", "held_out_similarity", "agreement")
_COLUMNS = ("step", "value", "curve")


def table(curves: Sequence[Curve], names: Mapping[str, str]) -> "pd.DataFrame":
    """Return the named curves as a long table; a name maps to what the legend calls it."""
    import pandas as pd  # here: the page opens without it

    rows = [
        (step, value, names[curve.name])
        for curve in curves
        if curve.name in names
        for step, value in zip(curve.steps, curve.values, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def named(columns: Sequence[str], language: str) -> dict[str, str]:
    """Return what the legend calls each of these columns."""
    return {column: say(language, f"train_curve_{column}") for column in columns}


def distances(latest: Mapping[str, object], language: str) -> dict[str, str]:
    """Return the names of Fréchet (FD) and kernel distances (KD), each with its encoder: never plain FID."""
    first, second = latest.get("encoder", "encoder"), latest.get("second_encoder", "second encoder")
    names = {"fd": f"FD ({first})", "second_fd": f"FD ({second})"}
    names |= {"kd": f"KD ({first})", "second_kd": f"KD ({second})"}
    return names | {"held_out_kd": f"KD ({first}), {say(language, 'train_curve_held_out')}"}
