"""What recipes are made of: vectors as text, blends, stops and searches as JSON; all of it may come from anyone."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, with_config

from icgan_demo.errors import RequestError
from icgan_demo.guards.json_text import STRICT
from icgan_demo.service.drawing.direction_requests import Direction, Move, Space
from icgan_demo.service.drawing.drawing_requests import MAX_INSTANCES, MAX_TARGETS, Blend, Swap, TravelStop
from icgan_demo.service.drawing.path_parts import Easing, PathPart

MAX_FEATURE_LENGTH = 16_384
MAX_NOISE_LENGTH = 4096
MAX_NAME = 60
"""Characters of a direction's name."""

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


def _checked_vector(text: str) -> str:
    vector = unpack(text)
    if not 1 <= len(vector) <= MAX_FEATURE_LENGTH or not np.isfinite(vector).all():
        raise ValueError("it is not a direction")
    return text


PackedFeature = Annotated[str, Field(max_length=8 * MAX_FEATURE_LENGTH), AfterValidator(_checked_feature)]
"""A feature of unit length: float32, little-endian, base64."""
PackedNoise = Annotated[str, Field(max_length=8 * MAX_NOISE_LENGTH), AfterValidator(_checked_noise)]
"""Noise of one picture: float32, little-endian, base64."""
PackedVector = Annotated[str, Field(max_length=8 * MAX_FEATURE_LENGTH), AfterValidator(_checked_vector)]
"""A direction: float32, little-endian, base64."""
DirectionName = Annotated[str, Field(max_length=MAX_NAME)]


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
class PartValues:
    """A ``PathPart`` as JSON."""

    rest: int = 0
    frames: int | None = None
    easing: Annotated[str, Field(pattern="^(linear|smooth|hold)$")] | None = None

    @classmethod
    def of(cls, part: PathPart) -> "PartValues | None":
        """Return a part as JSON values; None for one like all others."""
        if part == PathPart():
            return None
        return cls(rest=part.rest, frames=part.frames, easing=None if part.easing is None else part.easing.value)

    def part(self) -> PathPart:
        """Return the part; raises RequestError for a value out of range."""
        return PathPart(self.rest, self.frames, None if self.easing is None else Easing(self.easing))


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class StopValues:
    """A ``TravelStop`` as JSON."""

    blend: BlendValues
    seed: int
    part: PartValues | None = None
    """None for a stop like all others."""

    def stop(self, features: Sequence[str]) -> TravelStop:
        """Return the stop; raises RequestError for a value out of range."""
        return TravelStop(self.blend.blend(features), self.seed, self.part.part() if self.part else PathPart())


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


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class DirectionValues:
    """A ``Direction`` as JSON."""

    space: Annotated[str, Field(pattern="^(instance|condition|noise)$")]
    vector: PackedVector
    """One standard deviation."""
    side: int | None = None
    name: DirectionName = ""
    good: tuple[float, float] | None = None

    @classmethod
    def of(cls, direction: Direction) -> "DirectionValues":
        """Return a direction as JSON values."""
        return cls(
            space=direction.space.value,
            vector=pack(direction.vector),
            side=direction.side,
            name=direction.name[:MAX_NAME],
            good=direction.good,
        )

    def direction(self) -> Direction:
        """Return the direction; raises RequestError for a value out of range."""
        return Direction(Space(self.space), unpack(self.vector), self.side, self.name, self.good)

    def values(self) -> dict[str, Any]:
        """Return JSON values."""
        values: dict[str, Any] = _DIRECTION.dump_python(self, mode="json")
        return values


_DIRECTION = TypeAdapter(DirectionValues)


def read_direction(values: Any) -> Direction:
    """Return the direction of JSON ``values``, which may come from anyone; raises RequestError if it is none."""
    try:
        return _DIRECTION.validate_json(json.dumps(values)).direction()
    except (ValidationError, ValueError) as error:
        raise RequestError("A direction must be one as /directions returns it.") from error


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class MoveValues:
    """A ``Move`` as JSON."""

    direction: DirectionValues
    amount: float

    def move(self) -> Move:
        """Return the step; raises RequestError for a value out of range."""
        return Move(self.direction.direction(), self.amount)


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
