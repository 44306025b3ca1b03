"""What pictures look like at a glance, so that frames that show the same and mirrored doubles are found at once."""

import base64
from collections.abc import Sequence

import numpy as np
from PIL import Image

SIDE = 12
"""Of the small grey picture that a look is; smaller ones miss what moves, larger ones notice a camera's noise."""
SAME_FRAME = 6.0
"""Frames that differ by less show the same; grey levels of 255. A still camera's noise and exposure stay below 2."""
DOUBLE = 2.5
"""Pictures that differ by less are one picture, saved twice or mirrored; grey levels of 255."""


def look_of(picture: Image.Image) -> str:
    """Return what a picture looks like: ``SIDE`` x ``SIDE`` grey levels as text."""
    small = picture.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    return base64.b64encode(small.tobytes()).decode()


def levels_of(looks: Sequence[str]) -> np.ndarray:
    """Return looks as rows of grey levels about their mean, which leaves the exposure out.

    Returns:
        float32, shape (N, SIDE * SIDE).
    """
    grey = np.frombuffer(b"".join(map(base64.b64decode, looks)), np.uint8)
    levels = grey.astype(np.float32).reshape(len(looks), SIDE * SIDE)
    return levels - levels.mean(1, keepdims=True)


def mirrored(levels: np.ndarray) -> np.ndarray:
    """Return the ``levels`` of the pictures' mirror images."""
    return levels.reshape(-1, SIDE, SIDE)[:, :, ::-1].reshape(len(levels), -1)


def differences(levels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the root of the mean squared difference of each of ``levels`` to each of ``others``, shape (N, M)."""
    squares = (levels**2).mean(1)[:, None] + (others**2).mean(1) - 2 * levels @ others.T / levels.shape[1]
    return np.sqrt(np.maximum(squares, 0))
