"""The studio's pictures as files: PNGs with their recipes, labelled sheets, zips."""

import io
import json
import secrets
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from icgan_demo.errors import RequestError
from icgan_demo.guards.png_text import read_png_text
from icgan_demo.service.outputs import CHUNK, GAP, GRID, RECIPE, png_with_recipe
from icgan_demo.service.recipe import MAX_RECIPE_BYTES, Recipe
from icgan_demo.service.studio_recipe import AnyRecipe, BlendRecipe, read_any

LABEL_HEIGHT = 16
LABEL_SIZE = 11


def new_folder(root: Path) -> Path:
    """Return a fresh folder below ``root`` with a name that nobody can guess."""
    folder = root / "drawn" / secrets.token_hex(16)
    folder.mkdir(parents=True)
    return folder


def recipe_of_seed(recipe: BlendRecipe, seed: int) -> BlendRecipe:
    """Return the recipe of one picture of a set."""
    return replace(recipe, seeds=(seed,))


def write_blend_archive(files: Sequence[Path], sheet: Image.Image, recipe: BlendRecipe, path: Path) -> Path:
    """Write a zip of PNGs that carry their own recipes, their contact sheet and the recipe of all."""
    with zipfile.ZipFile(path, "w") as archive:  # PNGs are compressed already
        for file in files:
            archive.write(file, file.name)
        archive.writestr(GRID, png_with_recipe(sheet, recipe))
        archive.writestr(RECIPE, recipe.to_json(indent=1) + "\n")
    return path


def labelled_sheet(
    rows: Sequence[Sequence[Image.Image]], row_names: Sequence[str] = (), column_names: Sequence[str] = ()
) -> Image.Image:
    """Return pictures of one size as a table with its rows named at the left and its columns above."""
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


def read_recipe_file(path: Path) -> AnyRecipe:
    """Return the recipe in a PNG's text chunk or in a ``.json`` file; both may come from anyone.

    Raises:
        RequestError: if there is none, or it is no recipe that this version understands.
    """
    with path.open("rb") as stream:
        start = stream.read(64).lstrip()
    if start.startswith(b"{"):
        with path.open("rb") as stream:
            return read_any(stream.read(MAX_RECIPE_BYTES + 1))
    text = read_png_text(path, CHUNK, MAX_RECIPE_BYTES)
    if text is None:
        raise RequestError(
            "This picture carries no recipe; copying and pasting it loses that. Drop the PNG that this page or its "
            "command line saved, or recipe.json."
        )
    return read_any(text)


def recipe_values(recipe: AnyRecipe) -> dict[str, object]:
    """Return a recipe as plain values."""
    values: dict[str, object] = json.loads(recipe.to_json())
    return values


def kind_of(recipe: AnyRecipe) -> str:
    """Return "neighbours", "blend" or "travel"."""
    return "neighbours" if isinstance(recipe, Recipe) else recipe.kind


def webp_bytes(picture: Image.Image, side: int) -> bytes:
    """Return a small lossy copy of at most ``side`` px, for looking at while a slider moves."""
    if picture.width > side:
        picture = picture.resize((side, side), Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=85, method=0)
    return buffer.getvalue()
