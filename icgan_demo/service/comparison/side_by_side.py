"""A small experiment: two conditionings learn side by side from the same images, each in a run like any other."""

from collections.abc import Iterator, Sequence
from typing import Any

from icgan_demo.config import Conditioning, Limits
from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.training.job_record import RunView
from icgan_demo.service.training.train_request import TrainRequest
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.training.common.run_folder import METRICS

SIDE = 32
"""Of the images, px: four times as fast as 64."""
BATCH_SIZE = 16
STEPS_PER_MINUTE = 120
"""Updates of each run in a minute on two processor cores. The number is fixed so that both runs learn from equally
many images; the minutes end them on a slower machine."""
MINUTES = (1, 30)


def start_side_by_side(
    training: TrainingService, set_id: str | None, words: Sequence[Conditioning], minutes: float, titles: Sequence[str]
) -> tuple[str, str]:
    """Start a run for each of two conditionings, from nothing and with the same seed, and return their ids.

    Both are there to be watched: their models come into no list.

    Args:
        training: where they run.
        set_id: the training set; None for the images that the project draws itself.
        words: the two.
        minutes: how long the training is to take; on a slow machine both runs end a minute later, wherever they are.
        titles: of the runs.
    Raises:
        RequestError: if the two are one, a class is to be told where there is but one, or the set is too small or gone.
        BusyError, TrainingError: as ``Jobs.start``.
    """
    if len(set(words)) != 2:
        raise RequestError("Choose two different conditionings.")
    limits = training.limits
    one, other = (
        TrainRequest(
            steps=max(1, min(round(minutes * STEPS_PER_MINUTE), limits.steps)),
            minutes=min(minutes + 1, limits.minutes),
            batch_size=BATCH_SIZE,
            title=title,
            conditioning=word,
            held_out=0.0,
            resolution=SIDE,
        )
        for word, title in zip(words, titles, strict=True)
    )
    found = training.sets.built_in() if set_id is None else training.sets.get(set_id)
    try:
        if len(found.classes) < 2 and any(word.uses_class for word in words):
            raise RequestError(
                "These images are not of two classes or more. "
                "Put each class into a folder of the ZIP, or choose what needs no class."
            )
        return training.jobs.start_pair(found.set_id, one, other)
    except DemoError:
        if set_id is None:
            training.jobs.release_set(found.set_id)
        raise


def side_by_side(training: TrainingService, run_ids: Sequence[str]) -> list[RunView | None]:
    """Return the runs as they are now, None for one that is gone."""
    return [_view(training, run_id) for run_id in run_ids]


def _view(training: TrainingService, run_id: str) -> RunView | None:
    try:
        return training.jobs.view(run_id)
    except RequestError:
        return None


def pause_both(training: TrainingService, run_ids: Sequence[str]) -> None:
    """Save both runs and let them rest."""
    for view in side_by_side(training, run_ids):
        if view is not None and view.is_active:
            training.jobs.pause(view.run_id)


def resume_both(training: TrainingService, run_ids: Sequence[str]) -> None:
    """Continue with those of the runs that rest, or with none; raises as ``Jobs.resume``."""
    views = side_by_side(training, run_ids)
    training.jobs.resume(*(view.run_id for view in views if view is not None and view.is_resumable))


def delete_both(training: TrainingService, run_ids: Sequence[str]) -> None:
    """Delete what is left of the runs, and their images if nothing else needs them."""
    for view in side_by_side(training, run_ids):
        if view is not None:
            training.jobs.delete(view.run_id)


def curves_of(training: TrainingService, views: Sequence[RunView]) -> Iterator[tuple[str, str]]:
    """Yield what both runs have measured so far, over the images seen: the key of the figure, and a plot as SVG."""
    from icgan_demo.training.comparison import curve_of  # here: they import torch, and the page opens without it
    from icgan_demo.training.comparison_plots import plots_of

    runs: list[dict[str, Any]] = [
        {
            "series": "conditioning",
            "value": view.request.conditioning,
            "seed": view.request.seed,
            "curve": curve_of(training.jobs.files(view.run_id).folder / METRICS, BATCH_SIZE),
            "figures": {},
        }
        for view in views
    ]
    for _, figure, svg in plots_of({"runs": runs, "stored": []}):
        yield figure, svg


def longest(limits: Limits) -> int:
    """Return the most minutes that may be asked for."""
    return max(MINUTES[0], min(MINUTES[1], int(limits.minutes)))
