"""The figures of a comparison's runs that the product cannot take: true FID and KID, and an independent judge.

``python -m benchmarks.compare DIR SPLIT JUDGE [--samples 5000] [--bf16]``

DIR is a folder of ``icgan-demo compare``, SPLIT and JUDGE are those of ``benchmarks.model_figures``, whose protocol
holds: evaluation photos are the instances, and a model that knows classes is told that of the photo. Runs that are
measured already are left out, unless they have learned since. Writes ``DIR/benchmark.json`` and ``DIR/benchmark.md``.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.imagenet_judge import load_imagenet_judge
from benchmarks.inception import Inception
from benchmarks.judge import load_judge
from benchmarks.model_figures import IMAGENET, Evaluation
from benchmarks.photos import Photos
from icgan_demo.inference.loading import load_model
from icgan_demo.training.comparison import read_comparison
from icgan_demo.training.comparison_plots import Runs, figure_cell, series_table

BENCHMARK = "benchmark.json"
COLUMNS = {
    "FID": ("inception", "to_evaluation", "fid"),
    "KID": ("inception", "to_evaluation", "kid"),
    "precision": ("judge", "to_evaluation", "precision"),
    "recall": ("judge", "to_evaluation", "recall"),
    "density": ("judge", "to_evaluation", "density"),
    "coverage": ("judge", "to_evaluation", "coverage"),
    "judge agrees": ("accuracy",),
    "cosine to the instance": ("cosine",),
    "spread": ("spread", "inception"),
}
"""Figures of ``benchmarks.model_figures`` by the names of their columns."""


def as_markdown(content: Mapping[str, Any], measured: Mapping[str, Any]) -> str:
    """Return a table with a row for each place in a series: means over the seeds, ± half their range.

    Args:
        content: of ``compare.json``.
        measured: figures of the runs by their names.
    """

    def cells(runs: Runs) -> list[str]:
        known = [measured[run["name"]]["figures"] for run in runs if run["name"] in measured]
        return [figure_cell(_at(figures, path) for figures in known) for path in COLUMNS.values()] if known else []

    return series_table(content, COLUMNS, cells)


def _at(figures: Mapping[str, Any], path: tuple[str, ...]) -> float:
    found: Any = figures
    for name in path:
        found = found[name]
    return found


def main() -> None:
    """Measure what is not measured yet, write it after each run, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("comparison", type=Path, help="folder with compare.json")
    parser.add_argument("split", type=Path, help="folder with train and evaluation")
    parser.add_argument("judge", help=f"a file of benchmarks.judge, or {IMAGENET!r}")
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--bf16", action="store_true", help="see through Inception in bfloat16: half the time")
    options = parser.parse_args()
    content = read_comparison(options.comparison)
    if content is None:
        parser.error(f"{options.comparison} holds no compare.json; `icgan-demo compare` writes it")
    file = options.comparison / BENCHMARK
    measured: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    inception = Inception(bf16=options.bf16)
    cache = options.split / "cache"
    side = content["protocol"]["resolution"]
    train, held = (Photos.load(options.split / part, side, cache) for part in ("train", "evaluation"))
    judge = load_imagenet_judge(train.found) if options.judge == IMAGENET else load_judge(Path(options.judge))
    for run in content["runs"]:
        about = {"images": run["images"], "samples": options.samples, "judge": judge.identity}
        if about.items() <= measured.get(run["name"], {}).items():
            continue
        model = load_model(str(options.comparison / run["name"]))
        variant = "labelled" if model.generator.config.num_classes else "no label"
        evaluation = Evaluation(model, judge, inception, train, held, options.samples)
        figures = evaluation.figures((variant,), (variant,))[variant]
        measured[run["name"]] = about | {"figures": figures}
        file.write_text(json.dumps(measured, indent=1) + "\n")
        print(run["name"], json.dumps(figures), flush=True)
    table = as_markdown(content, measured)
    (options.comparison / "benchmark.md").write_text(table)
    print(table)


if __name__ == "__main__":
    main()
