"""What a comparison measured, as plots and as a table."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from icgan_demo.atomic_files import atomic_write
from icgan_demo.training.comparison import mean_and_spread, runs_of
from icgan_demo.training.density_maps import density_maps
from icgan_demo.training.line_plot import Points, line_plot

Runs = Sequence[Mapping[str, Any]]
PLOTTED = {
    "second_kd": "Kernel distance to the photos (an encoder with no part in training)",
    "coverage": "Coverage: share of the photos with a generated image near",
    "spread": "Spread of the images of one instance",
    "agreement": "Share of images of the instance's class",
}
"""Figures, with what they are; lower is better for the first, higher for the others."""
COLUMNS = {
    "second_kd": "kernel distance",
    "fd": "Fréchet distance",
    "precision": "precision",
    "recall": "recall",
    "density": "density",
    "coverage": "coverage",
    "similarity": "cosine to the instance",
    "agreement": "class agreement",
    "classes_covered": "classes covered",
    "spread": "spread",
}


def write_plots(content: Mapping[str, Any], out: Path) -> list[Path]:
    """Write what can be plotted of a comparison into ``out`` as SVG files, and return them."""
    plots = {f"{name}_{figure}": plot for name, figure, plot in plots_of(content)}
    plots |= {f"density_{name}": plot for name, plot in density_maps(content)}
    for name, plot in plots.items():
        with atomic_write(out / f"{name}.svg") as scratch:
            scratch.write_text(plot, encoding="utf-8")
    return [out / f"{name}.svg" for name in plots]


def plots_of(content: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield what can be plotted of a comparison: what is across, the figure, and the plot as SVG."""
    for figure, title in PLOTTED.items():
        for name, (lines, across, is_logarithmic) in _plots(content, figure).items():
            shown = {line: points for line, points in lines.items() if points}
            if shown:
                yield name, figure, line_plot(shown, title, across, logarithmic=is_logarithmic)


def as_markdown(content: Mapping[str, Any]) -> str:
    """Return the figures as a table of Markdown; see ``series_table``."""

    def cells(runs: Runs) -> list[str]:
        images = max(run["images"] for run in runs)
        return [f"{images:,}", *(figure_cell(run["figures"].get(figure) for run in runs) for figure in COLUMNS)]

    return series_table(content, ("images", *COLUMNS.values()), cells)


def series_table(content: Mapping[str, Any], columns: Iterable[str], cells: Callable[[Runs], list[str]]) -> str:
    """Return a table of Markdown with one row for each place in a series.

    Args:
        content: of ``compare.json``.
        columns: headings, without that of the place.
        cells: of the runs at one place, which differ in their seeds; none leaves the place out.
    """
    rows = [["", *columns]]
    for series in ("conditioning", "neighbours", "encoder"):
        for value, runs in runs_of(content, series).items():
            if found := cells(runs):
                rows.append([value if series == "conditioning" else f"{series} {value}", *found])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]) + "\n"


def _plots(content: Mapping[str, Any], figure: str) -> dict[str, tuple[dict[str, Points], str, bool]]:
    """The plots of one figure by name: their lines, what is across, and whether its scale is logarithmic."""
    curves = {
        value if run["seed"] == 0 else f"{value}, seed {run['seed']}": _points(run["curve"], "images", figure)
        for value, runs in runs_of(content, "conditioning").items()
        for run in runs
    }
    sizes = [
        {"size": int(size)} | run["figures"] for size, runs in runs_of(content, "neighbours").items() for run in runs
    ]
    stored: dict[str, list[dict[str, Any]]] = {}
    for entry in content["stored"]:
        stored.setdefault(f"seed {entry['seed']}", []).append({"stored": entry["stored"]} | entry["figures"])
    return {
        "curves": (curves, "images seen", False),
        "neighbours": ({"instance": _points(sizes, "size", figure)}, "neighbours of an instance", True),
        "stored": (
            {name: _points(entries, "stored", figure) for name, entries in stored.items()},
            "stored instances",
            True,
        ),
    }


def _points(entries: list[dict[str, Any]], across: str, figure: str) -> Points:
    return sorted((entry[across], entry[figure]) for entry in entries if entry.get(figure) is not None)


def figure_cell(values: Iterable[float | None]) -> str:
    """Return the mean over the seeds; behind ± stands half the distance from the smallest to the largest."""
    values = list(values)
    found = mean_and_spread(values)
    if found is None:
        return "-"
    return f"{found[0]:.3f}" + (f" ± {found[1]:.3f}" if len(values) > 1 else "")
