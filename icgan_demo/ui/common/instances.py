"""Instances that a visitor has chosen: a photo, a stored one, or that of a recipe; what pages offer to choose from."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from icgan_demo.secret_names import secret_name
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, Swap
from icgan_demo.service.recipes.drawn_files import new_folder
from icgan_demo.service.values import AUTOMATIC, SAME_INSTANCE, BankEntry, Familiarity, Instance
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.thumbnail_files import instance_name, thumbnail_path
from icgan_demo.ui.texts.language import say


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
    familiarities: tuple[Familiarity, ...] = ()
    """Of the models that Automatic chose among, best first; empty for any other instance."""

    @property
    def feature(self) -> np.ndarray:
        """Unit-length float32, shape (D,)."""
        return self.instance.feature

    @property
    def is_known_to_none(self) -> bool:
        """Whether Automatic found no model that knows the photo; the visitor is asked before anything is drawn."""
        return bool(self.familiarities) and not self.familiarities[0].is_known

    def blend(self, swap: Swap = Swap(), balance: float = Blend.balance) -> Blend:  # noqa: B008, frozen
        """Return what pictures of this instance alone are conditioned on."""
        return Blend((self.feature,), swap=swap, balance=balance)


def choose_row(services: Services, model: str, row: int, language: str) -> Chosen:
    """Return a bank entry; raises RequestError for an unknown row."""
    instance = services.sampling.pick(model, row)
    picture = thumbnail_path(services.thumbnail_dir, instance.crop)  # nobody's upload: may lie where all can see it
    own = services.sampling.drawing.own_class(model, instance.feature)
    return Chosen(model, instance, picture, instance_name(BankEntry(row, own, None), language), own, row)


def choose_photo(services: Services, model: str, photo: Path, language: str) -> Chosen:
    """Return an uploaded picture as an instance of ``model``, for "auto" of the one that knows it best.

    Raises:
        ImageError: if it is no usable picture.
        RequestError: if there is no such model.
    """
    familiarities: tuple[Familiarity, ...] = ()
    if model == AUTOMATIC:
        choice = services.sampling.choose(photo)
        model, instance, familiarities = choice.model, choice.instance, choice.familiarities
    else:
        instance = services.sampling.encode(model, photo)
    own, name = services.sampling.drawing.own_class(model, instance.feature), say(language, "your_photo")
    return Chosen(
        model, instance, photo, name, own, photo=photo, is_automatic=bool(familiarities), familiarities=familiarities
    )


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


def with_picture(services: Services, chosen: Chosen) -> Chosen:
    """Return an instance whose picture is there: uploads are deleted after an hour, then its crop stands for it."""
    if chosen.picture.exists():
        return chosen
    return replace(chosen, picture=thumbnail_path(new_folder(services.output_dir), chosen.instance.crop))
