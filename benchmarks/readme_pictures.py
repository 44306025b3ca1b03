"""Draws the README's pictures: neighbours, one instance as other classes, a class-swap strip, a travelling film.

    python -m benchmarks.readme_pictures [--out docs/images]

writes neighbours.jpg, classes.jpg, swap.jpg and travel.webp.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, Request, Swap, TravelRequest, TravelStop
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.recipes.drawn_files import labelled_sheet
from icgan_demo.service.recipes.film import FilmFormat, write_film
from icgan_demo.service.recipes.redraw import open_sampling
from icgan_demo.service.values import spread

MODEL = "produce128"
SHOWN = ("Lemon", "Satsumas", "Royal Gala", "Red Bell Pepper", "Vine Tomato", "Leek", "Brown Cap Mushroom", "Peach")
SEEDS = 8
AS_CLASSES = (
    *("Lemon", "Orange", "Lime", "Granny Smith", "Red Delicious", "Red Bell Pepper"),
    *("Plum", "Kiwi", "Carrots", "Asparagus", "Brown Cap Mushroom", "Watermelon"),
)
SIDE = 128
"""Side of a picture in the first two files, px: what the model draws."""
POSITIONS = (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)
ROWS = 4
STOPS = 6
FRAMES_PER_LEG = 12
LIMIT_KB = 400


def neighbours(sampling: SamplingService) -> Image.Image:
    """Return a row for each of eight instances of the bank, drawn with their classes: a column is a seed."""
    rows = {entry.label: entry.row for entry in reversed(sampling.bank(MODEL))}
    return _grid([_drawn(sampling, rows[label], label, range(SEEDS)) for label in SHOWN])


def classes(sampling: SamplingService) -> Image.Image:
    """Return one instance and one seed as twelve classes."""
    row = next(entry.row for entry in sampling.bank(MODEL) if entry.label == AS_CLASSES[0])
    drawn = [_drawn(sampling, row, label, [0])[0] for label in AS_CLASSES]
    return _grid([drawn[:6], drawn[6:]])


def _drawn(sampling: SamplingService, row: int, label: str, seeds: Sequence[int]) -> list[Image.Image]:
    feature = sampling.pick(MODEL, row).feature
    return _pictures(sampling, DrawRequest.neighbours(MODEL, feature, len(seeds), seeds[0], label=label))


def _pictures(sampling: SamplingService, request: Request) -> list[Image.Image]:
    return [drawn.picture for drawn in sampling.drawing.draw(request)]


def _grid(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    sheet = Image.new("RGB", (SIDE * len(rows[0]), SIDE * len(rows)))
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            sheet.paste(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (SIDE * x, SIDE * y))
    return sheet


def swap_strip(sampling: SamplingService) -> Image.Image:
    """Return a row for each of four instances: the class slider from one end to the other, one seed."""
    entries = spread(sampling.bank(MODEL), 2 * ROWS)
    rows, names = [], []
    for place in range(ROWS):
        entry, other = entries[place], entries[(place + ROWS) % len(entries)]
        feature = sampling.pick(MODEL, entry.row).feature
        targets = ((other.label, 1.0),) if other.label else ()
        rows.append(
            [
                _pictures(
                    sampling, DrawRequest(MODEL, Blend((feature,), swap=Swap(entry.label, targets, position)), (0,))
                )[0]
                for position in POSITIONS
            ]
        )
        names.append(f"{entry.label} to {other.label}")
    named = {-1.0: "own class", 0.0: "no label", 1.0: "other class"}
    return labelled_sheet(rows, names, [named.get(position, "") for position in POSITIONS])


def film(sampling: SamplingService, path: Path) -> Path:
    """Write a seamless loop through instances of the bank with their own classes."""
    stops = [
        TravelStop(Blend((sampling.pick(MODEL, entry.row).feature,), swap=Swap(entry.label, position=-1.0)), seed=place)
        for place, entry in enumerate(spread(sampling.bank(MODEL), STOPS))
    ]
    request = TravelRequest(MODEL, tuple(stops), FRAMES_PER_LEG)
    return write_film(_pictures(sampling, request), path, FilmFormat.WEBP, fps=12, scale=1)


def main() -> None:
    """Draw all and say how large they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    out = parser.parse_args().out
    sampling = open_sampling()
    for name, picture in (("neighbours", neighbours), ("classes", classes), ("swap", swap_strip)):
        picture(sampling).save(out / f"{name}.jpg", quality=88)
    film(sampling, out / "travel.webp")
    for name in ("neighbours.jpg", "classes.jpg", "swap.jpg", "travel.webp"):
        kilobytes = (out / name).stat().st_size / 1000
        print(f"{out / name}: {kilobytes:.0f} kB")
        assert kilobytes < LIMIT_KB, name


if __name__ == "__main__":
    main()
