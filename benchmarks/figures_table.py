"""Figures of ``benchmarks.model_figures`` side by side.

``python -m benchmarks.figures_table FIGURES.json [MORE.json ...] [--write SECTION]`` prints a table with a column for
each file. In brackets stands the share of what photos have; ``--write`` puts the table into that section of
docs/benchmarks.md.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.document import write_section

Figures = dict[str, Any]


def value_at(figures: Figures, *names: str) -> float | None:
    """Return a nested value, None where it was not measured."""
    found: Any = figures
    for name in names:
        if not isinstance(found, dict) or name not in found:
            return None
        found = found[name]
    return found


def beside(value: float | None, real: float | None, digits: int) -> str:
    """Return a value and, in brackets, the photos' value and the former's share of it, as far as there are both."""
    if value is None:
        return ""
    shown = f"{value:.{digits}f}"
    return shown if real is None else f"{shown} ({value / real:.2f} of {real:.{digits}f})"


def table(columns: Sequence[Figures]) -> str:
    """Return a Markdown table with a column for each model."""
    rows = [
        ["", *[f"{column['protocol']['model']}" for column in columns]],
        ["---"] * (len(columns) + 1),
        ["samples, instances", *[f"{c['protocol']['samples']}, {c['protocol']['instances']}" for c in columns]],
    ]
    for variant in ("no label", "labelled"):
        if any(variant in column for column in columns):
            rows += _rows(columns, variant)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _rows(columns: Sequence[Figures], variant: str) -> list[list[str]]:
    def row(title: str, names: tuple[str, ...], digits: int, *, real: bool = True) -> list[str]:
        cells = [
            beside(value_at(column, variant, *names), value_at(column, "photos", *names) if real else None, digits)
            for column in columns
        ]
        return [f"{title}, {variant}", *cells]

    def several(title: str, places: Sequence[tuple[str, ...]]) -> list[str]:
        cells = []
        for column in columns:
            values = [value_at(column, variant, *place) for place in places]
            cells.append(", ".join(f"{value:.2f}" for value in values if value is not None))
        return [f"{title}, {variant}", *cells]

    periods = ("2", "4", "8")
    overlap = ("precision", "recall", "density", "coverage")
    return [
        row("Fréchet distance to evaluation photos, judge", ("judge", "to_evaluation", "frechet"), 2),
        several("precision, recall, density, coverage", [("judge", "to_evaluation", name) for name in overlap]),
        row("accuracy of the judge", ("accuracy",), 3),
        row("cosine to the instance", ("cosine",), 3),
        row("FID to evaluation photos", ("inception", "to_evaluation", "fid"), 1),
        row("FID to training photos", ("inception", "to_training", "fid"), 1, real=False),
        row("KID to evaluation photos", ("inception", "to_evaluation", "kid"), 4, real=False),
        row("KID to training photos", ("inception", "to_training", "kid"), 4, real=False),
        row("distance within an instance, Inception", ("spread", "inception"), 3),
        row("distance within an instance, judge", ("spread", "judge"), 3),
        several("power at periods of 2, 4, 8 px, of photos'", [("grid", period, "power") for period in periods]),
        several("peak at periods of 2, 4, 8 px, of photos'", [("grid", period, "peak") for period in periods]),
    ]


def main() -> None:
    """Print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", type=Path, nargs="+")
    parser.add_argument("--write", metavar="SECTION", help="section of docs/benchmarks.md")
    options = parser.parse_args()
    text = table([json.loads(path.read_text(encoding="utf-8")) for path in options.figures])
    print(text)
    if options.write:
        write_section(options.write, text)


if __name__ == "__main__":
    main()
