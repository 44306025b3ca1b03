"""What recipes are made of: vectors as text, blends, stops and searches as JSON; all of it may come from anyone."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field, with_config

from icgan_demo.errors import RequestError
from icgan_demo.guards.json_text import STRICT
from icgan_demo.service.drawing.drawing_requests import MAX_INSTANCES, MAX_TARGETS, Blend, Swap

MAX_FEATURE_LENGTH = 16_384
MAX_NOISE_LENGTH = 4096

ShortText = Annotated[str, Field(max_length=1000)]


def pack(vector: np.ndarray) -> str:
    """Return a feature or noise as base64 of little-endian float32."""
    return base64.b64encode(vector.astype("<f4").tobytes()).decode()


def unpack(text: str) -> np.ndarray:
    """Return the float32 vector in base64 ``text``; raises ValueError if it is none."""
    try:
        return np.frombuffer(base64.b64decode(text, validate=True), dtype="<f4").astype(np.float32)
    except (binascii.Error, ValueError) as error:
        raise ValueError("it is not base64 text of float32 numbers") from error


def _checked_feature(text: str) -> str:
    feature = unpack(text)
    if not 1 <= len(feature) <= MAX_FEATURE_LENGTH or not 0.99 < np.linalg.norm(feature.astype(np.float64)) < 1.01:
        raise ValueError("it is not a unit-length feature")
    return text


def _checked_noise(text: str) -> str:
    noise = unpack(text)
    if not 1 <= len(noise) <= MAX_NOISE_LENGTH or not np.isfinite(noise).all():
        raise ValueError("it is not noise")
    return text


PackedFeature = Annotated[str, Field(max_length=8 * MAX_FEATURE_LENGTH), AfterValidator(_checked_feature)]
"""A feature of unit length: float32, little-endian, base64."""
PackedNoise = Annotated[str, Field(max_length=8 * MAX_NOISE_LENGTH), AfterValidator(_checked_noise)]
"""Noise of one picture: float32, little-endian, base64."""


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class BlendValues:
    """A ``Blend`` as JSON; its features are rows of the recipe's list."""

    instances: Annotated[tuple[tuple[int, float], ...], Field(max_length=MAX_INSTANCES)]
    """(row of ``features``, weight)."""
    own: ShortText | None = None
    targets: Annotated[tuple[tuple[ShortText, float], ...], Field(max_length=MAX_TARGETS)] = ()
    position: float = 0.0
    balance: float = 0.5

    def blend(self, features: Sequence[str]) -> Blend:
        """Return the blend of packed ``features``; raises RequestError for a value out of range."""
        if not all(0 <= row < len(features) for row, _ in self.instances):
            raise RequestError("The recipe names an instance that it does not hold.")
        return Blend(
            tuple(unpack(features[row]) for row, _ in self.instances),
            tuple(weight for _, weight in self.instances),
            Swap(self.own, self.targets, self.position),
            self.balance,
        )


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class StopValues:
    """A ``Stop`` as JSON."""

    blend: BlendValues
    seed: int


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class SearchValues:
    """What a search was asked for; the picture is drawn again without it."""

    target: PackedFeature | None = None
    """The picture to resemble, as the model's encoder sees it."""
    words: ShortText = ""
    """The words to resemble instead."""
    guide: Annotated[str, Field(pattern="^(model|openclip)$")]
    """Whose features were compared."""
    method: Annotated[str, Field(pattern="^(gradient|evolution)$")]
    rounds: int
    """Done when the picture was found."""


class PackedFeatures:
    """Collects the features of blends, each once."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        """Packed features in the order of their rows."""

    def values(self, blend: Blend) -> BlendValues:
        """Return a blend as JSON values; its features become rows."""
        instances = tuple(
            (self.rows.setdefault(pack(feature), len(self.rows)), float(weight))
            for feature, weight in zip(blend.features, blend.weights, strict=True)
        )
        swap = blend.swap
        return BlendValues(
            instances=instances,
            own=swap.own,
            targets=tuple((name, float(weight)) for name, weight in swap.targets),
            position=float(swap.position),
            balance=float(blend.balance),
        )
