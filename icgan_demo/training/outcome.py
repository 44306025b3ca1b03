"""What is added to a run once its model is there: how it draws now, and how often that is recognised as its class."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from icgan_demo.config import Conditioning
from icgan_demo.training.class_recognition import recognise_classes
from icgan_demo.training.common.run_folder import BY_CLASS, MODEL_SHEET
from icgan_demo.training.plan import Plan
from icgan_demo.training.run_reporter import Interrupted
from icgan_demo.training.sample_sheets import draw_sheet
from icgan_demo.training.trainer import Trainer
from icgan_demo.weights.cards import Card, write_card
from icgan_demo.weights.folders import MODEL

logger = logging.getLogger(__name__)


def add_outcome(plan: Plan, trainer: Trainer, out: Path, card: Card, tell: Callable[[], None] = lambda: None) -> None:
    """Draw the sheet of the finished model, and write into its card how often its images are recognised.

    The model is complete before: whatever goes wrong here, or is left because the run is asked to stop, costs no more
    than what is added.

    Args:
        trainer: its averaged generator is the finished model.
        out: folder of the run.
        card: of the model, as it was written.
        tell: called often, so that whoever waits need not wait long.
    """
    sheet = out / MODEL_SHEET
    try:
        sheet.unlink(missing_ok=True)  # of an earlier end of the run
        tell()
        draw_sheet(trainer.averaged, plan.data, sheet)
        if trainer.train.conditioning is Conditioning.NONE:
            found: dict[str, Any] = {"reason": "nothing_told"}
        else:
            found = recognise_classes(trainer.averaged, plan.evaluator, plan.data.images, bf16=trainer.bf16, tell=tell)
        write_card(replace(card, figures={**card.figures, BY_CLASS: found}), out / MODEL)
    except Interrupted:
        logger.info("the finished model was not looked at any further: the run was asked to stop")
    except Exception:  # of any kind: the model is there
        logger.exception("the finished model could not be looked at")
