"""Compared models as HTML: rows of images with what each was told, figures as a table, plots with a sentence each."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from PIL import Image

from icgan_demo.config import Conditioning
from icgan_demo.service.comparison.comparing import ComparedFigures, ComparedRow
from icgan_demo.service.recipes.drawn_files import webp_bytes
from icgan_demo.service.training.job_record import RunView
from icgan_demo.ui.stage.stage import webp_url
from icgan_demo.ui.texts.language import say

SIDE = 128
"""Of an image on the page, at most, px."""
STYLES = """
section { margin: 0 0 1.6rem; }
h3 { margin: 0 0 0.2rem; font-size: 1.05rem; font-weight: 700; }
p { max-width: 46rem; margin: 0 0 0.5rem; line-height: 1.5; }
.row { display: grid; grid-template-columns: repeat(auto-fill, minmax(4rem, 1fr)); gap: 0.3rem; }
.members { grid-template-columns: repeat(auto-fill, minmax(2.5rem, 3.5rem)); margin-top: 0.4rem; }
img { display: block; width: 100%; border-radius: var(--radius-md); }
.photo { outline: 2px solid var(--color-accent); outline-offset: -2px; }
small { display: block; margin-top: 0.5rem; color: var(--body-text-color-subdued); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; font-variant-numeric: tabular-nums; }
table, tr, th, td { border: 0; }
th, td { padding: 0.35rem 0.7rem 0.35rem 0; text-align: right; font-weight: 400; }
tr > :first-child { text-align: left; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1.4rem 2rem; }
.maps { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: 0.8rem; }
figure { max-width: 36rem; margin: 0; }
.plots img, .maps img { background: white; }
figcaption { font-size: 0.85rem; line-height: 1.5; }
"""
"""For this page alone: the app's own style sheet goes to every page."""


def row_html(row: ComparedRow, crop: Image.Image, language: str) -> str:
    """Return a row with its heading, what its model was told, and the instance before its images."""
    name, photo = name_of(row.conditioning, language), _image(crop, say(language, "compare_instance"), "photo")
    images = "".join(
        _image(picture, say(language, "compare_image", name=name, number=number))
        for number, picture in enumerate(row.pictures, start=1)
    )
    members = ""
    if row.members:
        shown = "".join(_image(member, say(language, "compare_member")) for member in row.members)
        members = f'<small>{_said(language, "compare_members")}</small><div class="row members">{shown}</div>'
    told = f"<p>{_told(row, language)}</p>"
    return f'<section><h3>{escape(name)}</h3>{told}<div class="row">{photo}{images}</div>{members}</section>'


def name_of(word: Conditioning, language: str) -> str:
    """Return what a conditioning is called."""
    return say(language, f"compare_name_{word.name.lower()}")


def figures_html(figures: ComparedFigures, language: str) -> str:
    """Return the figures as a table, and each plot beside what it says and does not say."""
    head = "".join(f'<th scope="col">{_said(language, f"compare_column_{key}")}</th>' for key in figures.columns)
    lines = []
    for word, cells in figures.rows:
        values = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        lines.append(f'<tr><th scope="row">{escape(name_of(word, language))}</th>{values}</tr>')
    said = "compare_table" if figures.seeds > 1 else "compare_table_once"
    caption = f"<p>{_said(language, said, count=figures.seeds)}</p>"
    table = f'<div class="wide" tabindex="0"><table><tr><td></td>{head}</tr>{"".join(lines)}</table></div>'
    plots = "".join(_plot(*plot, language) for plot in figures.plots)
    maps = _maps(figures.maps, language) if figures.maps else ""
    return f'<section>{caption}{table}</section>{maps}<section class="plots">{plots}</section>'


def sheet_html(view: RunView, file: Path, language: str) -> str:
    """Return a sheet of what a run generates; nothing if it was deleted meanwhile."""
    name = name_of(Conditioning(view.request.conditioning or Conditioning.INSTANCE_AND_CLASS), language)
    alt = escape(say(language, "compare_try_sheet", name=name), quote=True)
    try:
        with Image.open(file) as sheet:
            return f'<img src="{webp_url(webp_bytes(sheet.convert("RGB"), max(sheet.size)))}" alt="{alt}">'
    except OSError:
        return ""


def curves_html(plots: Iterable[tuple[str, str]], language: str) -> str:
    """Return plots of what was measured while runs learned, each beside what it says and does not say."""
    shown = "".join(_plot("curves", figure, svg, language) for figure, svg in plots)
    return f'<section class="plots">{shown}</section>' if shown else ""


def _told(row: ComparedRow, language: str) -> str:
    key = f"compare_told_{row.conditioning.name.lower()}"
    if row.conditioning.uses_class and row.label is None:
        key += "_none"
    return _said(language, key, label=row.label, cluster=row.cluster)


def _plot(across: str, figure: str, svg: str, language: str) -> str:
    said = " ".join(_said(language, key) for key in (f"compare_plot_{figure}", f"compare_across_{across}"))
    name = escape(say(language, f"compare_column_{figure}"), quote=True)
    return f'<figure><img src="{_svg_url(svg)}" alt="{name}"><figcaption>{said}</figcaption></figure>'


def _maps(maps: Sequence[tuple[str, str]], language: str) -> str:
    """Where photos and the images of each model fall, side by side on one scale."""
    shown = []
    for name, svg in maps:
        key = "compare_photos" if name == "photos" else f"compare_name_{Conditioning(name).name.lower()}"
        said = _said(language, key)
        shown.append(f'<figure><img src="{_svg_url(svg)}" alt="{said}"><figcaption>{said}</figcaption></figure>')
    return f'<section><p>{_said(language, "compare_maps")}</p><div class="maps">{"".join(shown)}</div></section>'


def _svg_url(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _image(picture: Image.Image, alt: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<img{style} src="{webp_url(webp_bytes(picture, SIDE))}" alt="{escape(alt, quote=True)}">'


def _said(language: str, key: str, **values: object) -> str:
    return escape(say(language, key, **values))
