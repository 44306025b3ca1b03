"""Which encoders there are; each is imported when it is first used, so a broken optional package stops nothing else.

A new encoder is one file plus one line here: the module, which offers ``load_encoder``, and ``check_encoder``
if its weights may be missing while the model is whole.
"""

import importlib
from pathlib import Path
from typing import Any

from icgan_demo.encoders.encoder import Encoder
from icgan_demo.errors import EncoderError
from icgan_demo.weights.cards import Card

ENCODERS = {
    "lite0": "icgan_demo.encoders.lite0",
    "bundled": "icgan_demo.encoders.bundled",
    "resnet50-swav": "icgan_demo.encoders.resnet50",
    "resnet50-supervised": "icgan_demo.encoders.resnet50",
    "resnet50-imagenet-lt": "icgan_demo.encoders.resnet50",
    "openclip": "icgan_demo.encoders.openclip",
}


def load_encoder(card: Card, folder: Path) -> Encoder:
    """Return the encoder that a model's card names.

    Args:
        card: its ``encoder`` holds the kind and what that kind needs.
        folder: the model's own folder; encoders that several models share lie in ``encoders`` beside it, or in the
            user's model folder.
    Returns:
        The encoder. Published weights that are not on this machine yet give one that says so when it is asked to
        encode, so that the model can still draw from given features; ``check_encoder`` says it at once.
    Raises:
        EncoderError: if this program does not know the kind, a package is missing, or the weights cannot be had.
        WeightsError: if the weights are damaged.
    """
    return _module(card).load_encoder(card, folder)


def check_encoder(card: Card, folder: Path) -> None:
    """Raise an EncoderError that says how to get the encoder if it is plainly not here; nothing is loaded."""
    if hasattr(module := _module(card), "check_encoder"):
        module.check_encoder(card, folder)


def _module(card: Card) -> Any:
    kind = str(card.encoder["kind"])
    if kind not in ENCODERS:
        raise EncoderError(f"This program does not know the encoder {kind[:100]!r}. Known: {', '.join(ENCODERS)}.")
    try:
        return importlib.import_module(ENCODERS[kind])
    except Exception as error:  # a broken package may raise anything when it is imported
        raise EncoderError(f"The encoder {kind} needs a package that cannot be imported here.") from error
