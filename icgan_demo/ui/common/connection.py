"""What every page does while its server cannot be reached."""

import json
from pathlib import Path

from icgan_demo.ui.texts.language import LANGUAGES

_SCRIPT = Path(__file__).with_suffix(".js")
_SAID = ("away", "back")


def connection_script() -> str:
    """Return an element for the head of the pages: it watches the connection and says how it is."""
    said = {language: {key: known[f"connection_{key}"] for key in _SAID} for language, known in LANGUAGES.items()}
    return f"<script>({_SCRIPT.read_text(encoding='utf-8')})({json.dumps(said, ensure_ascii=False)});</script>"
