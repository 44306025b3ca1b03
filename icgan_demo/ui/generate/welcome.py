"""What stands on the Generate page before there are pictures: instances that ship, with their neighbours, in turn."""

import shutil
from pathlib import Path

import gradio as gr

from icgan_demo.ui.texts.language import text

WELCOME = Path(__file__).with_suffix(".webp")
"""A column for each instance: itself, and its neighbours. Drawn by ``benchmarks.welcome_pictures``."""
INSTANCES, CELLS = 4, 16


def welcome(thumbnail_dir: Path) -> gr.HTML:
    """Return it; styles.css turns the columns, and takes them away once a photo has come.

    Args:
        thumbnail_dir: a folder whose files everybody may see; the pictures' file is put there.
    """
    thumbnail_dir.mkdir(parents=True, exist_ok=True)
    shown = thumbnail_dir / WELCOME.name
    shutil.copyfile(WELCOME, shown)
    cells = "".join(f'<i style="--row: {row}"></i>' for row in range(CELLS))
    picture = f"--welcome: url('gradio_api/file={shown}'); --columns: {INSTANCES}; --rows: {CELLS}"
    return gr.HTML(
        text("empty"),
        elem_id="empty",
        html_template=f'<div class="cells" style="{picture}">{cells}</div><p>${{value}}</p>',
    )
