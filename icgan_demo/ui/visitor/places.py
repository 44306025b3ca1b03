"""Where a visitor is in the studio: the stops of a path, and what the map shows."""

from dataclasses import dataclass, replace
from pathlib import Path

from icgan_demo.config import TRUNCATION
from icgan_demo.service.banks.bank_requests import OWN_BANK, PCA
from icgan_demo.service.drawing.drawing_requests import DrawRequest, TravelStop
from icgan_demo.service.drawing.path_parts import PathPart
from icgan_demo.ui.common.instances import Chosen

MAX_PHOTOS = 12
"""Own photos on the map; the oldest gives way."""


@dataclass(frozen=True)
class PathStop:
    """A stop of a path and the picture that stands for it."""

    stop: TravelStop
    model: str
    picture: Path | None = None
    """None for one that is to be drawn again."""
    caption: str = ""
    photo: Path | None = None
    """The upload that it was made from, so that another model can see it, too; None without one."""

    @classmethod
    def of(cls, drawn: DrawRequest, part: PathPart | None = None) -> "PathStop":
        """Return what passes through the first picture of a request, without that picture; ``part`` is its time."""
        return cls(TravelStop(drawn.blend, drawn.seeds[0], part or PathPart()), drawn.model)

    def drawing(self, truncation: float = TRUNCATION) -> DrawRequest:
        """Return what draws the picture."""
        return DrawRequest(self.model, self.stop.blend, (self.stop.seed,), truncation)


Stops = tuple[PathStop, ...]


@dataclass(frozen=True)
class MapPlace:
    """What the map shows."""

    model: str = ""
    bank_id: str = OWN_BANK
    method: str = PCA
    photos: tuple[Chosen, ...] = ()
    """The visitor's own."""
    opens_with: str = ""
    """What is chosen on it as it is opened, in the map's own words; empty for any."""

    def with_photo(self, photo: Chosen) -> "MapPlace":
        """Return the same with one more photo."""
        return replace(self, photos=(*self.photos, photo)[-MAX_PHOTOS:])
