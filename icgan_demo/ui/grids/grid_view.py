"""A grid as HTML: a table with labelled axes, whose cells lead to where their recipes open."""

from collections.abc import Sequence
from html import escape

from PIL import Image

from icgan_demo.service.drawing.grid_requests import GridAxis, GridRequest, Setting
from icgan_demo.service.recipes.drawn_files import webp_bytes
from icgan_demo.service.recipes.recipe import Recipe
from icgan_demo.ui.common.recipe_links import link_to
from icgan_demo.ui.stage.stage import webp_url
from icgan_demo.ui.texts.language import say

CELL_SIDE = 128
"""At most, px: a page shows up to 144 of them."""


def cell_html(picture: Image.Image, recipe: Recipe, name: str) -> str:
    """Return an image that leads to its settings."""
    url, said = webp_url(webp_bytes(picture, CELL_SIDE)), escape(name, quote=True)
    image = f'<img src="{url}" alt="{said}">'
    address = link_to(recipe)
    return f'<a href="{address}" title="{said}">{image}</a>' if address else image


def grid_html(cells: Sequence[str], grid: GridRequest, language: str) -> str:
    """Return the cells so far, row by row; those to come are left empty."""
    columns, rows = grid.columns.labels, grid.rows.labels
    names = [_axis_name(grid, axis, language) for axis in (grid.columns, grid.rows)]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    lines = []
    for row, name in enumerate(rows):
        own = cells[row * len(columns) : (row + 1) * len(columns)]
        filled = "".join(f"<td>{cell}</td>" for cell in [*own, *["<i></i>"] * (len(columns) - len(own))])
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{filled}</tr>')
    axes = f"<caption>{names[0]} → · {names[1]} ↓</caption>"
    return f'<div class="grid"><table>{axes}<tr><td></td>{head}</tr>{"".join(lines)}</table></div>'


def _axis_name(grid: GridRequest, axis: GridAxis, language: str) -> str:
    said = say(language, f"grid_{axis.setting.value}")
    if axis.setting is Setting.DIRECTION:
        said += f": {grid.images[0].moves[0].direction.name}"
    return escape(said)
