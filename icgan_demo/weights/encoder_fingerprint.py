"""What makes the features of a model, in short: models of one fingerprint understand each other's instances."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def encoder_fingerprint(card: Mapping[str, Any]) -> str:
    """Return 16 hex digits that stand for what makes a model's features: encoder, its weights, resolution.

    Args:
        card: a model's card as plain JSON values.
    """
    encoder = card["encoder"]
    made_by = [encoder, card["files"].get(encoder.get("file")), card["generator"]["resolution"]]
    return hashlib.sha256(json.dumps(made_by, sort_keys=True).encode()).hexdigest()[:16]
