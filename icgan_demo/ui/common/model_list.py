"""How a model is described in lists: resolution, classes, size, licence."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from icgan_demo.service.values import AUTOMATIC, ModelInfo
from icgan_demo.ui.texts.language import say, text


def model_facts(info: ModelInfo, language: str) -> list[str]:
    """Return what a visitor may want to know before choosing a model; nothing for one whose card is unreadable."""
    if not info.resolution:
        return []
    classes = len(info.class_names)
    return [
        f"{info.resolution} px",
        say(language, "class_count", count=classes) if classes else say(language, "class_none"),
        _size(info, language),
        info.licence,
    ]


def model_choices(models: Sequence[ModelInfo], language: str) -> list[tuple[str, str]]:
    """Return the choices of a dropdown: title with the facts it does not tell itself, and name."""
    return [
        (" · ".join((info.title, *(fact for fact in model_facts(info, language) if fact not in info.title))), info.name)
        for info in models
    ]


def list_choices(models: Sequence[ModelInfo], language: str) -> list[tuple[str, str]]:
    """Return the choices of the page's model list: those of the models, after Automatic where that is offered."""
    automatic = [(say(language, "automatic"), AUTOMATIC)] if is_automatic(models) else []
    return automatic + model_choices(models, language)


def is_automatic(models: Sequence[ModelInfo]) -> bool:
    """Return whether Automatic is offered: with a single model that takes part there is nothing to choose."""
    return sum(info.is_automatic for info in models) > 1


TRUNCATION_NOTES = ("truncation_info", "truncation_psi")
"""Texts that ``explain_truncation`` puts into a page that is open already."""


def truncation_note(info: ModelInfo) -> str:
    """Return the key of the text that says what truncation does in a model."""
    return TRUNCATION_NOTES[0] if info.truncates_noise else TRUNCATION_NOTES[1]


def explain_truncation(info: ModelInfo, **changes: Any) -> dict[str, Any]:
    """Return the change of a truncation slider that says what it does in a model, in whichever language is chosen."""
    return gr.update(info=str(text(truncation_note(info))), **changes)


def _size(info: ModelInfo, language: str) -> str:
    if info.state == "downloadable":
        return say(language, "to_download", size=f"{info.size_mb:.0f}")
    return f"{info.size_mb:.{0 if info.size_mb >= 100 else 1}f} MB"
