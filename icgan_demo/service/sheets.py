"""Several pictures as one: contact sheets, and tables with names."""

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

GAP = 2
"""Pixels between the pictures of a sheet."""
LABEL_HEIGHT = 16
LABEL_SIZE = 11


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
