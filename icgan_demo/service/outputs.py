"""Drawn pictures as files: PNGs that carry their recipe, a contact sheet, and a folder for every drawing."""

import io
import math
import secrets
import zipfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from icgan_demo.errors import RequestError
from icgan_demo.service.recipe import Recipe, recipe_of_one, write_recipe
from icgan_demo.service.requests import ModelInfo, Sample, SampleRequest
from icgan_demo.service.studio_recipe import AnyRecipe

GRID = "grid.png"
RECIPE = "recipe.json"
CHUNK = "recipe"
"""Name of the text chunk of a PNG that holds its recipe."""
GAP = 2
"""Pixels between the pictures of a sheet."""


def write_set(samples: Sequence[Sample], request: SampleRequest, info: ModelInfo, folder: Path) -> list[Path]:
    """Write ``000.png``, ``001.png``, ..., ``grid.png`` and ``recipe.json`` into ``folder``; returns their paths.

    Every PNG has the text chunks ``recipe`` (its own recipe as JSON) and ``Comment`` (that it is synthetic).

    Raises:
        RequestError: if the folder cannot be written.
    """
    recipe = write_recipe(request, samples, info)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = [
            save_picture(sample.picture, recipe_of_one(recipe, sample.seed), folder / f"{position:03d}.png")
            for position, sample in enumerate(samples)
        ]
        paths.append(save_picture(contact_sheet([sample.picture for sample in samples]), recipe, folder / GRID))
        (folder / RECIPE).write_text(recipe.to_json(indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise RequestError(f"The folder {folder.name!r} cannot be written. Choose another one.") from error
    return [*paths, folder / RECIPE]


def save_picture(picture: Image.Image, recipe: AnyRecipe, path: Path) -> Path:
    """Write a PNG with its recipe and the note that it is synthetic; returns ``path``."""
    path.write_bytes(png_with_recipe(picture, recipe))
    return path


def png_with_recipe(picture: Image.Image, recipe: AnyRecipe) -> bytes:
    """Return a PNG with its recipe and the note that it is synthetic, as text chunks."""
    text = PngInfo()
    text.add_itxt(CHUNK, recipe.to_json())
    text.add_itxt("Comment", f"{recipe.note} {recipe.licence}".strip())
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def contact_sheet(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return all pictures on one white sheet, row by row, as nearly square as their number allows."""
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    side = pictures[0].width + GAP
    sheet = Image.new("RGB", (columns * side - GAP, rows * side - GAP), "white")
    for position, picture in enumerate(pictures):
        sheet.paste(picture, (position % columns * side, position // columns * side))
    return sheet


class ResultFiles:
    """Files of one drawing, in a folder of its own with a random name that nobody can guess."""

    def __init__(self, root: Path, request: SampleRequest, info: ModelInfo) -> None:
        """Make the folder below ``root``, which the caller empties of old folders.

        Args:
            root: a folder that the page may show files of.
            request: what is drawn.
            info: of the model that draws.
        """
        self.folder = root / "drawn" / secrets.token_hex(16)
        self.folder.mkdir(parents=True)
        self._request = request
        self._info = info
        self._saved: dict[int, Path] = {}

    def save(self, sample: Sample) -> Path:
        """Return the picture's file, written at the first call: a written file never changes while it is read."""
        if sample.seed not in self._saved:
            recipe = recipe_of_one(self.recipe([sample]), sample.seed)
            path = self.folder / f"{self._request.model}-seed{sample.seed}.png"
            self._saved[sample.seed] = save_picture(sample.picture, recipe, path)
        return self._saved[sample.seed]

    def save_archive(self, samples: Sequence[Sample]) -> Path:
        """Return a zip of what ``write_set`` writes."""
        path = self.folder / f"{self._request.model}-seed{self._request.seed}.zip"
        with zipfile.ZipFile(path, "w") as archive:  # PNGs are compressed already
            for file in write_set(samples, self._request, self._info, self.folder / "set"):
                archive.write(file, file.name)
        return path

    def recipe(self, samples: Sequence[Sample]) -> Recipe:
        """Return the recipe of these pictures."""
        return write_recipe(self._request, samples, self._info)
