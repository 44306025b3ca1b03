"""What every page does while its server cannot be reached, or is busy with others."""

import json
from pathlib import Path

from icgan_demo.ui.texts.language import LANGUAGES

_SCRIPT = Path(__file__).with_suffix(".js")
_SAID = {"away": "connection_away", "back": "connection_back", "queue": "busy_place"}


def connection_script() -> str:
    """Return an element for the head of the pages: it watches the connection and says how it is."""
    said = {language: {key: known[name] for key, name in _SAID.items()} for language, known in LANGUAGES.items()}
    lines = (line.strip() for line in _SCRIPT.read_text(encoding="utf-8").splitlines())
    script = "\n".join(line for line in lines if not line.startswith("//"))  # every page is sent it
    return f"<script>({script})({json.dumps(said, ensure_ascii=False)});</script>"
