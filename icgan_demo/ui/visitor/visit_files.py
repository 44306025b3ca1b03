"""Visits on disk: what a visit needs to be as it was after a restart. No pixels: those files go after an hour.

An instance is kept as a row of its bank, or as the file of the photo and its feature; pictures are drawn again from the
settings that drew them, which gives the same ones; the history finds its own files.
"""

import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from icgan_demo.atomic_files import atomic_write
from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.drawing.path_parts import PathPart
from icgan_demo.service.recipes.drawn_files import VISITS
from icgan_demo.service.recipes.history import History
from icgan_demo.service.recipes.lineage import read_lineage
from icgan_demo.service.recipes.recipe import read_recipe, write_recipe
from icgan_demo.service.recipes.recipe_values import PackedFeature, PartValues, pack, unpack
from icgan_demo.ui.common.instances import Chosen, choose_feature, choose_photo, choose_row
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.visitor.families import Family
from icgan_demo.ui.visitor.generate_state import Settings
from icgan_demo.ui.visitor.places import MapPlace, PathStop, Stops

logger = logging.getLogger(__name__)

KEEP_VISITS_S = 24 * 3600.0

HashName = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


@dataclass(frozen=True)
class KeptInstance:
    """An instance."""

    model: str
    row: int | None
    photo: Path | None
    feature: PackedFeature
    is_automatic: bool

    @classmethod
    def of(cls, chosen: Chosen) -> "KeptInstance":
        """Return what is kept of an instance."""
        return cls(chosen.model, chosen.row, chosen.photo, pack(chosen.feature), chosen.is_automatic)

    def chosen(self, services: Services, language: str) -> Chosen:
        """Return the instance as it was; without its photo, as the generator draws it.

        Raises:
            DemoError: if its model or its row is gone.
        """
        if self.row is not None:
            return choose_row(services, self.model, self.row, language)
        if self.photo is not None and self.photo.exists():
            chosen = choose_photo(services, self.model, self.photo, language)
        else:
            chosen = choose_feature(services, self.model, unpack(self.feature), language)
        return replace(chosen, is_automatic=self.is_automatic)


@dataclass(frozen=True)
class KeptPlace:
    """What the map shows."""

    model: str
    bank_id: str
    photos: tuple[KeptInstance, ...]
    opens_with: str

    @classmethod
    def of(cls, place: MapPlace) -> "KeptPlace":
        """Return what is kept of a place."""
        photos = tuple(KeptInstance.of(photo) for photo in place.photos)
        return cls(place.model, place.bank_id, photos, place.opens_with)

    def place(self, services: Services, language: str) -> MapPlace:
        """Return the place as it was, without photos whose model is gone."""
        photos = []
        for photo in self.photos:
            with suppress(DemoError):
                photos.append(photo.chosen(services, language))
        return MapPlace(self.model, self.bank_id, photos=tuple(photos), opens_with=self.opens_with)


@dataclass(frozen=True)
class KeptVisit:
    """A visit."""

    app: str = ""
    """The name of the app that has it in its memory: of several on one folder, that which wrote this."""
    model: str = ""
    is_pinned: bool = False
    settings: Settings | None = None
    drawn: Settings | None = None
    instance: KeptInstance | None = None
    stages: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By the page of the studio: the model it was filled for, and its pictures' recipe."""
    found: Path | None = None
    """The picture that a search found."""
    stops: tuple[str, ...] = ()
    """Recipes of the pictures that stand for the stops of the path."""
    parts: tuple[PartValues | None, ...] = ()
    """Their times, where they are not those of all."""
    place: KeptPlace | None = None
    lineage: str = ""
    """The family of images, as it is saved; empty for none."""
    grown: str = ""
    """The image chosen in it."""
    side_by_side: tuple[str, ...] = ()
    """Ids of the two runs of the Compare page."""
    history: HashName | None = None
    """Name of its folder."""
    pictures: dict[HashName, bool] = field(default_factory=dict)
    """Of the history: whether each has a star."""


_ADAPTER = TypeAdapter(KeptVisit)


class VisitFiles:
    """One file for each visit, named as the browser's tab names it, for a day after its last change."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._folder = services.output_dir / VISITS

    def read(self, name: str) -> KeptVisit | None:
        """Return what is kept of a visit; None where nothing is, or nothing that this program understands."""
        try:
            return _ADAPTER.validate_json(self._path(name).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError):
            logger.warning("A visit cannot be read, so it begins from scratch.")
            return None

    def write(self, name: str, kept: KeptVisit) -> None:
        """Keep a visit; a full disk loses that it was kept, not the visit."""
        path = self._path(name)
        try:
            if not path.exists():
                self._forget_old()
            with atomic_write(path) as scratch:
                scratch.write_bytes(_ADAPTER.dump_json(kept, warnings=False))
        except OSError as error:
            logger.warning("A visit cannot be kept: %s", error.strerror)

    def history(self, kept: KeptVisit) -> History:
        """Return the pictures of a visit that are still there."""
        if kept.history is None:
            return History()
        return History.reopened(self._services.output_dir, kept.history, kept.pictures)

    def family(self, kept: KeptVisit) -> Family:
        """Return the family of a visit; an empty one where it is none that this program understands."""
        if not kept.lineage:
            return Family()
        with suppress(RequestError):
            return Family(read_lineage(kept.lineage)).with_chosen(kept.grown)
        return Family()

    def stops(self, kept: KeptVisit) -> Stops:
        """Return the stops of a visit's path, without pictures."""
        stops = []
        for recipe, part in zip_longest(kept.stops, kept.parts[: len(kept.stops)]):
            drawn = self.request(recipe)
            with suppress(RequestError):
                if drawn is not None:
                    stops.append(PathStop.of(drawn, PathPart() if part is None else part.part()))
        return tuple(stops)

    def recipe(self, request: DrawRequest) -> str:
        """Return how pictures of the studio are drawn; empty where their model is gone."""
        info = self._services.find(request.model)
        return "" if info is None else write_recipe(request, info).to_json()

    def request(self, recipe: str) -> DrawRequest | None:
        """Return what ``recipe`` was made of; None if it is no longer one."""
        try:
            request = read_recipe(recipe).request()
        except RequestError:
            return None
        return request if isinstance(request, DrawRequest) else None

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _forget_old(self) -> None:
        oldest = time.time() - KEEP_VISITS_S
        for path in self._folder.glob("*"):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
