"""Scripts in the head of every page."""

import json
from collections.abc import Mapping
from pathlib import Path

from icgan_demo.ui.texts.language import LANGUAGES


def head_script(file: Path, said: Mapping[str, str]) -> str:
    """Return an element that calls the function in a file with what it says, by language.

    Args:
        file: JavaScript, one function.
        said: keys of texts by the names that the function has for them.
    """
    texts = {language: {name: known[key] for name, key in said.items()} for language, known in LANGUAGES.items()}
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    script = "\n".join(line for line in lines if not line.startswith("//"))  # every page is sent it
    return f"<script>({script})({json.dumps(texts, ensure_ascii=False)});</script>"
