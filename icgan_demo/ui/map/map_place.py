"""What the map shows of a place and what a click on it means, apart from the widgets."""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.banks.bank_requests import OWN_BANK, BankMap, Banks
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, Swap, seeds_from
from icgan_demo.service.recipes.drawn_files import new_folder
from icgan_demo.service.values import Instance
from icgan_demo.ui.common.instances import Chosen, choose_photo
from icgan_demo.ui.common.long_step import LongStep
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.map.map_view import PHOTO, ROW, Mark, chosen_of, clicked_on, is_choice, scene_html
from icgan_demo.ui.stage.explain_button import explain_pictures
from icgan_demo.ui.texts.language import say
from icgan_demo.ui.visitor.places import MapPlace


class MapContent:
    """Answers what the page asks about places, instances and pictures."""

    def __init__(self, services: Services, banks: Banks) -> None:
        self._services = services
        self._banks = banks
        self._layouts = ThreadPoolExecutor(1, "layout")

    def bank(self, place: MapPlace) -> BankMap:
        """Return the bank in the plane; raises RequestError or IndexFileError."""
        return self._banks.map(place.model, place.bank_id, place.method)

    def takes_s(self, place: MapPlace) -> float | None:
        """Return how long ``bank`` will take: 0 for moments, None where nothing is known of it."""
        return self._banks.map_takes_s(place.model, place.bank_id, place.method)

    def lay_out(self, place: MapPlace) -> LongStep[BankMap]:
        """Begin a layout that takes long; one that was left is there for whoever asks next."""
        return LongStep(self._layouts, lambda tell: self.bank(place))

    def clicked(self, value: Any, place: MapPlace) -> str | None:
        """Return what a click chose; None if that was still on the map before this one.

        Raises:
            RequestError: if it names nothing.
        """
        return clicked_on(value, _name_of(place))

    def scene(self, place: MapPlace, bank: BankMap, language: str, chosen: str) -> tuple[str, str]:
        """Return the map, with ``chosen`` marked on it unless that is empty, and a sentence about it."""
        name = "map_note_sample" if bank.rows else "map_note"
        note = say(language, name, count=len(bank.places), shown=len(bank.pictures), total=bank.total)
        if bank.kept is not None:
            note += " " + say(language, "map_kept", share=100 * bank.kept)
        scene = scene_html(bank, list(self._marks(place)), language, _name_of(place), chosen)
        return scene, note if len(bank.places) else ""

    def still_there(self, place: MapPlace) -> MapPlace:
        """Return the place, on the model's own bank where its bank was deleted since or is of another model."""
        try:
            self.bank(place)
        except DemoError:
            return replace(place, bank_id=OWN_BANK, opens_with="")
        return place

    def first(self, place: MapPlace, bank: BankMap) -> str:
        """Return what is chosen on a new map, empty if there is nothing."""
        count = len(bank.places)
        if is_choice(place.opens_with):
            kind, number = chosen_of(place.opens_with)
            if number < (len(place.photos) if kind == PHOTO else bank.total):
                return place.opens_with
        return f"{ROW}{bank.row(count // 3)}" if count else (f"{PHOTO}0" if place.photos else "")

    def methods(self, language: str) -> list[tuple[str, str]]:
        """Return names and values of the projections that can be had here."""
        return [(say(language, f"map_{method}"), method) for method in self._banks.methods()]

    def _marks(self, place: MapPlace) -> Iterator[Mark]:
        for number, photo in enumerate(place.photos):
            if photo.picture.exists():
                x, y = self._banks.place(place.model, place.bank_id, place.method, photo.feature)
                with Image.open(photo.picture) as picture:  # written by this page
                    yield Mark(f"{PHOTO}{number}", x, y, photo.name, picture.convert("RGB"))

    def request(self, slot: Chosen, place: MapPlace, seed: int | None, truncation: float) -> DrawRequest:
        """Return what draws an instance as it is: with its own class where the model knows that, else without one."""
        return self._request(slot.feature, slot.own, place, seed, truncation, is_stored=slot.row is not None)

    def glimpse(self, value: Any, place: MapPlace, seed: int | None, truncation: float) -> DrawRequest:
        """Return what draws the instance that a click chose, without the picture that stands for it.

        Raises:
            RequestError: for what is not there.
        """
        kind, number = chosen_of(value)
        if kind == PHOTO:
            return self.request(self.slot(value, place, ""), place, seed, truncation)
        feature = self._banks.feature(place.model, place.bank_id, number)
        own = self._services.sampling.drawing.own_class(place.model, feature)
        return self._request(feature, own, place, seed, truncation, is_stored=place.bank_id == OWN_BANK)

    def _request(
        self, feature: np.ndarray, own: str | None, place: MapPlace, seed: int | None, truncation: float, *,
        is_stored: bool,
    ) -> DrawRequest:  # fmt: skip
        has_class = is_stored or self._services.model(place.model).needs_class
        swap = Swap(own, (), -1.0) if has_class else Swap()
        return DrawRequest(place.model, Blend((feature,), swap=swap), seeds_from(seed), float(truncation))

    def explain(self, drawn: DrawRequest, files: Sequence[str], place: MapPlace, language: str) -> str:
        """Return how the pictures of a request lie among real ones, those of the map's bank too."""
        return explain_pictures(self._services, self._banks, drawn, files, place.bank_id, language)

    def slot(self, value: Any, place: MapPlace, language: str) -> Chosen:
        """Return what a click chose; raises RequestError for what is not there."""
        kind, number = chosen_of(value)
        if kind == PHOTO:
            if number >= len(place.photos):
                raise RequestError(say(language, "map_choose"))
            return place.photos[number]
        instance = self._banks.pick(place.model, place.bank_id, number)
        label = self._banks.label(place.model, place.bank_id, number)
        name = label or say(language, "unlabelled", row=number)
        own = self._services.sampling.drawing.own_class(place.model, instance.feature)
        row = number if place.bank_id == OWN_BANK else None
        return Chosen(place.model, instance, self._kept_picture(instance), name, own, row)

    def own_photo(self, model: str, photo: Path, language: str) -> Chosen:
        """Return a visitor's photo as an instance; raises ImageError."""
        chosen = choose_photo(self._services, model, photo, language)
        return replace(chosen, picture=self._kept_picture(chosen.instance))

    def _kept_picture(self, instance: Instance) -> Path:
        """Return a file of its picture that only this visitor can find."""
        path = new_folder(self._services.output_dir) / "instance.png"
        instance.crop.save(path, "PNG")
        return path

    def with_photo_of(self, chosen: Chosen | None, place: MapPlace) -> MapPlace:
        """Return the place with the photo of the Generate page, if there is one and it is not there yet."""
        if chosen is None or chosen.photo is None or chosen.model != place.model or not chosen.photo.exists():
            return place
        if any((photo.feature == chosen.feature).all() for photo in place.photos):
            return place
        return place.with_photo(replace(chosen, picture=self._kept_picture(chosen.instance)))


def _name_of(place: MapPlace) -> str:
    """Return a name for the instances that are to be clicked; ids of banks are keys and stay here."""
    return hashlib.sha256(f"{place.model} {place.bank_id}".encode()).hexdigest()[:8]
