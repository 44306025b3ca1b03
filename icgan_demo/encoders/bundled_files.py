"""The bundled encoder from a model's own folder."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from icgan_demo.config import EncoderConfig
from icgan_demo.encoders.bundled import BundledEncoder, build_network
from icgan_demo.errors import WeightsError
from icgan_demo.models.weightless import weightless
from icgan_demo.weights.cards import ENCODER, Card
from icgan_demo.weights.files import load_module


def load_encoder(card: Card, folder: Path) -> BundledEncoder:
    """Return the encoder in ``folder``; its identity covers weights and settings.

    Raises:
        WeightsError: if the card does not describe it, or its file is missing or damaged.
    """
    try:
        settings = card.encoder["settings"]
        config = TypeAdapter(EncoderConfig).validate_python(settings)
        assert isinstance(settings, dict)  # what else would have been validated
        if unknown := settings.keys() - asdict(config):
            raise KeyError(*unknown)
        file = str(card.encoder.get("file", ENCODER))
        record = card.files[file]
    except (ValidationError, KeyError) as error:
        raise WeightsError(
            f"The card of {card.name} does not describe its encoder. Download the model again."
        ) from error
    with weightless():
        network = build_network(config)
    load_module(network, folder / file, record.sha256)
    # What a picture is reduced to first is left out: a grown model's features are those of the model it was grown from.
    told = {name: value for name, value in asdict(config).items() if name != "detail_side"}
    described = f"{record.sha256} {json.dumps(told, sort_keys=True)}"
    return BundledEncoder(network, config, f"bundled:{hashlib.sha256(described.encode()).hexdigest()[:16]}")
