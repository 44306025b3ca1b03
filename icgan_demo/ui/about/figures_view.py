"""A model's figures as bars, each beside what it says and does not say."""

from html import escape

from icgan_demo.service.card_figures import LABELLED, UNLABELLED, Measure
from icgan_demo.ui.texts.language import say

KINDS = {UNLABELLED: "figure_unlabelled", LABELLED: "figure_labelled"}


def measures_html(found: list[Measure], language: str) -> str:
    """Return a bar for each kind of samples, with a mark where real photos lie; a value is also there as text."""
    return f'<div class="measures">{"".join(_measure(measure, language) for measure in found)}</div>'


def _measure(measure: Measure, language: str) -> str:
    rows = "".join(
        _bar(say(language, KINDS[kind]), value, measure, "sample") for kind, value in measure.of_samples.items()
    )
    if measure.of_photos is not None:
        rows += _bar(say(language, "figure_photos"), measure.of_photos, measure, "photo")
    name, meaning = (escape(say(language, f"figure_{measure.name}{part}")) for part in ("", "_meaning"))
    return f"<figure><figcaption><b>{name}</b> {meaning}</figcaption><dl>{rows}</dl></figure>"


def _bar(name: str, value: float, measure: Measure, kind: str) -> str:
    """A row of name, bar and number; the line over the bar shows real photos."""
    largest = measure.largest or 1.0
    mark = "" if measure.of_photos is None else f'<i style="left: {measure.of_photos / largest:.1%}"></i>'
    bar = f'<span class="{kind}" style="width: {value / largest:.1%}"></span>'
    shown = f"{value:.2f}" if value < 10 else f"{value:.1f}"
    return f'<dt>{escape(name)}</dt><dd><div class="bar" aria-hidden="true">{bar}{mark}</div>{shown}</dd>'
