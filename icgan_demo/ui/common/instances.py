"""Instances that a visitor has chosen: a photo, a stored one, or that of a recipe; what pages offer to choose from."""

from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np

from icgan_demo.secret_names import secret_name
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, Swap
from icgan_demo.service.requests import SAME_INSTANCE, BankEntry, Instance, spread
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.thumbnail_files import gallery_value, instance_name, thumbnail_path
from icgan_demo.ui.texts.language import say

CHOICES = 12
"""Bank entries that a page offers as instances."""


@dataclass(frozen=True)
class Chosen:
    """An instance as material; lives in ``gr.State``."""

    model: str
    """The model whose encoder made the feature."""
    instance: Instance
    picture: Path
    """What stands for it on the page: the upload, the thumbnail of a bank entry, or a drawn picture."""
    name: str
    own: str | None
    """Its own class, None if the model knows none."""
    row: int | None = None
    """Its row in the model's own bank, None for any other."""
    photo: Path | None = None
    """The file it was made from, so that another model can embed it too; None without one."""
    is_automatic: bool = False
    """Whether its model was chosen because it knows the photo best."""

    @property
    def feature(self) -> np.ndarray:
        """Unit-length float32, shape (D,)."""
        return self.instance.feature

    def blend(self, swap: Swap = Swap(), balance: float = Blend.balance) -> Blend:  # noqa: B008, frozen
        """Return what pictures of this instance alone are conditioned on."""
        return Blend((self.feature,), swap=swap, balance=balance)


@dataclass(frozen=True)
class Offered:
    """The bank entries that a strip of thumbnails shows: a click tells no more than its place among them."""

    model: str = ""
    """Whose bank it is, hence whose instances the page takes; empty for the default model, before a page is filled."""
    rows: tuple[int, ...] = ()


def offer(services: Services, model: str, language: str) -> tuple[list[BankEntry], Offered, list[tuple[str, str]]]:
    """Return bank entries of a model to choose from, and what a page keeps and shows of them."""
    entries = services.sampling.drawn(model, spread(services.sampling.bank(model), CHOICES))
    names = [instance_name(entry, language) for entry in entries]
    pictures = gallery_value(services.thumbnail_dir, entries, names)
    return entries, Offered(model, tuple(entry.row for entry in entries)), pictures


def choose_row(services: Services, model: str, row: int, language: str) -> Chosen:
    """Return a bank entry; raises RequestError for an unknown row."""
    instance = services.sampling.pick(model, row)
    picture = thumbnail_path(services.thumbnail_dir, instance.crop)  # nobody's upload: may lie where all can see it
    own = services.sampling.drawing.own_class(model, instance.feature)
    return Chosen(model, instance, picture, instance_name(BankEntry(row, own, None), language), own, row)


def choose_photo(services: Services, model: str, photo: Path, language: str) -> Chosen:
    """Return an uploaded picture as an instance; raises ImageError."""
    return choose_embedded(services, model, photo, services.sampling.encode(model, photo), language)


def choose_embedded(services: Services, model: str, photo: Path, instance: Instance, language: str) -> Chosen:
    """Return an uploaded picture that ``model`` has embedded already."""
    own = services.sampling.drawing.own_class(model, instance.feature)
    return Chosen(model, instance, photo, say(language, "your_photo"), own, photo=photo)


def choose_offered(services: Services, offered: Offered, event: gr.SelectData, language: str) -> Chosen:
    """Return the bank entry that was clicked in a strip of thumbnails."""
    return choose_row(services, offered.model, offered.rows[int(event.index)], language)


def choose_dropped(services: Services, offered: Offered, photo: str, language: str) -> Chosen:
    """Return an uploaded picture as an instance of the model whose bank is offered beside it; raises ImageError."""
    return choose_photo(services, services.model(offered.model).name, Path(photo), language)


def choose_feature(services: Services, model: str, feature: np.ndarray, language: str) -> Chosen:
    """Return the instance of a recipe: its bank entry where it is one, else it is shown as a drawing."""
    near = services.sampling.neighbours(model, feature, 1)
    if near and near[0].cosine >= SAME_INSTANCE:
        return choose_row(services, model, near[0].entry.row, language)
    drawing = services.sampling.drawing
    picture = next(drawing.draw(DrawRequest(model, Blend((feature,)), (0,), 0.5))).picture
    own = drawing.own_class(model, feature)
    folder = services.output_dir / "recipes" / secret_name()
    file = thumbnail_path(folder, picture)
    return Chosen(model, Instance(feature, picture), file, say(language, "from_recipe"), own)
