"""Lines in a plane as an SVG, small enough to read beside the text it belongs to."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 36, 44
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#8a6d00", "#555555", "#882255")
"""Told apart with any kind of colour vision (Okabe and Ito 2008)."""
TICKS = 5

Points = Sequence[tuple[float, float]]


def line_plot(lines: Mapping[str, Points], title: str, across: str, *, logarithmic: bool = False) -> str:
    """Return an SVG with one line for each name, its points marked, and the name beside it.

    Args:
        lines: points (x, y) in the order of x, at least one in all; those that are not finite are left out.
        title: what y is.
        across: what x is.
        logarithmic: whether equal steps of x are equal factors; every x must then be positive.
    """
    shown = {name: [(x, y) for x, y in points if math.isfinite(y)] for name, points in lines.items()}
    xs = [x for points in shown.values() for x, _ in points]
    ys = [y for points in shown.values() for _, y in points]
    assert xs, "nothing to plot"
    low, high = min(ys), max(ys)
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    low, high = low - margin, high + margin
    scaled = math.log if logarithmic else float
    first, last = scaled(min(xs)), scaled(max(xs))

    def place(x: float, y: float) -> tuple[float, float]:
        right = (scaled(x) - first) / (last - first) if last > first else 0.5
        up = (y - low) / (high - low)
        return LEFT + right * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    marks = sorted(set(xs)) if logarithmic else [min(xs) + k * (max(xs) - min(xs)) / (TICKS - 1) for k in range(TICKS)]
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>', _text(LEFT, 22, title, size=14)]
    parts += [_text(place(x, low)[0], HEIGHT - BOTTOM + 16, _short(x), anchor="middle") for x in sorted(set(marks))]
    for k in range(TICKS):
        y = low + k * (high - low) / (TICKS - 1)
        _, down = place(xs[0], y)
        parts.append(f'<path d="M{LEFT} {down:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(_text(LEFT - 6, down + 4, _short(y), anchor="end"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, across, anchor="middle"))
    for number, (name, points) in enumerate(shown.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [place(x, y) for x, y in points]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>' if len(places) > 1 else "")
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        down = TOP + 12 + 18 * number
        parts.append(f'<path d="M{WIDTH - RIGHT + 10} {down}h14" stroke="{colour}" stroke-width="3"/>')
        parts.append(_text(WIDTH - RIGHT + 30, down + 4, name))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif">{"".join(parts)}</svg>\n'
    )


def _text(x: float, y: float, words: str, *, size: int = 11, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="#222">{escape(words)}</text>'


def _short(value: float) -> str:
    """A number in a few characters: 1200000 as 1.2M, 40000 as 40k, 0.01234 as 0.0123."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"
