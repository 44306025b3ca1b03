"""The flat map of words as a drawing: all words as dots, the samples of a picture as a cloud, its tags by name."""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from icgan_demo.service.cgan.tag_requests import Tag

ToPage = Callable[[np.ndarray], np.ndarray]
"""From places on the map, shape (N, 2), to coordinates of the drawing."""
WIDTH, HEIGHT, MARGIN = 560, 400, 34
LINE = 17
"""Height of a name, in the units of the drawing."""
LETTER = 8.6
"""Mean width of a letter."""


def map_svg(places: np.ndarray, description: str, cloud: np.ndarray | None = None, tags: Sequence[Tag] = ()) -> str:
    """Return the map as an SVG whose colours come from the page.

    Args:
        places: of all words, shape (W, 2).
        description: read out in place of the drawing.
        cloud: places of a picture's samples, shape (S, 2); None for the words alone.
        tags: named on the map.
    """
    cloud = np.zeros((0, 2)) if cloud is None else cloud
    to_page = _scale(np.concatenate([places, cloud]))
    words = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.6"/>' for x, y in to_page(places))
    samples = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2"/>' for x, y in to_page(cloud))
    return (
        f'<svg class="word-map" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(description)}">'
        f'<g class="words">{words}</g><g class="cloud">{samples}</g>{_names(tags, to_page)}</svg>'
    )


def _scale(points: np.ndarray) -> ToPage:
    """Return a function from places to page coordinates that fits all ``points``, up pointing up."""
    low = points.min(axis=0)
    extent = np.maximum(points.max(axis=0) - low, 1e-9)
    inner = np.array([WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN])

    def to_page(values: np.ndarray) -> np.ndarray:
        scaled = (np.asarray(values, dtype=float).reshape(-1, 2) - low) / extent * inner + MARGIN
        scaled[:, 1] = HEIGHT - scaled[:, 1]
        return scaled

    return to_page


def _names(tags: Sequence[Tag], to_page: ToPage) -> str:
    """Return the tags' dots and names, each moved down or up until it covers none before it."""
    taken: list[tuple[float, float, float]] = []
    drawn = []
    for tag in tags:
        x, y = to_page(np.array([tag.place]))[0]
        half = len(tag.word) * LETTER / 2
        centre = min(max(x, half + 2), WIDTH - half - 2)
        base = _free_line(centre, y - 6, half, taken)
        taken.append((centre, base, half))
        drawn.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{centre:.1f}" y2="{base:.1f}"/>'
            f'<text x="{centre:.1f}" y="{base:.1f}">{escape(tag.word)}</text>'
        )
    return f'<g class="tags">{"".join(drawn)}</g>'


def _free_line(x: float, y: float, half: float, taken: Sequence[tuple[float, float, float]]) -> float:
    """Return the height nearest to ``y`` at which a name of half width ``half`` covers none of ``taken``."""
    for step in range(2 * len(taken) + 2):
        shifted = y + LINE * (step + 1) // 2 * (1 if step % 2 else -1)
        shifted = min(max(shifted, LINE), HEIGHT - 4)
        if all(abs(shifted - other) >= LINE - 1 or abs(x - centre) >= half + width for centre, other, width in taken):
            return shifted
    return y
