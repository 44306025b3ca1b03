"""Drawn pictures as files: PNGs that carry their recipes, each encoded once, in folders that go after an hour."""

import io
import math
import shutil
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from icgan_demo.errors import RequestError
from icgan_demo.secret_names import secret_name
from icgan_demo.service.drawing.drawing_requests import Drawn
from icgan_demo.service.recipes.recipe import CHUNK, Recipe

GRID = "grid.png"
RECIPE = "recipe.json"
GAP = 2
"""Pixels between the pictures of a sheet."""
LABEL_HEIGHT = 16
LABEL_SIZE = 11
KEEP_S = 3600.0
DRAWN = "drawn"
"""Folder below a root that holds those of drawings."""
VISITS = "visits"
"""Folder below a root that holds what is known of visits."""


def new_folder(root: Path) -> Path:
    """Return a fresh folder below ``root`` with a name that nobody can guess; those of over an hour ago are removed."""
    _forget_old(root)
    folder = root / DRAWN / secret_name()
    folder.mkdir(parents=True)
    return folder


def _forget_old(root: Path) -> None:
    """Remove what was drawn below ``root`` more than an hour ago."""
    oldest = time.time() - KEEP_S
    for folder in (root / DRAWN).glob("*"):
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def forget_files(root: Path) -> None:
    """Remove uploads and drawn pictures of more than an hour ago."""
    _forget_old(root)
    oldest = time.time() - KEEP_S
    for folder in root.glob("*"):
        is_of_uploads = folder.name not in (DRAWN, VISITS) and folder.is_dir()
        if is_of_uploads and all(file.stat().st_ctime < oldest for file in folder.rglob("*")):
            shutil.rmtree(folder, ignore_errors=True)


def png_with_recipe(picture: Image.Image, recipe: Recipe) -> bytes:
    """Return a PNG with its recipe and the note that it is synthetic, as text chunks ``recipe`` and ``Comment``."""
    text = PngInfo()
    text.add_itxt(CHUNK, recipe.to_json())
    text.add_itxt("Comment", f"{recipe.note} {recipe.licence}".strip())
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def save_picture(picture: Image.Image, recipe: Recipe, path: Path) -> Path:
    """Write a PNG with its recipe and the note that it is synthetic; returns ``path``."""
    path.write_bytes(png_with_recipe(picture, recipe))
    return path


def save_drawn(root: Path, picture: Image.Image, name: str) -> str:
    """Write a picture without a recipe as PNG into a folder of its own below ``root`` and return its path."""
    path = new_folder(root) / f"{name}.png"
    picture.save(path, "PNG")
    return str(path)


def picture_name(model: str, seed: int) -> str:
    """Return the file name of one picture of a set."""
    return f"{model}-seed{seed}.png"


def write_set(drawn: Sequence[Drawn], recipe: Recipe, folder: Path) -> list[Path]:
    """Write ``000.png``, ``001.png``, ..., ``grid.png`` and ``recipe.json`` into ``folder``; returns their paths.

    Raises:
        RequestError: if the folder cannot be written.
    """
    pngs = [png_with_recipe(one.picture, recipe.of_seed(one.seed)) for one in drawn]
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in _set_files(pngs, recipe):
            paths.append(folder / name)
            paths[-1].write_bytes(content)
    except OSError as error:
        raise RequestError(f"The folder {folder.name!r} cannot be written. Choose another one.") from error
    return paths


class DrawnFiles:
    """Files of one drawing, in a folder of its own."""

    def __init__(self, root: Path, recipe: Recipe) -> None:
        """Make the folder below ``root``, a folder that the page may show files of."""
        self.folder = new_folder(root)
        self.recipe = recipe
        self._saved: dict[int, Path] = {}

    def save(self, drawn: Drawn) -> Path:
        """Return the picture's file, written at the first call: a written file never changes while it is read."""
        if drawn.seed not in self._saved:
            path = self.folder / picture_name(self.recipe.model.name, drawn.seed)
            self._saved[drawn.seed] = save_picture(drawn.picture, self.recipe.of_seed(drawn.seed), path)
        return self._saved[drawn.seed]

    def save_archive(self, seeds: Sequence[int], recipe: Recipe) -> Path:
        """Return a zip of what ``write_set`` writes, of pictures that were saved, in this order."""
        path = self.folder / f"{recipe.model.name}-{seeds[0]}.zip"
        with zipfile.ZipFile(path, "w") as archive:  # PNGs are compressed already
            for name, content in _set_files([self._saved[seed].read_bytes() for seed in seeds], recipe):
                archive.writestr(name, content)
        return path


def _set_files(pngs: Sequence[bytes], recipe: Recipe) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file of a set."""
    for place, png in enumerate(pngs):
        yield f"{place:03d}.png", png
    yield GRID, png_with_recipe(contact_sheet([Image.open(io.BytesIO(png)) for png in pngs]), recipe)
    yield RECIPE, (recipe.to_json(indent=1) + "\n").encode()


def contact_sheet(pictures: Sequence[Image.Image]) -> Image.Image:
    """Return all pictures, of one size, row by row, as nearly square as their number allows."""
    columns = math.ceil(math.sqrt(len(pictures)))
    return labelled_sheet([pictures[at : at + columns] for at in range(0, len(pictures), columns)])


def labelled_sheet(
    rows: Sequence[Sequence[Image.Image]], row_names: Sequence[str] = (), column_names: Sequence[str] = ()
) -> Image.Image:
    """Return pictures of one size as a white table with its rows named at the left and its columns above."""
    font = ImageFont.load_default(LABEL_SIZE)
    side = rows[0][0].width
    left = max((int(font.getlength(name)) + 8 for name in row_names), default=0)
    top = LABEL_HEIGHT if column_names else 0
    columns = max(map(len, rows))
    sheet = Image.new("RGB", (left + columns * (side + GAP) - GAP, top + len(rows) * (side + GAP) - GAP), "white")
    draw = ImageDraw.Draw(sheet)
    for row, name in enumerate(row_names):
        draw.text((left - 6, top + row * (side + GAP) + side // 2), name, "black", font, anchor="rm")
    for column, name in enumerate(column_names):
        draw.text((left + column * (side + GAP) + side // 2, top // 2), name, "black", font, anchor="mm")
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            sheet.paste(picture, (left + column * (side + GAP), top + row * (side + GAP)))
    return sheet


def webp_bytes(picture: Image.Image, side: int) -> bytes:
    """Return a small lossy copy of at most ``side`` px, for looking at while a slider moves."""
    if picture.width > side:
        picture = picture.resize((side, side), Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=85, method=0)
    return buffer.getvalue()
