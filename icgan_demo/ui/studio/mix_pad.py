"""A square pad between four corners: where the handle stands says how much of each corner is mixed in."""

import base64
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.recipes.drawn_files import webp_bytes
from icgan_demo.ui.texts.language import text

THUMBNAIL = 64

TEMPLATE = """
<div class="pad" tabindex="0" role="slider" aria-label="${label_text}" aria-valuetext="${value.split('|')[0]}">
  ${value.split('|').slice(1).map((url, corner) => '<span>' + (url
    ? `<img class="corner" src="${url}" alt="${'ABCD'[corner]}">` : '') + `<em>${'ABCD'[corner]}</em></span>`).join('')}
  <b style="left:${100 * value.split('|')[0].split(' ')[0]}%; top:${100 * value.split('|')[0].split(' ')[1]}%"></b>
</div>
"""

SCRIPT = Path(__file__).with_name("mix_pad.js").read_text(encoding="utf-8")


def pad(elem_id: str) -> gr.HTML:
    """Return the pad; it has the events ``input``, while the handle moves, and ``release``."""
    return gr.HTML(
        pad_value((0.5, 0.5), [None] * 4),
        html_template=TEMPLATE.replace("${label_text}", "Mix of the corners A, B, C and D"),
        js_on_load=SCRIPT,
        label=text("pad"),
        elem_id=elem_id,
        elem_classes="pad-box",
    )


def pad_value(place: tuple[float, float], pictures: Sequence[Path | None]) -> str:
    """Return the pad's value: the handle's place, 0..1 from left and top, and its corners A, B, C, D."""
    return "|".join([f"{place[0]:.3f} {place[1]:.3f}", *("" if path is None else _url(path) for path in pictures)])


def place_of(value: Any) -> tuple[float, float]:
    """Return the place in a pad's value, which comes from the browser; raises RequestError if it is none."""
    try:
        x, y = map(float, str(value).split("|", 1)[0].split(" "))
    except ValueError as error:
        raise RequestError("The handle of the pad has no position. Reload the page.") from error
    if not (math.isfinite(x) and math.isfinite(y)):
        raise RequestError("The handle of the pad has no position. Reload the page.")
    return min(1.0, max(0.0, x)), min(1.0, max(0.0, y))


def corner_weights(x: float, y: float) -> tuple[float, float, float, float]:
    """Return the bilinear weights of the corners A (top left), B (top right), C (bottom left), D (bottom right)."""
    return (1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y


def _url(path: Path) -> str:
    with Image.open(path) as picture:
        small = picture.convert("RGB").resize((THUMBNAIL, THUMBNAIL))
    return f"data:image/webp;base64,{base64.b64encode(webp_bytes(small, THUMBNAIL)).decode()}"
