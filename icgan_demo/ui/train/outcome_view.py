"""What the Train page says of a finished model: its images before and after, and whether each class is recognised."""

from html import escape

import gradio as gr

from icgan_demo.service.card_figures import ByClass, Recognised
from icgan_demo.ui.texts.language import say

SHOWN = 12
"""Classes that are seen at once; further ones are folded."""
UNTRAINED = "untrained"
"""Name of the encoder of a second opinion where no trained one has one."""

STYLE = """
&:not(:has(p)) { display: none; }
h3, p { margin: 0.3rem 0; font-size: 0.85rem; line-height: 1.5; }
p:last-child, small { color: var(--body-text-color-subdued); }
table { width: 100%; margin: 0; border-collapse: collapse; table-layout: fixed; font-size: 0.85rem; }
table, thead, tbody, tr { border: 0; }
th, td { padding: 0.3rem 0.4rem 0.45rem; border: 0; border-bottom: 1px solid var(--border-color-primary); }
th, td { text-align: left; font-weight: 400; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
td { background: linear-gradient(var(--bar) 0 0) left bottom / calc(100% * var(--share)) 0.25rem no-repeat; }
td { --bar: var(--color-accent); }
td:last-child { --bar: var(--body-text-color-subdued); }
summary { cursor: pointer; font-size: 0.85rem; }
"""
"""Sent with its part, not with every page."""


def by_class_part() -> gr.HTML:
    """Return where ``by_class_html`` is shown; hidden while it is empty."""
    return gr.HTML("", css_template=STYLE, elem_id="train-by-class")


def after_text(step: int, base: str, language: str) -> str:
    """Return what the two sheets of a finished run show; ``base`` is empty for a run from scratch."""
    before = say(language, "train_before_base" if base else "train_before_scratch")
    return f"{before} {say(language, 'train_after_step', step=step)}"


def by_class_html(found: ByClass | None, language: str) -> str:
    """Return how often generated images and photos are recognised as their class; nothing where nobody looked."""
    if found is None:
        return ""
    title = f"<h3>{say(language, 'train_by_class')}</h3>"
    if found.reason:
        return f"{title}<p>{say(language, f'train_by_class_{found.reason}')}</p>"
    told = say(language, "train_by_class_told" if found.told else "train_by_class_untold")
    total = say(language, "train_by_class_total", drawn=found.of_drawn, photos=found.of_photos)
    parts = [title, f"<p>{total} {told}</p>", _table(found.classes[:SHOWN], language)]
    if rest := found.classes[SHOWN:]:
        more = say(language, "train_by_class_more", count=len(rest))
        parts.append(f"<details><summary>{more}</summary>{_table(rest, language)}</details>")
    encoder = say(language, "train_by_class_untrained") if found.encoder == UNTRAINED else found.encoder
    note = say(language, "train_by_class_note", encoder=encoder)
    if found.left_out:
        note += f" {say(language, 'train_by_class_left_out', count=found.left_out)}"
    return "".join([*parts, f"<p>{escape(note)}</p>"])


def _table(rows: tuple[Recognised, ...], language: str) -> str:
    heads = "".join(
        f'<th scope="col">{say(language, f"train_by_class_{column}")}</th>' for column in ("class", "drawn", "photos")
    )
    return (
        f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(_row(row, language) for row in rows)}</tbody></table>"
    )


def _row(row: Recognised, language: str) -> str:
    drawn = _cell(row.of_drawn, row.drawn_recognised, row.drawn, language)
    photos = _cell(row.of_photos, row.photos_recognised, row.photos, language)
    return f'<tr><th scope="row">{escape(row.name)}</th>{drawn}{photos}</tr>'


def _cell(share: float, count: int, total: int, language: str) -> str:
    said = say(language, "train_by_class_count", count=count, total=total)
    return f'<td style="--share:{share:.3f}"><b>{share:.0%}</b> <small>{said}</small></td>'
