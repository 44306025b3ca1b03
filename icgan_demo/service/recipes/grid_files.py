"""Grids as files: a sheet with labelled axes and captions as PNG or PDF; the PNG carries what draws it again."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo
from pydantic import Field, TypeAdapter, with_config

from icgan_demo.errors import RequestError
from icgan_demo.guards.json_text import STRICT, read_json
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.drawing.grid_requests import MAX_SIDE, GridAxis, GridRequest, Setting
from icgan_demo.service.drawing.sampling_contract import Sampling
from icgan_demo.service.recipes.recipe import (
    CHUNK,
    MAX_RECIPE_BYTES,
    BlendRecipe,
    checked_request,
    recipe_text,
    write_recipe,
)
from icgan_demo.service.recipes.recipe_values import ShortText

FORMATS = ("png", "pdf")
LEAST_CELL = 96
"""Side of a cell, px, to which smaller images are enlarged so that labels have room."""
GAP, MARGIN, LETTERS = 3, 8, 12
PDF_DPI = 150


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class AxisValues:
    """A ``GridAxis`` as JSON."""

    setting: Annotated[str, Field(pattern=f"^({'|'.join(each.value for each in Setting)})$")]
    values: Annotated[tuple[int | float | ShortText, ...], Field(max_length=MAX_SIDE)]

    @classmethod
    def of(cls, axis: GridAxis) -> "AxisValues":
        """Return an axis as JSON values."""
        return cls(setting=axis.setting.value, values=axis.values)

    def axis(self) -> GridAxis:
        """Return the axis; raises RequestError for a value of the wrong kind."""
        return GridAxis(Setting(self.setting), self.values)


@with_config(STRICT)
@dataclass(frozen=True, kw_only=True)
class GridRecipe:
    """Everything needed to draw a grid again: the recipe of the image that it changes, by each model, and its axes."""

    schema: Literal[1] = 1
    kind: Literal["grid"] = "grid"
    images: Annotated[tuple[BlendRecipe, ...], Field(min_length=1, max_length=MAX_SIDE)]
    columns: AxisValues
    rows: AxisValues

    def to_json(self, indent: int | None = None) -> str:
        """Return the recipe as JSON text."""
        return json.dumps(self.values(), indent=indent, ensure_ascii=False, allow_nan=False)

    def values(self) -> dict[str, Any]:
        """Return the recipe as JSON values."""
        values: dict[str, Any] = _ADAPTER.dump_python(self, mode="json")
        return {**values, "images": [image.values() for image in self.images]}


_ADAPTER = TypeAdapter(GridRecipe)


def write_grid_recipe(grid: GridRequest, sampling: Sampling) -> GridRecipe:
    """Return the recipe of a grid."""
    images = []
    for image in grid.images:
        info = sampling.unlisted(image.model) or next(each for each in sampling.models() if each.name == image.model)
        recipe = write_recipe(image, info)
        assert isinstance(recipe, BlendRecipe), "a cell is a blend"
        images.append(recipe)
    return GridRecipe(images=tuple(images), columns=AxisValues.of(grid.columns), rows=AxisValues.of(grid.rows))


def read_grid_recipe(path: Path) -> GridRecipe:
    """Return the recipe of a grid in a PNG or a ``.json`` file; both may come from anyone.

    Raises:
        RequestError: if there is none that this version understands.
    """
    with path.open("rb") as stream:
        start = stream.read(MAX_RECIPE_BYTES + 1)
    text = start if start.lstrip().startswith(b"{") else recipe_text(path)
    if text is None or len(text) > MAX_RECIPE_BYTES:
        raise RequestError("This file contains no recipe of a grid. Use a PNG that the Grids page saved.")
    recipe: GridRecipe = read_json(text, _ADAPTER, "The recipe of a grid", RequestError, schema=1)
    return recipe


def checked_grid(recipe: GridRecipe, sampling: Sampling) -> GridRequest:
    """Return the grid of a recipe; raises RequestError for a value out of range, or a model that is not the same."""
    images = []
    for each in recipe.images:
        listed = next((info for info in sampling.models() if info.name == each.model.name), None)
        request = checked_request(each, listed or sampling.unlisted(each.model.name))
        if not isinstance(request, DrawRequest) or len(request.seeds) != 1:
            raise RequestError("The recipe of a grid must hold single images.")
        images.append(request)
    return GridRequest(tuple(images), recipe.columns.axis(), recipe.rows.axis())


def grid_sheet(pictures: Sequence[Image.Image], grid: GridRequest, caption: Sequence[str] = ()) -> Image.Image:
    """Return cells, row by row, as a white sheet with labelled axes; those that are missing at the end stay white.

    Args:
        pictures: of the cells drawn so far.
        grid: what they are.
        caption: lines below.
    """
    font = ImageFont.load_default(LETTERS)
    side = max([LEAST_CELL, *(picture.width for picture in pictures)])
    step, line = side + GAP, LETTERS + 6
    row_names = [_fitting(name, 2 * LEAST_CELL, font) for name in grid.rows.labels]
    left = 2 * MARGIN + line + max(int(font.getlength(name)) for name in row_names)
    top = MARGIN + 2 * line
    width = max(
        left + len(grid.columns.values) * step, *(int(font.getlength(text)) + MARGIN for text in ("", *caption))
    )
    height = top + len(grid.rows.values) * step + len(caption) * line + MARGIN
    sheet = Image.new("RGB", (width + MARGIN, height), "white")
    draw = ImageDraw.Draw(sheet)
    middle = left + len(grid.columns.values) * step // 2
    draw.text((middle, MARGIN + line // 2), grid.title(grid.columns), "black", font, anchor="mm")
    for column, name in enumerate(grid.columns.labels):
        above = (left + column * step + side // 2, MARGIN + line + line // 2)
        draw.text(above, _fitting(name, side, font), "black", font, anchor="mm")
    beside = grid.title(grid.rows)
    sheet.paste(_upright(beside, font, line), (MARGIN, top + _centred(grid, step, beside, font)))
    for row, name in enumerate(row_names):
        draw.text((left - MARGIN, top + row * step + side // 2), name, "black", font, anchor="rm")
    for place, picture in enumerate(pictures):
        row, column = divmod(place, len(grid.columns.values))
        cell = picture if picture.width == side else picture.resize((side, side), Image.Resampling.BICUBIC)
        sheet.paste(cell, (left + column * step, top + row * step))
    for number, said in enumerate(caption):
        draw.text((MARGIN, top + len(grid.rows.values) * step + number * line + 2), said, "black", font)
    return sheet


def caption_of(grid: GridRequest, recipe: GridRecipe) -> list[str]:
    """Return what stands below a grid: the settings that all cells share, and the licence of its models."""
    image, changed = grid.images[0], {grid.columns.setting, grid.rows.setting}
    shared = {
        Setting.MODEL: image.model,
        Setting.CLASS: image.label or "no label",
        Setting.TRUNCATION: f"truncation {image.truncation:g}",
        Setting.SEED: f"seed {image.seeds[0]}",
    }
    said = ", ".join(text for setting, text in shared.items() if setting not in changed)
    notes = dict.fromkeys(each.licence for each in recipe.images if each.licence)
    return [said, *notes] if notes else [said, recipe.images[0].note]


def grid_file(sheet: Image.Image, recipe: GridRecipe, kind: str) -> bytes:
    """Return a sheet as a file of one of ``FORMATS``; only the PNG carries its recipe."""
    buffer = io.BytesIO()
    if kind == "pdf":
        sheet.save(buffer, "PDF", resolution=PDF_DPI, title="Grid", subject=recipe.images[0].note)
    else:
        text = PngInfo()
        text.add_itxt(CHUNK, recipe.to_json())
        text.add_itxt("Comment", recipe.images[0].note)
        sheet.save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def _fitting(name: str, width: int, font: Any) -> str:
    """Return a name, shortened where it is wider than ``width`` px."""
    if font.getlength(name) <= width:
        return name
    while name and font.getlength(name + "...") > width:
        name = name[:-1]
    return name + "..."


def _upright(name: str, font: Any, line: int) -> Image.Image:
    """Return a name that is read from the bottom to the top."""
    strip = Image.new("RGB", (int(font.getlength(name)) + 4, line), "white")
    ImageDraw.Draw(strip).text((2, line // 2), name, "black", font, anchor="lm")
    return strip.transpose(Image.Transpose.ROTATE_90)


def _centred(grid: GridRequest, step: int, name: str, font: Any) -> int:
    return max(0, (len(grid.rows.values) * step - int(font.getlength(name))) // 2)
