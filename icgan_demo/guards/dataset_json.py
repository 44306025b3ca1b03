"""The ``dataset.json`` that StyleGAN's dataset_tool puts beside its pictures, from strangers."""

import json
from collections.abc import Mapping
from typing import Any

from icgan_demo.guards.labels import clean_label

FILE = "dataset.json"
MAX_BYTES = 4_000_000
"""Of the file: 60,000 pictures take three quarters of it. JSON in memory is up to 30 times as large."""


def read_dataset_labels(content: bytes) -> dict[str, str] | None:
    """Return the class of each picture by its path below the file, as clean text; None if it is no such file.

    ``{"labels": null}`` says that there are no classes; so do labels that are lists of numbers.

    Source: NVlabs/stylegan3, dataset_tool.py: ``{"labels": [["00000/img00000000.png", 6], ...]}``.
    """
    if len(content) > MAX_BYTES:
        return None
    try:
        values = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or "labels" not in values:
        return None
    pairs = values["labels"]
    if isinstance(pairs, Mapping):
        pairs = list(pairs.items())
    if not isinstance(pairs, list):
        return {} if pairs is None else None
    if not all(isinstance(pair, (list, tuple)) and len(pair) == 2 and isinstance(pair[0], str) for pair in pairs):
        return None
    return {path.replace("\\", "/").removeprefix("./"): _label(value) for path, value in pairs}


def _label(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return ""
    return clean_label(str(value) if isinstance(value, str) else f"{value:d}"[:20])
