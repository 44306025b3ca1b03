"""What a run folder says about itself, and whether what is asked of a resumed run agrees with it."""

import json
import logging
import platform
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import safetensors
import torch

import icgan_demo
from icgan_demo.config import Precision, TrainConfig
from icgan_demo.errors import RequestError, TrainingError
from icgan_demo.setting import checked
from icgan_demo.training.common.image_set import ImageSet, open_decoded
from icgan_demo.training.common.run_folder import PICTURES, RECORD
from icgan_demo.training.plan import MIN_PICTURES, Order, Plan, config_as_json, config_from_json, load_pictures
from icgan_demo.training.run_reporter import Reporter
from icgan_demo.training.trainer import Trainer
from icgan_demo.weights.tensor_files import save_json

logger = logging.getLogger(__name__)

MAY_CHANGE = {"steps", "minutes", "accumulate", "checkpoint_every", "sheet_every", "metrics_every"}
"""Settings that a resumed run may be changed."""


def cache_of(out: Path) -> Path:
    """Where a run keeps its decoded pictures: beside its own folder, so that runs on the same pictures share them."""
    return out.parent / "cache"


def write_record(out: Path, plan: Plan, trainer: Trainer, given: Mapping[str, Any]) -> None:
    """Write ``run.json``, and ``pictures.json`` with the hash of every file; raises WeightsError if that fails."""
    images = plan.images
    held = plan.evaluator.held
    content = {
        "settings": config_as_json(replace(plan.config, precision=precision_of(trainer))),
        "asked": {name: value for name, value in given.items() if value is not None},
        "base": plan.order.base_record,
        "encoder": plan.encoder.identity,
        "resolution": plan.order.side,
        "data": images.summary(),
        "held_out": [] if held is None else list(held.images.paths),
        "decoded": images.key,
        "threads": torch.get_num_threads(),
        "versions": {
            "icgan_demo": icgan_demo.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "safetensors": safetensors.__version__,
        },
        "notes": list(plan.notes),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    save_json(images.hashes, out / PICTURES)
    save_json(content, out / RECORD)


def precision_of(trainer: Trainer) -> Precision:
    """Return the precision a trainer has settled on."""
    return Precision.BFLOAT16 if trainer.bf16 else Precision.FLOAT32


def read_record(out: Path) -> dict[str, Any] | None:
    """Return the content of ``run.json``, None if there is none; raises TrainingError if it is damaged."""
    try:
        return json.loads((out / RECORD).read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise TrainingError("The run's own record, run.json, is damaged. Start a new run in another folder.") from error


def _check_base(order: Order, stored: dict[str, Any]) -> None:
    """Refuse to continue with a run that began from something else; a newer version of its base will do.

    All that such a run has learned, and what is frozen in it, is in its checkpoints.
    """
    given, was = (record["name"] if record else "nothing" for record in (order.base_record, stored["base"]))
    if given != was:
        raise RequestError(f"This run started from {was}. Give the same base, or start a new run in another folder.")


def check_encoder(plan: Plan, stored: dict[str, Any]) -> None:
    """Refuse to continue where a newer version of the base has features of another kind."""
    if plan.order.base_record == stored["base"] or stored.get("encoder") == plan.encoder.identity:
        return
    raise RequestError(
        f"{stored['base']['name']}, which this run started from, has been replaced by a version with another encoder. "
        "Start a new run in another folder."
    )


def resumed_config(stored: dict[str, Any], given: Mapping[str, Any]) -> TrainConfig:
    """Return the settings of the stored run with those that may be changed; raises RequestError for any other."""
    config = config_from_json(stored["settings"])
    asked = {name: tuple(value) if isinstance(value, list) else value for name, value in stored["asked"].items()}
    changed = {
        name: value
        for name, value in given.items()
        if value is not None and value not in (asked.get(name), getattr(config, name))
    }
    for name in changed.keys() - MAY_CHANGE:
        raise RequestError(
            f"{name} was {getattr(config, name)} when this run started and cannot become {changed[name]}. "
            "Start a new run in another folder."
        )
    return checked(config, **changed)


def pictures_of(order: Order, out: Path, stored: dict[str, Any] | None, reporter: Reporter) -> ImageSet:
    """Return the pictures of a run; of one that is resumed, exactly those it began with.

    Raises:
        RequestError: if base or resolution are not those of the stored run.
        TrainingError: if pictures were changed or added, or too few are left.
    """
    cache = cache_of(out)
    if stored is None:
        return load_pictures(order, cache, reporter.beat)
    _check_base(order, stored)
    if order.side != stored["resolution"]:
        raise RequestError(f"This run generates at {stored['resolution']} px. Start a new run for another resolution.")
    known = json.loads((out / PICTURES).read_text())
    try:
        images = load_pictures(order, cache, reporter.beat)
        found = images.hashes
    except TrainingError:
        found = {}
    lost = known.keys() - found.keys()
    changed = {name for name in known.keys() & found.keys() if known[name] != found[name]}
    added = found.keys() - known.keys()
    if not (lost or changed or added):
        return images
    differences = [
        f"{len(names)} {what}" for names, what in ((lost, "missing"), (changed, "changed"), (added, "new")) if names
    ]
    difference = f"Of the {len(known)} images of this run, {', '.join(differences)}"
    if changed or added or len(known) - len(lost) < MIN_PICTURES:
        raise TrainingError(f"{difference}. Put the images back as they were, or start a new run.")
    logger.warning("%s; it continues with its own decoded copies", difference)
    return open_decoded(cache, stored["decoded"])
