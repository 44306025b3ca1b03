"""The map of a bank as one piece of HTML: thumbnails that keep clear of each other, all other instances as dots.

The dots are one path, whose round caps are what one sees, and the thumbnails one picture: 10,000 instances stay light.
What is chosen travels as a short text, so that a click sends nothing of the map back. The server alone writes what the
map shows (``scene``), a visitor alone what was clicked (``value``): no answer undoes a click.
"""

import base64
import io
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.banks.bank_requests import BankMap
from icgan_demo.service.recipes.drawn_files import webp_bytes
from icgan_demo.ui.common.instances import Chosen
from icgan_demo.ui.texts.language import say

TILE = 40
"""Side of a thumbnail in the common picture, px."""
UNITS = 1000
"""The map's width in its own coordinates."""
ROW, PHOTO = "b", "p"
"""What a chosen text begins with: a row of the bank, or an own photo."""

SCRIPT = Path(__file__).with_name("map_view.js").read_text(encoding="utf-8")


TEMPLATE = "${typeof scene === 'undefined' ? '' : scene}"
"""Gradio 6.31 sets the properties of an update one after the other: a page that a busy browser mounts in between has
no scene, and a template that fails once leaves the component empty for good."""


@dataclass(frozen=True)
class Mark:
    """An own photo on the map."""

    key: str
    x: float
    """0..1 from the left."""
    y: float
    name: str
    picture: Image.Image


def map_box() -> gr.HTML:
    """Return the map; its value is what was clicked last, its property ``scene`` what it shows, its event ``input``."""
    return gr.HTML("", html_template=TEMPLATE, js_on_load=SCRIPT, scene="", elem_id="bank-map", elem_classes="bank-map")


def scene_html(bank: BankMap, marks: Sequence[Mark], language: str, name: str = "", chosen: str = "") -> str:
    """Return what the map shows; names come from outside and are escaped.

    Args:
        bank: its instances.
        marks: own photos.
        language: of its words.
        name: tells this map from others; a click brings it along.
        chosen: what is marked as chosen, as ``chosen_of`` understands it; empty for nothing.
    """
    if not len(bank.places) and not marks:
        return f'<p class="no-map">{escape(say(language, "map_empty"))}</p>'
    names = sorted({label for label in bank.labels if label})
    place = {label: number for number, label in enumerate(names)}
    units = np.rint(bank.places * UNITS).astype(int).tolist()
    data = {
        "points": ";".join(f"{x},{y}" for x, y in units),
        "labels": ",".join("" if label is None else str(place[label]) for label in bank.labels),
        "names": json.dumps(names, ensure_ascii=False),
        "rows": ",".join(map(str, bank.rows)),
        "unnamed": say(language, "unlabelled", row="#"),
        "map": name,
        "chosen": chosen,
    }
    attributes = " ".join(f'data-{key}="{escape(value)}"' for key, value in data.items())
    label = escape(say(language, "map_alt", count=len(bank.places)))
    keys = escape(say(language, "map_keys"))
    path = "".join(f"M{x} {y}h0" for x, y in units)
    return (
        f'<div class="map" tabindex="0" role="application" aria-label="{label}" aria-description="{keys}" {attributes}>'
        '<div class="world">'
        f'<svg viewBox="0 0 {UNITS} {UNITS}" aria-hidden="true"><path d="{path}"/></svg>'
        f"{_thumbnails(bank, units, language)}{''.join(map(_own, marks))}"
        '<b class="cursor" hidden></b><b class="here" hidden></b></div></div>'
        f'<div class="map-foot"><output class="tip" aria-live="polite"></output>{_zoom_buttons(language)}</div>'
    )


def chosen_html(slot: Chosen, language: str) -> str:
    """Return the chosen instance with its name: what the pictures beside it are neighbours of."""
    label = escape(say(language, "map_chosen", name=slot.name))
    if not slot.picture.exists():
        return f"<p>{label}</p>"
    with Image.open(slot.picture) as picture:  # written by the page
        url = base64.b64encode(webp_bytes(picture.convert("RGB"), 2 * TILE)).decode()
    return f'<p><img src="data:image/webp;base64,{url}" alt=""> {label}</p>'


def chosen_of(value: object) -> tuple[str, int]:
    """Return what a map's value names, (``ROW`` or ``PHOTO``, number); it comes from the browser.

    Raises:
        RequestError: if it names nothing.
    """
    if not is_choice(value):
        raise RequestError("Choose a point of the map first.")
    text = str(value)
    return text[0], int(text[1:])


def clicked_on(value: object, name: str) -> str | None:
    """Return what was clicked, as ``chosen_of`` understands it; None if that was on another map than ``name``.

    Raises:
        RequestError: if a value from the browser names nothing.
    """
    map_name, _, choice = str(value).rpartition(" ")
    chosen_of(choice)
    return choice if map_name == name else None


def is_choice(value: object) -> bool:
    """Return whether a value, from wherever it comes, is one that ``chosen_of`` understands."""
    return re.fullmatch(f"[{ROW}{PHOTO}][0-9]{{1,9}}", str(value)) is not None


def _thumbnails(bank: BankMap, units: Sequence[Sequence[int]], language: str) -> str:
    """Return the thumbnails, each a part of one picture that the page holds once."""
    if not bank.pictures:
        return ""
    columns = math.ceil(math.sqrt(len(bank.pictures)))
    lines = math.ceil(len(bank.pictures) / columns)
    sheet = Image.new("RGB", (columns * TILE, lines * TILE))
    figures = []
    for number, (place, picture) in enumerate(bank.pictures.items()):
        column, line = number % columns, number // columns
        sheet.paste(picture.convert("RGB").resize((TILE, TILE)), (column * TILE, line * TILE))
        at = f"left:{units[place][0] / 10}%;top:{units[place][1] / 10}%"
        part = f"background-position:{_share(column, columns)}% {_share(line, lines)}%"
        row = bank.row(place)
        name = escape(bank.labels[place] or say(language, "unlabelled", row=row))
        kind = "thumb" if number < bank.sparse else "thumb fine"
        figures.append(
            f'<i class="{kind}" role="img" aria-label="{name}" data-key="{ROW}{row}" style="{at};{part}"></i>'
        )
    size = f"--sheet-size:{100 * columns}% {100 * lines}%"
    return f'<div class="thumbs" style="--sheet:url({_url(sheet)});{size}">{"".join(figures)}</div>'


def _own(mark: Mark) -> str:
    x, y = round(mark.x * UNITS), round(mark.y * UNITS)
    url = base64.b64encode(webp_bytes(mark.picture.convert("RGB"), TILE)).decode()
    return (
        f'<b class="own" role="img" aria-label="{escape(mark.name)}" data-key="{mark.key}" data-at="{x},{y}" '
        f'style="left:{x / 10}%;top:{y / 10}%;background-image:url(data:image/webp;base64,{url})"></b>'
    )


def _zoom_buttons(language: str) -> str:
    buttons = (("1.6", "+", "map_zoom_in"), ("0.625", "−", "map_zoom_out"))
    return "".join(
        f'<button type="button" data-zoom-by="{factor}" aria-label="{escape(say(language, name))}">{sign}</button>'
        for factor, sign, name in buttons
    )


def _share(place: int, count: int) -> float:
    """Return a background position in percent: the first part lies at 0, the last at 100."""
    return 0.0 if count < 2 else round(100 * place / (count - 1), 4)


def _url(sheet: Image.Image) -> str:
    buffer = io.BytesIO()
    sheet.save(buffer, "WEBP", quality=80, method=1)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
