"""What one visitor drew: the newest pictures and the favourites, as files that carry their recipes."""

import hashlib
import io
import shutil
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageOps

from icgan_demo.atomic_files import link
from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import TravelRequest
from icgan_demo.service.recipes.drawn_files import DRAWN, GRID, contact_sheet, new_folder, webp_bytes
from icgan_demo.service.recipes.recipe import Recipe, read_recipe, recipe_text

MAX_PICTURES = 96
"""Pictures without a star that are kept: the newest."""
MAX_FAVOURITES = 48
MAX_AT_ONCE = 64
"""Of a larger drawing only the first pictures are kept, so that it does not push out all others."""
THUMBNAIL = 96
CELL = 128
"""Largest sides of a thumbnail and of a picture on the contact sheet, px."""


@dataclass
class HistoryEntry:
    """One picture."""

    file: Path
    """A PNG with its recipe."""
    thumbnail: bytes
    """WebP."""
    recipe: Recipe
    seed: int | None
    """None for a path through several."""
    is_favourite: bool = False

    @property
    def model(self) -> str:
        """Name of the model that drew it."""
        return self.recipe.model.name


@dataclass(eq=False)
class History:
    """Pictures of one visitor by the hash of their recipe, the oldest first: what is drawn again is no new picture.

    The files are hard links, so they cost nothing and outlive the folders of the drawings, which go after an hour.
    They lie in a folder like those, which goes an hour after it was last changed; then the history is empty again.
    """

    folder: Path | None = None
    pictures: dict[str, HistoryEntry] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()
    """Files that the last call of ``keep`` named."""

    @classmethod
    def reopened(cls, root: Path, name: str, pictures: Mapping[str, bool]) -> "History":
        """Return the history whose folder below ``root`` has that name.

        Args:
            root: a folder that the page may show files of.
            name: of the history's folder.
            pictures: names of the pictures, the oldest first, and whether each has a star; those gone are left out.
        """
        history = cls(root / DRAWN / name)
        assert history.folder is not None
        for picture, is_favourite in pictures.items():
            history._add(history.folder / f"{picture}.png", history.folder)
            if picture in history.pictures:
                history.pictures[picture].is_favourite = is_favourite
        return history

    def keep(self, drawings: Iterable[Sequence[str]], root: Path) -> None:
        """Take in what was not named the last time, and forget the oldest pictures beyond ``MAX_PICTURES``.

        Args:
            drawings: for each place that draws, the files of its last drawing, the first picture first.
            root: a folder that the page may show files of.
        """
        files = [file for drawing in drawings for file in reversed(drawing[:MAX_AT_ONCE])]
        new = [Path(file) for file in files if file not in self.taken]
        self.taken = frozenset(files)
        self._drop_missing()
        if new:
            if self.folder is None or not self.folder.exists():
                self.folder = new_folder(root)
            for file in new:
                self._add(file, self.folder)
        self._forget(self._without_star()[:-MAX_PICTURES])

    def mark(self, name: str, is_favourite: bool) -> None:
        """Give a picture a star, or take it away; raises RequestError if there are too many, or no such picture."""
        if is_favourite and len(self.chosen(favourites_only=True)) >= MAX_FAVOURITES:
            raise RequestError(f"There can be {MAX_FAVOURITES} favourites. Remove the star from another one first.")
        picture = self.find(name)
        picture.is_favourite = is_favourite
        picture.file.parent.touch()

    def find(self, name: str) -> HistoryEntry:
        """Return one picture; raises RequestError if it is gone, or there was none of that name."""
        self._drop_missing()
        if name not in self.pictures:
            raise RequestError("This image is gone. Generate it again, or open a file that you saved.")
        return self.pictures[name]

    def chosen(self, *, favourites_only: bool) -> dict[str, HistoryEntry]:
        """Return the pictures, or the favourites among them, the newest first."""
        newest_first = reversed(list(self.pictures.items()))
        return {name: kept for name, kept in newest_first if kept.is_favourite or not favourites_only}

    def clear(self) -> None:
        """Forget everything but the favourites."""
        self._forget(self._without_star())

    def delete(self) -> None:
        """Forget everything: the visitor has left."""
        self.pictures.clear()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def export(self, root: Path, *, favourites_only: bool) -> Path:
        """Return a zip of the pictures as they are, their recipes as files, and a contact sheet.

        Raises:
            RequestError: if there is no picture.
        """
        self._drop_missing()
        pictures = list(self.chosen(favourites_only=favourites_only).values())
        if not pictures:
            raise RequestError("There is nothing to export yet. Generate something, or star an image.")
        path, files = new_folder(root) / "history.zip", [kept.file for kept in pictures]
        with zipfile.ZipFile(path, "w") as archive:  # PNGs are compressed already
            for number, kept in enumerate(pictures, 1):
                what = "path" if kept.seed is None else f"seed{kept.seed}"
                name = f"{number:03d}-{kept.model}-{what}"
                archive.write(kept.file, f"{name}.png")
                archive.writestr(f"{name}.json", _recipe_text(kept.file), zipfile.ZIP_DEFLATED)
            archive.writestr(GRID, _sheet(files))
        return path

    def _add(self, file: Path, folder: Path) -> None:
        """Add a drawn file unless it is known, or gone already: pages draw again what they showed."""
        with suppress(FileNotFoundError):
            text = _recipe_text(file)
            name = hashlib.sha256(text.encode()).hexdigest()[:32]
            if name not in self.pictures:
                recipe = read_recipe(text)
                request = recipe.request()
                seed = None if isinstance(request, TravelRequest) else request.seeds[0]
                own = folder / f"{name}.png"
                if not own.exists():
                    link(file, own)
                with Image.open(own) as picture:
                    side = min(THUMBNAIL, *picture.size)
                    thumbnail = webp_bytes(ImageOps.fit(picture.convert("RGB"), (side, side)), side)
                self.pictures[name] = HistoryEntry(own, thumbnail, recipe, seed)

    def _drop_missing(self) -> None:
        """Forget pictures whose folder was removed after an hour without anything new."""
        if self.folder is not None and not self.folder.exists():
            self.pictures.clear()

    def _without_star(self) -> list[str]:
        # A list first, because what was just drawn may be taken in meanwhile.
        return [name for name, kept in list(self.pictures.items()) if not kept.is_favourite]

    def _forget(self, names: Sequence[str]) -> None:
        for name in names:
            if kept := self.pictures.pop(name, None):
                kept.file.unlink(missing_ok=True)


def _sheet(files: Sequence[Path]) -> bytes:
    """Return pictures of any sizes as one PNG, each in the middle of a square."""
    pictures = []
    for file in files:
        with Image.open(file) as picture:
            pictures.append(picture.convert("RGB"))
    side = min(CELL, max(max(picture.size) for picture in pictures))
    sheet = io.BytesIO()
    contact_sheet([ImageOps.pad(picture, (side, side), color="white") for picture in pictures]).save(sheet, "PNG")
    return sheet.getvalue()


def _recipe_text(file: Path) -> str:
    text = recipe_text(file)
    assert text is not None, file.name
    return text
