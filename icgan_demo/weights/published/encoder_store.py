"""Converted encoder weights in the user's model folder: ``encoders/<kind>/`` holds tensors and a record of them."""

import json
from dataclasses import asdict
from pathlib import Path

from icgan_demo.errors import EncoderError
from icgan_demo.weights.cards import ENCODER
from icgan_demo.weights.folders import user_models_folder
from icgan_demo.weights.published.catalogue import ENCODER_WEIGHTS
from icgan_demo.weights.published.resnet50_files import read_resnet50
from icgan_demo.weights.tensor_files import FileRecord, save_json, save_tensors

ENCODERS = "encoders"
RECORD = "encoder.json"


def convert_encoder(path: Path, models: Path, kind: str | None = None) -> str:
    """Convert a local ResNet-50 file, in place of an earlier one of its kind; returns the kind.

    Raises:
        WeightsError: see ``read_resnet50``; or if the disk is full.
    """
    kind, tensors = read_resnet50(path, kind)
    folder = models / ENCODERS / kind
    record = save_tensors(tensors, folder / ENCODER)
    known = ENCODER_WEIGHTS[kind]
    text = {"kind": kind, "title": known.title, "licence": asdict(known.licence), "file": asdict(record)}
    save_json(text, folder / RECORD)  # last: it publishes the tensors
    return kind


def find_encoder(kind: str, models: Path) -> tuple[Path, FileRecord]:
    """Return the converted tensors of ``kind`` and what is known of them, without reading them.

    Args:
        kind: one of ``ENCODER_WEIGHTS``.
        models: a model folder; the user's is looked at too.
    Raises:
        EncoderError: that says how to get them.
    """
    for folder in (models / ENCODERS / kind, user_models_folder() / ENCODERS / kind):
        try:
            record = FileRecord(**json.loads((folder / RECORD).read_text())["file"])
            if (folder / ENCODER).stat().st_size == record.size:
                return folder / ENCODER, record
        except (OSError, ValueError, KeyError, TypeError):
            continue
    raise EncoderError(
        f"The encoder {ENCODER_WEIGHTS[kind].title} is not on this machine. "
        f"Download it with `icgan-demo models import {kind}`, or import its file."
    )
