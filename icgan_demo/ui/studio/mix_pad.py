"""A square pad between four corners: where the handle stands says how much of each corner is mixed in."""

import base64
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.recipes.outputs import webp_bytes
from icgan_demo.ui.texts.language import text

THUMBNAIL = 64

TEMPLATE = """
<div class="pad" tabindex="0" role="slider" aria-label="${label_text}" aria-valuetext="${value.split('|')[0]}">
  ${value.split('|').slice(1).map((url, corner) => '<span>' + (url
    ? `<img class="corner" src="${url}" alt="${'ABCD'[corner]}">` : '') + `<em>${'ABCD'[corner]}</em></span>`).join('')}
  <b style="left:${100 * value.split('|')[0].split(' ')[0]}%; top:${100 * value.split('|')[0].split(' ')[1]}%"></b>
</div>
"""

SCRIPT = """
let dragging = false;
const place = () => (props.value || '0.5 0.5').split('|')[0].split(' ').map(Number);
const move = (x, y) => {
    const [, ...corners] = (props.value || '').split('|');
    const within = (v) => Math.min(1, Math.max(0, v)).toFixed(3);
    const focused = element.contains(document.activeElement);
    props.value = [`${within(x)} ${within(y)}`, ...corners].join('|');
    trigger('input');
    if (focused) requestAnimationFrame(() => element.querySelector('.pad')?.focus());
};
const follow = (event) => {
    const box = element.querySelector('.pad').getBoundingClientRect();
    move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
};
element.addEventListener('pointerdown', (event) => {
    if (!event.target.closest('.pad')) return;
    dragging = true;
    element.setPointerCapture(event.pointerId);
    event.preventDefault();
    element.querySelector('.pad').focus();
    follow(event);
});
element.addEventListener('pointermove', (event) => { if (dragging) follow(event); });
for (const end of ['pointerup', 'pointercancel']) {
    element.addEventListener(end, () => { if (dragging) { dragging = false; trigger('release'); } });
}
const steps = {ArrowLeft: [-0.05, 0], ArrowRight: [0.05, 0], ArrowUp: [0, -0.05], ArrowDown: [0, 0.05]};
element.addEventListener('keydown', (event) => {
    if (!(event.key in steps)) return;
    event.preventDefault();
    const [x, y] = place();
    move(x + steps[event.key][0], y + steps[event.key][1]);
});
element.addEventListener('keyup', (event) => { if (event.key in steps) trigger('release'); });
"""


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
        raise RequestError("The pad's handle is nowhere. Reload the page.") from error
    if not (math.isfinite(x) and math.isfinite(y)):
        raise RequestError("The pad's handle is nowhere. Reload the page.")
    return min(1.0, max(0.0, x)), min(1.0, max(0.0, y))


def corner_weights(x: float, y: float) -> tuple[float, float, float, float]:
    """Return the bilinear weights of the corners A (top left), B (top right), C (bottom left), D (bottom right)."""
    return (1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y


def _url(path: Path) -> str:
    with Image.open(path) as picture:
        small = picture.convert("RGB").resize((THUMBNAIL, THUMBNAIL))
    return f"data:image/webp;base64,{base64.b64encode(webp_bytes(small, THUMBNAIL)).decode()}"
