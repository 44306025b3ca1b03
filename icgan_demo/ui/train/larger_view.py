"""What a page shows of a set that is made larger: how far it is, and some given images with their new neighbours."""

from collections.abc import Callable, Sequence
from html import escape

from icgan_demo.config import LargerSetPlan
from icgan_demo.service.banks.larger_set_requests import Enlarging, NewImage
from icgan_demo.service.recipes.drawn_files import webp_bytes
from icgan_demo.service.training.set_preview import evenly
from icgan_demo.service.training.training_sets import StoredPicture, TrainingSet
from icgan_demo.ui.common.time_left import duration, time_left_of, with_time_left
from icgan_demo.ui.stage.stage import webp_url
from icgan_demo.ui.texts.language import say

INSTANCES, OF_EACH = 4, 4
"""Given images that are shown, and how many new neighbours of each."""
SIDE = 112
"""Of a new image, px."""

ROW = "display:grid;grid-template-columns:repeat(5,1fr);gap:0.3rem;font-size:0.75rem"
"""Style of a row; here, because the style sheet is sent to every page."""

UrlOf = Callable[[str, StoredPicture], str]
"""Gives the address of the thumbnail of a picture of a set."""


class Examples:
    """Given images, spread over a set, beside the first of their new neighbours."""

    def __init__(self, found: TrainingSet, url_of: UrlOf, language: str) -> None:
        self._found, self._url_of, self._language = found, url_of, language
        self._shown: dict[int, list[str]] = {position: [] for position in evenly(len(found.pictures), INSTANCES)}

    def take(self, new: Sequence[NewImage]) -> bool:
        """Take the new images of a report; returns whether more is shown than before."""
        before = sum(map(len, self._shown.values()))
        for one in new:
            figures = self._shown.get(one.instance)
            if figures is not None and len(figures) < OF_EACH:
                figures.append(self._figure(one))
        return sum(map(len, self._shown.values())) > before

    def html(self) -> str:
        """Return a row for each given image that has neighbours."""
        return "".join(self._row(position, figures) for position, figures in self._shown.items() if figures)

    def _row(self, position: int, figures: Sequence[str]) -> str:
        picture = self._found.pictures[position]
        url, name = escape(self._url_of(self._found.set_id, picture)), escape(picture.name)
        own = _figure_html(url, name, escape(say(self._language, "larger_yours")))
        return f'<div class="row" style="{ROW}">{own}{"".join(figures)}</div>'

    def _figure(self, new: NewImage) -> str:
        alt = escape(say(self._language, "larger_alt", name=new.told["source"]))
        key = "larger_left_out" if new.is_left_out else "larger_distance"
        caption = escape(say(self._language, key, distance=new.told["distance"]))
        return _figure_html(webp_url(webp_bytes(new.picture, SIDE)), alt, caption)


def _figure_html(url: str, alt: str, caption: str) -> str:
    """Return an image with a line below; all of it is escaped already."""
    image = f'<img style="width:100%" src="{url}" alt="{alt}">'
    return f'<figure style="margin:0">{image}<figcaption>{caption}</figcaption></figure>'


def progress_html(made: Enlarging, plan: LargerSetPlan, drawing_s: float, language: str) -> str:
    """Return how far a set is, in words and as a bar; ``drawing_s`` is how long it has been drawn, s."""
    done, total = made.images + made.copies, made.total * plan.per_picture
    if not done:
        said, left_s = say(language, "larger_embedding", done=made.embedded, total=made.total), None
        done, total = made.embedded, made.total
    else:
        said, left_s = say(language, "larger_drawing", done=done, total=total), time_left_of(drawing_s, done, total)
    return f"{escape(with_time_left(said, left_s, language))}<progress value={done} max={total}></progress>"


def ended_text(made: Enlarging, elapsed_s: float, language: str) -> str:
    """Return what has become of a set."""
    if not made.files:
        return say(language, "larger_stopped_early")
    values = {"images": made.images, "copies": made.copies, "done": made.done, "total": made.total}
    key = "larger_ready" if made.done == made.total else "larger_stopped"
    return say(language, key, time=duration(elapsed_s, language), **values)
