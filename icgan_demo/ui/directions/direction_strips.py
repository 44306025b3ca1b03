"""What is looked for, and the strips of what was found: an image along each direction, one strip after another."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from icgan_demo.service.drawing.direction_requests import (
    DIRECTIONS,
    OF_BLOCKS,
    Direction,
    DirectionsRequest,
    Kind,
    Move,
)
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.recipes.drawn_files import webp_bytes
from icgan_demo.service.values import spread
from icgan_demo.ui.common.events import Updates
from icgan_demo.ui.common.instances import choose_photo
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.thumbnail_files import instance_name
from icgan_demo.ui.common.widgets import heading, status_line
from icgan_demo.ui.directions.picked_sets import PickedImage, PickedSets
from icgan_demo.ui.directions.strips_view import AMOUNTS, THUMBNAIL, sets_html, strip_html, strips_html
from icgan_demo.ui.stage.clickable_images import clickable_images
from icgan_demo.ui.stage.stage import webp_url
from icgan_demo.ui.texts.language import say, text

NAMED = "named"
"""In place of a kind: the directions that were given names."""
ALL_BLOCKS = 0
OFFERED = 24
"""Stored instances that sets are picked from."""


class DirectionStrips:
    """Lays them out on construction."""

    def __init__(self, services: Services) -> None:
        self._services = services
        heading("directions_found_heading")
        kinds = [*Kind, *([NAMED] if services.kept_directions is not None else [])]
        self.kind = gr.Radio(
            [(text(f"directions_{kind}"), str(kind)) for kind in kinds], value=Kind.WEIGHTS.value,
            label=text("directions_kind"), elem_id="directions-kind",
        )  # fmt: skip
        self.side = gr.Radio(
            [(text("directions_all_blocks"), ALL_BLOCKS)], value=ALL_BLOCKS, label=text("directions_block"),
            elem_id="directions-block",
        )  # fmt: skip
        self.about = status_line("directions-about", elem_classes="says")
        with gr.Column(visible=False) as self.sets_box:
            self.sets_shown = clickable_images("directions-sets", text("directions_sets"))
            self.photos = gr.UploadButton(
                text("directions_photos"), file_count="multiple", file_types=["image"], size="md",
                elem_id="directions-photos",
            )  # fmt: skip
        self.strips = clickable_images("directions-strips", text("tab_directions"))
        self.found = gr.State(())  # the directions of the strips
        self.sets = gr.State(PickedSets())

    @property
    def controls(self) -> list[Any]:
        """What decides which strips are shown, beside the instance."""
        return [self.kind, self.side, self.sets]

    @property
    def outputs(self) -> list[Any]:
        """Components that ``find`` changes."""
        return [self.found, self.strips, self.about, self.side, self.sets_box, self.sets, self.sets_shown]

    def find(self, still: DrawRequest, kind: str, side: int, sets: PickedSets, language: str) -> Iterator[Updates]:
        """Yield directions, and their strips one after the other.

        Args:
            still: what is moved along them; its first seed is shown.
            kind: of the directions, or ``NAMED``.
            side: of the only block that counts, px; ``ALL_BLOCKS``, or of no block of the model, for all.
            sets: of a difference.
            language: of the names.
        """
        is_difference, sides = kind == Kind.DIFFERENCE, self._sides(still.model)
        side = side if kind in OF_BLOCKS and side in sides else ALL_BLOCKS
        choices = [(say(language, "directions_all_blocks"), ALL_BLOCKS), *((f"{each} px", each) for each in sides)]
        yield {
            self.found: (),
            self.strips: "",
            self.about: say(language, "directions_looking"),
            self.side: gr.update(choices=choices, value=side, visible=kind in OF_BLOCKS),
            self.sets_box: gr.update(visible=is_difference),
        }
        if is_difference and sets.model != still.model:
            sets = self._offered_sets(still.model, language)
        if is_difference:
            yield {self.sets: sets, self.sets_shown: sets_html(sets, language)}
        found = self._found(still.model, kind, side, sets, language)
        strips = [strip_html(place, each) for place, each in enumerate(found)]
        about = "empty" if kind == NAMED and not found else kind
        yield {
            self.found: found,
            self.about: say(language, f"directions_about_{about}"),
            self.strips: strips_html(strips),
        }
        drawing, one = self._services.sampling.drawing, replace(still, seeds=still.seeds[:1])
        (unmoved,) = (drawn.picture for drawn in drawing.draw(one.moved()))
        for place, direction in enumerate(found):
            wanted = (one.moved(Move(direction, amount)) if amount else None for amount in AMOUNTS)
            images = [next(drawing.draw(each)).picture if each else unmoved for each in wanted]
            strips[place] = strip_html(place, direction, images)
            yield {self.strips: strips_html(strips)}

    def add_photos(self, sets: PickedSets, files: Sequence[str], language: str) -> None:
        """Put photos among the images, into the set that is moved towards; raises ImageError."""
        for file in files:
            photo = choose_photo(self._services, sets.model, Path(file), language)
            sets.add_photo(photo.name, webp_url(webp_bytes(photo.instance.crop, THUMBNAIL)), photo.feature)

    def _found(self, model: str, kind: str, side: int, sets: PickedSets, language: str) -> tuple[Direction, ...]:
        if kind == NAMED:
            assert self._services.kept_directions is not None
            return tuple(self._services.kept_directions.of(self._services.model(model)))
        is_difference = kind == Kind.DIFFERENCE
        if is_difference and not sets.is_complete:
            return ()
        ends = [self._features(model, sets.of_sign(sign)) if is_difference else () for sign in (1, -1)]
        found = self._services.sampling.drawing.directions(
            DirectionsRequest(model, Kind(kind), side or None, DIRECTIONS, *ends)
        )
        called = say(language, f"directions_{kind}")
        block = f", {side} px," if side else ""
        return tuple(
            replace(each, name=called if is_difference else f"{called}{block} {place}")
            for place, each in enumerate(found, 1)
        )

    def _features(self, model: str, images: Sequence[PickedImage]) -> tuple[np.ndarray, ...]:
        return tuple(
            self._services.sampling.pick(model, image.row).feature if image.feature is None else image.feature
            for image in images
        )

    def _offered_sets(self, model: str, language: str) -> PickedSets:
        sampling = self._services.sampling
        entries = sampling.drawn(model, spread(sampling.bank(model), OFFERED))
        images = [
            PickedImage(instance_name(entry, language), webp_url(webp_bytes(entry.thumbnail, THUMBNAIL)), entry.row)
            for entry in entries
            if entry.thumbnail is not None
        ]
        return PickedSets(model, images)

    def _sides(self, model: str) -> list[int]:
        """Return the output sides of the model's blocks, px."""
        resolution = self._services.model(model).resolution
        return [8 << block for block in range(resolution.bit_length() - 3)]
