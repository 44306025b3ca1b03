"""Stops of a path as pages show them: drawn, drawn again, one more."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from icgan_demo.config import TRUNCATION
from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.drawing.drawing_requests import MAX_STOPS
from icgan_demo.service.recipes.drawn_files import new_folder
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.thumbnail_files import thumbnail_path
from icgan_demo.ui.stage.studio_result import shares_in_words
from icgan_demo.ui.visitor.places import PathStop, Stops


def draw_stop(services: Services, stop: PathStop, language: str, truncation: float = TRUNCATION) -> PathStop:
    """Return a stop with its picture drawn."""
    picture = next(services.sampling.drawing.draw(stop.drawing(truncation))).picture
    file = thumbnail_path(new_folder(services.output_dir), picture)
    return replace(stop, picture=file, caption=shares_in_words(stop.stop.blend.swap.classes(), language))


def with_pictures(services: Services, stops: Sequence[PathStop], language: str) -> Iterator[PathStop]:
    """Yield stops with their pictures, which are gone after an hour and after a restart."""
    for stop in stops:
        if stop.picture is not None and stop.picture.exists():
            yield stop
            continue
        with suppress(DemoError):  # the model is another one of the same name
            yield draw_stop(services, stop, language)


def one_more(stops: Stops, stop: PathStop) -> Stops:
    """Return the stops with another one at the end; raises RequestError if there are too many."""
    if len(stops) >= MAX_STOPS:
        raise RequestError(f"A path has at most {MAX_STOPS} stops. Remove one first.")
    return (*stops, stop)
