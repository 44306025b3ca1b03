"""How a model learned: rows of generated images from the start of its training to its end, each with its step."""

import hashlib
from html import escape
from pathlib import Path

from icgan_demo.service.training.run_files import copy_once
from icgan_demo.service.values import ModelInfo
from icgan_demo.ui.texts.language import say


def learning_html(info: ModelInfo, language: str, thumbnail_dir: Path) -> str:
    """Return what to see, and the picture beside the steps of its rows; nothing for a model without one."""
    moments = ((info.card or {}).get("learning") or {}).get("moments")
    if info.learning is None or not moments:
        return ""
    try:
        name = f"{hashlib.sha256(info.learning.read_bytes()).hexdigest()[:32]}{info.learning.suffix}"
        thumbnail_dir.mkdir(parents=True, exist_ok=True)
        shown = copy_once(info.learning, thumbnail_dir, name)
    except OSError:  # the model was deleted a moment ago
        return ""
    rows = "".join(
        f"<li><b>{escape(say(language, 'learning_step', step=moment['step']))}</b>"
        f"<small>{escape(say(language, 'learning_images', images=moment['images']))}</small></li>"
        for moment in moments
    )
    alternative = escape(say(language, "learning_alt", count=len(moments)))
    picture = f'<img src="gradio_api/file={escape(str(shown))}" alt="{alternative}">'
    read = f"<p>{escape(say(language, 'learning_read'))}</p>"
    return f'{read}<div class="learning"><ol>{rows}</ol>{picture}</div>'
