"""What the Generate page remembers of a visitor: small values that live in ``gr.State``."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from icgan_demo.service.drawing.drawing_requests import DrawRequest, random_seed
from icgan_demo.service.recipes.drawn_files import DrawnFiles


@dataclass(frozen=True)
class ShownPicture:
    """One picture of the gallery."""

    file: Path
    seed: int
    distance: float | None = None
    """Euclidean distance to the instance, 0..2; None until it is measured."""
    nearest_real: int | None = None
    """Row of the nearest bank instance; None until it is measured."""


@dataclass(frozen=True)
class ShownGallery:
    """The gallery."""

    request: DrawRequest
    files: DrawnFiles
    pictures: tuple[ShownPicture, ...] = ()

    def is_there(self) -> bool:
        """Return whether its files still are: they go after an hour."""
        return self.files.folder.exists() and all(picture.file.exists() for picture in self.pictures)


def picture_of(shown: ShownGallery | None, selected: str | None) -> ShownPicture | None:
    """Return the selected picture; None where none is, or where it is not in the gallery any more.

    A selection is a picture's file and not its place: clicks and drawings overtake one another, and a place in one
    gallery is another picture in the next.
    """
    pictures = () if shown is None or not isinstance(selected, str) else shown.pictures
    return next((picture for picture in pictures if str(picture.file) == selected), None)


class StopSignal:
    """Set by the Stop button, looked at by the drawing between two chunks.

    Gradio's own ``cancels`` closes the handler from outside, which fails with an error when the handler happens to be
    running, and then the page does not know how far the drawing came.
    """

    def __init__(self) -> None:
        self.is_set = False


def ask_to_stop(signal: StopSignal | None) -> None:
    """Ask the visitor's drawing to end at its next look; it then says itself how far it came."""
    if signal is not None:
        signal.is_set = True


@dataclass(frozen=True)
class Settings:
    """The values of ``GenerateWidgets.settings``, in that order."""

    model: str
    """A model's name, or "auto"; empty or None before the model list has come."""
    count: int
    seed: int | None
    """None for a random one."""
    truncation: float
    label: str
    """Empty for none."""
    best_of: int
    in_use: str = ""
    """The model whose classes and instances the page shows; empty before there is one."""
    is_multimodal: bool = False
    """Whether truncation pulls towards the nearest of many centres."""

    def of_model(self, model: str) -> "Settings":
        """Return the settings for drawing with a model; a class from the list of another one does not hold."""
        return replace(self, model=model, label=self.label if model in (self.model, self.in_use) else "")

    def request(self, feature: np.ndarray) -> DrawRequest:
        """Return the request for an instance; raises RequestError for values out of range."""
        return DrawRequest.neighbours(
            model=self.model,
            feature=feature,
            count=self.count,
            seed=random_seed() if self.seed is None else self.seed,
            truncation=self.truncation,
            label=self.label or None,
            best_of=self.best_of,
        )
