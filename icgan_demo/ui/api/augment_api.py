"""The public endpoint that makes a set larger: /augment."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.config import MAX_SEED, TRUNCATION, LargerSetPlan
from icgan_demo.errors import RequestError
from icgan_demo.guards.numbers import check_integer, whole
from icgan_demo.service.banks.larger_set_requests import (
    Enlarging,
    LargerSets,
    PackedAs,
    check_larger,
    knows_most,
    over_after,
)
from icgan_demo.service.drawing.drawing_requests import MAX_PICTURES
from icgan_demo.service.recipes.drawn_files import new_folder
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.service.training.training_sets import TrainingSet
from icgan_demo.service.values import AUTOMATIC
from icgan_demo.setting import checked
from icgan_demo.ui.api.generate_api import Asked, number
from icgan_demo.ui.common.events import ASIDE, GIVE_WAY
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.model_list import is_automatic
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.widgets import PICTURE_TYPES, VIDEO_TYPES
from icgan_demo.ui.train.larger_panel import NAME


class AugmentEndpoint:
    """What the endpoint does."""

    def __init__(self, services: Services, training: TrainingService, larger_sets: LargerSets) -> None:
        self._services = services
        self._training = training
        self._larger_sets = larger_sets

    def augment(
        self,
        files: Sequence[str] | None = None,
        model: str = "",
        per_picture: float = LargerSetPlan.per_picture,
        truncation: float = TRUNCATION,
        seed: float = 0,
        classes: bool = True,
        packed_as: str = PackedAs.ZIP,
        zip_names: str = "",
    ) -> Iterator[Any]:
        """Make a set of images larger: returns new neighbours of each as one file, and {images, copies, model, ...}.

        While it works, streams {total, embedded, done, images, copies}. The ZIP holds a folder for each class and
        manifest.jsonl, which has a line for each image: source, class, seed, distances, and its file, or why it was
        left out because it may be a copy. A TAR is a WebDataset shard; its manifest is a second file. Each image
        contains its recipe. Nothing of the images is kept.

        Parameters:
            files: ZIP files, images or videos; folders in a ZIP are classes.
            model: name from /models; empty for the default one, "auto" for the one that knows the images best.
            per_picture: new images of each, 1 to 64.
            truncation: 0.05 (all alike) to 1 (widest variety).
            seed: of the first image, 0 to 2147483647; the others follow.
            classes: whether new images have the class of their folder where the model knows it.
            packed_as: zip, or tar.
            zip_names: encoding of names in a ZIP that do not state it: utf-8, cp949, gb18030, big5, cp932, cp866 or
                cp437; empty to detect it.
        """
        with shown_to_visitor():
            if packed_as not in list(PackedAs):
                raise RequestError(f"A larger set is packed as {' or '.join(PackedAs)}, got {packed_as!r:.20}.")
            each, first = whole(per_picture), whole(seed)
            check_integer("per_picture", each, 1, MAX_PICTURES)
            check_integer("The seed", first, 0, MAX_SEED)
            truncated = number("Truncation", truncation)
            plan = checked(
                LargerSetPlan(), per_picture=each, truncation=truncated, seed=first, without_classes=not classes
            )
            self._services.model(model)  # raises if there is none
            sets = self._training.sets
            yield ASIDE
            found = sets.add(None, [Path(file) for file in files or ()], zip_names)
            try:
                check_larger(len(found.pictures), plan, self._training.limits)
                yield GIVE_WAY
                yield from self._enlarge(found, model, plan, PackedAs(packed_as))
            finally:
                sets.delete(found.set_id)

    def _enlarge(self, found: TrainingSet, model: str, plan: LargerSetPlan, packed_as: PackedAs) -> Iterator[Any]:
        sets, sampling = self._training.sets, self._services.sampling
        if model == AUTOMATIC and is_automatic(sampling.models()):
            model = knows_most(sampling, sets.files(found.set_id)).model
        info, total = self._services.model(model), len(found.pictures)
        out = new_folder(self._services.output_dir) / f"{NAME}.{packed_as}"
        given, is_over = sets.candidates(found.set_id), over_after(self._training.limits.larger_s)
        with closing(self._larger_sets.enlarge(info.name, given, total, plan, out, is_over)) as reports:  # type: ignore[type-var]
            for made in reports:
                told = _described(made)
                if made.files:
                    told |= {
                        "model": info.name,
                        "classes": len(found.classes),
                        "duplicates": found.duplicates,
                        "skipped": [list(pair) for pair in found.skipped],
                        "licence": info.licence_note,
                    }
                yield [str(file) for file in made.files], told
        if not made.files:
            raise RequestError("Reading the images took too long. Try fewer or smaller images.")


def _described(made: Enlarging) -> dict[str, Any]:
    return {name: getattr(made, name) for name in ("total", "embedded", "done", "images", "copies")}


def add_endpoint(services: Services, training: TrainingService, larger_sets: LargerSets, asked: Asked) -> None:
    """Add the endpoint to the current ``gr.Blocks``."""
    with gr.Row(visible=False):
        # Widgets and not gr.api, because only a component makes Gradio check that a named file is an upload.
        files = gr.File(label="files", file_count="multiple", file_types=[*PICTURE_TYPES, *VIDEO_TYPES])
        per_picture = gr.Number(LargerSetPlan.per_picture, label="per_picture")
        classes = gr.Checkbox(True, label="classes")
        packed_as, names = gr.Textbox(PackedAs.ZIP, label="packed_as"), gr.Textbox("", label="zip_names")
        larger, summary = gr.File(label="larger set", file_count="multiple"), gr.JSON(label="summary")
    asked.trigger.click(
        AugmentEndpoint(services, training, larger_sets).augment,
        [files, asked.model, per_picture, asked.truncation, asked.seed, classes, packed_as, names],
        [larger, summary], api_name="augment", concurrency_id="larger", concurrency_limit=1,
    )  # fmt: skip
