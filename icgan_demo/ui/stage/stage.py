"""The stage: the pictures that follow a slider, as one piece of HTML.

A gallery would fetch every picture by a request of its own and be rebuilt at each step of a slider; here they come
inside the answer. A picture of full quality is a PNG with its recipe, and a click on it saves it.
"""

import base64
from collections.abc import Sequence
from html import escape

import gradio as gr

from icgan_demo.service.drawing.drawing_requests import Drawn, DrawRequest
from icgan_demo.service.recipes.drawn_files import picture_name, webp_bytes

TEMPLATE = """
<div class="figures">${((newest) => {
  const [turn] = value.split("|", 1);
  const html = value.slice(turn.length + 1);
  if (Number(turn) >= (newest.turn ?? 0)) Object.assign(newest, { turn: Number(turn), html });
  return newest.html ?? "";
})((window.stages ??= {})["NAME"] ??= {})}</div>
"""
"""Shows what was asked for last: quick pictures may arrive after those in full quality that were asked for later."""
PREVIEW_SIDE = 128
"""Largest side of a picture while a slider moves, px."""


def stage(name: str) -> gr.HTML:
    """Return an empty stage for the page ``name``; its values are those of ``stage_value``."""
    return gr.HTML(
        stage_value("", 0),
        elem_id=f"{name}-stage",
        elem_classes="stage",
        html_template=TEMPLATE.replace("NAME", name),
    )


def stage_value(html: str, turn: float) -> str:
    """Return the stage's value.

    Args:
        html: figures, from ``preview_html`` or ``full_html``.
        turn: when they were asked for, s; the stage keeps what has the latest.
    """
    return f"{turn:.6f}|{html}"


def preview_html(drawn: Sequence[Drawn], count: int, alt: str) -> str:
    """Return quick pictures; of ``count`` places, those without one yet are left empty."""
    figures = [
        _figure(f'<img src="{webp_url(webp_bytes(one.picture, PREVIEW_SIDE))}" alt="{_alt(alt, one.seed)}">', "")
        for one in drawn
    ]
    figures += [_figure("<i></i>", "")] * (count - len(drawn))
    return "".join(figures)


def full_html(
    pngs: Sequence[bytes],
    request: DrawRequest,
    alt: str,
    save: str,
    captions: Sequence[str],
    links: Sequence[str],
) -> str:
    """Return pictures that carry their recipe and are saved at a click.

    Args:
        pngs: one for each seed of the request.
        request: what they were drawn of.
        alt: says what the pictures show.
        save: what a click does.
        captions: one for each.
        links: one for each, from ``copy_link``.
    """
    figures = []
    for png, seed, caption, copied in zip(pngs, request.seeds, captions, links, strict=True):
        url = png_url(png)
        name = escape(picture_name(request.model, seed))
        image = f'<img src="{url}" alt="{_alt(alt, seed)}">'
        link = f'<a href="{url}" download="{name}" title="{escape(save)}">{image}</a>'
        figures.append(_figure(link + copied, caption, seed=seed))
    return "".join(figures)


def still_html(png: bytes, caption: str) -> str:
    """Return a picture that is there to be compared with, with its caption, which also says what it shows."""
    return _figure(f'<img src="{png_url(png)}" alt="{escape(caption, quote=True)}">', caption)


def _figure(inner: str, caption: str, seed: int | None = None) -> str:
    mark = "" if seed is None else f' data-seed="{seed}"'
    return f"<figure{mark}>{inner}<figcaption>{escape(caption)}</figcaption></figure>"


def png_url(data: bytes) -> str:
    """Return an address that is the PNG itself."""
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def webp_url(data: bytes) -> str:
    """Return an address that is the WebP itself."""
    return f"data:image/webp;base64,{base64.b64encode(data).decode()}"


def _alt(alt: str, seed: int) -> str:
    return escape(f"{alt}, {seed}", quote=True)
