"""Every text of the page, in English and Korean; the texts themselves lie beside this, one file for each part of it.

Fixed labels are translated in the browser (``text``); sentences with numbers are made on the server, in the language
that the browser asks for (``say``). Errors come from the services in English and are put into it by ``error_texts``.
"""

import re
from collections.abc import Iterable
from typing import Any

import gradio as gr

from icgan_demo.ui.texts import (
    about_texts,
    cgan_texts,
    compare_texts,
    directions_texts,
    edit_texts,
    generate_texts,
    grid_texts,
    larger_texts,
    map_texts,
    model_texts,
    page_texts,
    project_texts,
    run_texts,
    studio_texts,
    train_texts,
    travel_texts,
)

PARTS = (
    page_texts,
    generate_texts,
    about_texts,
    model_texts,
    train_texts,
    larger_texts,
    project_texts,
    run_texts,
    studio_texts,
    map_texts,
    cgan_texts,
    travel_texts,
    grid_texts,
    edit_texts,
    directions_texts,
    compare_texts,
)
ENGLISH = {key: words for part in PARTS for key, words in part.ENGLISH.items()}
KOREAN = {key: words for part in PARTS for key, words in part.KOREAN.items()}

LANGUAGES = {"en": ENGLISH, "ko": KOREAN}
_PREFIX = "our_"
"""Gradio's own texts share our keys' space: a plain "label" would be taken for one of theirs."""
TRANSLATIONS = gr.I18n(
    **{language: {_PREFIX + key: value for key, value in texts.items()} for language, texts in LANGUAGES.items()}
)


def translations(components: str, also: Iterable[str] = ()) -> gr.I18n:
    """Return those that ``components``, an app's as JSON, ask for, half of all, and those of ``also``."""
    asked = {*re.findall(rf"{_PREFIX}\w+", components), *(_PREFIX + key for key in also)}
    return gr.I18n(
        **{
            language: {key: value for key, value in known.items() if key in asked}
            for language, known in TRANSLATIONS.translations.items()
        }
    )


def text(key: str) -> Any:
    """Return a fixed text for a component's label or value; the browser translates it."""
    assert key in ENGLISH, key
    return TRANSLATIONS(_PREFIX + key)


def language_of(request: gr.Request | None) -> str:
    """Return the language, a key of ``LANGUAGES``, that the visitor's browser prefers; English when unknown."""
    return preferred("" if request is None else str(request.headers.get("accept-language", "")))


def preferred(accepted: str) -> str:
    """Return the first language of a header ``Accept-Language`` if there are texts in it, else English."""
    first = accepted.split(",")[0].split("-")[0].split(";")[0].strip().lower()
    return first if first in LANGUAGES else "en"


def say(language: str, key: str, **values: Any) -> str:
    """Return a text with its numbers and names filled in, in one of ``LANGUAGES``."""
    return LANGUAGES[language][key].format(**values)
