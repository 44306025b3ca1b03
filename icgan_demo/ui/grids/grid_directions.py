"""The directions that a grid can follow: those that were named, and the strongest of each kind."""

from dataclasses import replace

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.direction_requests import DIRECTIONS, Direction, DirectionsRequest, Kind
from icgan_demo.service.values import ModelInfo
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.texts.language import say

KINDS = (Kind.WEIGHTS, Kind.RESPONSES, Kind.CONDITION, Kind.INSTANCE, Kind.NOISE)
NAMED = "named"


def choices(services: Services, info: ModelInfo, language: str) -> list[tuple[str, str]]:
    """Return what can be chosen as (label, value), a value being a kind and a place, or ``NAMED`` and a name."""
    kept = [] if services.kept_directions is None else services.kept_directions.of(info)
    named = [(each.name, f"{NAMED} {each.name}") for each in kept]
    found = [(_name(kind, place, language), f"{kind} {place}") for kind in KINDS for place in range(1, DIRECTIONS + 1)]
    return [*named, *found]


def chosen_direction(services: Services, info: ModelInfo, value: str | None, language: str) -> Direction:
    """Return the direction of one of the ``choices``.

    Raises:
        RequestError: if there is none, or the model has no stored instances to find it with.
    """
    kind, _, place = (value or "").partition(" ")
    if kind == NAMED and services.kept_directions is not None:
        found = [each for each in services.kept_directions.of(info) if each.name == place]
    elif kind in KINDS and place.isdecimal():
        number = int(place)
        strongest = services.sampling.drawing.directions(DirectionsRequest(info.name, Kind(kind)))
        found = [replace(each, name=_name(kind, number, language)) for each in strongest[number - 1 : number]]
    else:
        found = []
    if not found:
        raise RequestError("This model has no such direction. Choose another one.")
    return found[0]


def _name(kind: str, place: int, language: str) -> str:
    return f"{say(language, f'directions_{kind}')} {place}"
