"""What preprocessing does to a training set, as HTML: crops, doubles, the most unlike pictures, suggestions."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from icgan_demo.service.training.set_preview import (
    CROPS,
    DOUBLES,
    NearPicture,
    doubles,
    most_cropped,
    suggestions,
)
from icgan_demo.service.training.training_sets import TrainingSet
from icgan_demo.ui.texts.language import say

UrlOf = Callable[[int], str]
"""Gives the address of the small picture at a position of the set."""


def preview_html(
    found: TrainingSet,
    sizes: Sequence[tuple[int, int]],
    unlike: Sequence[NearPicture],
    side: int,
    crop_url: UrlOf,
    whole_url: UrlOf,
    language: str,
) -> str:
    """Return the panel.

    Args:
        found: the set.
        sizes: of its pictures, px.
        unlike: those farthest from the others, farthest first; empty where that is not known.
        side: of the pictures that the model draws, px.
        crop_url: gives the addresses of centre squares.
        whole_url: gives those of whole pictures.
        language: of the words.
    """

    def word(key: str, **values: Any) -> str:
        return escape(say(language, f"train_preview_{key}", **values))

    def figure(image: str, caption: str, position: int) -> str:
        alt = escape(found.pictures[position].name)
        return f'<figure><span><img loading="lazy" src="{escape(image)}" alt="{alt}"></span>{caption}</figure>'

    advice = "".join(f"<li>{word(each.kind, **each.values)}</li>" for each in suggestions(found, sizes, side))
    parts = [f"<h3>{word('advice')}</h3><ul>{advice}</ul>"] if advice else []
    cropped = most_cropped(sizes)
    parts.append(f"<p>{word('crops', side=side, count=len(cropped))}</p>")
    parts.append(_row(_crop(found, position, sizes[position], whole_url) for position in cropped[:CROPS]))
    if pairs := doubles(found.pictures):
        parts.append(f"<h3>{word('doubles', count=len(pairs))}</h3>")
        shown = []
        for pair in pairs[:DOUBLES]:
            kind = word("mirrored" if pair.is_mirrored else "same")
            caption = f"<figcaption>{kind}</figcaption>"
            shown += [
                figure(crop_url(pair.position), "", pair.position), figure(crop_url(pair.other), caption, pair.other)
            ]  # fmt: skip
        parts.append(_row(shown))
    if unlike:
        parts.append(f"<h3>{word('unlike')}</h3>")
        parts.append(
            _row(
                figure(
                    crop_url(each.position),
                    f"<figcaption>{escape(say(language, 'train_distance', distance=each.distance))}</figcaption>",
                    each.position,
                )
                for each in unlike
            )
        )
    return f"<details open><summary>{word('title')}</summary>{''.join(parts)}</details>"


def _row(figures: Any) -> str:
    shown = "".join(figures)
    return f'<div class="row">{shown}</div>' if shown else ""


def _crop(found: TrainingSet, position: int, size: tuple[int, int], whole_url: UrlOf) -> str:
    """Return a whole picture with a frame around the square that is used."""
    width, height = (100 * min(size) / length for length in size)
    frame = f"width:{width:.1f}%;height:{height:.1f}%"
    alt = escape(found.pictures[position].name)
    image = f'<img loading="lazy" src="{escape(whole_url(position))}" alt="{alt}">'
    return f'<figure><span class="cropped">{image}<i style="{frame}"></i></span></figure>'
