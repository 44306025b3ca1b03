"""A photo's neighbours by a run as it is now; the run continues meanwhile."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.recipes.drawn_files import DrawnFiles
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.service.training.run_files import copy_once
from icgan_demo.service.training.set_preview import write_thumbnail
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.service.values import spread
from icgan_demo.ui.common.events import ASIDE, CLICKED, GIVE_WAY, ON_QUEUE, Updates, or_else
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.texts.language import language_of, say
from icgan_demo.ui.train.shown_run import ShownRun
from icgan_demo.ui.train.train_widgets import TRIED, TrainWidgets


class RunDrawing:
    """Draws with the run that the page shows."""

    def __init__(self, services: Services, training: TrainingService, widgets: TrainWidgets) -> None:
        self._services = services
        self._training = training
        self._widgets = widgets

    def offer(self, run_id: str | None, language: str = "en") -> Updates:
        """Return some of a run's training images to choose from; none without a run."""
        files, said = self._own(run_id), say(language, "train_instance")
        shown = [(str(write_thumbnail(file, self._copies(run_id) / file.name)), said) for file in files]
        w = self._widgets
        return {w.try_own: shown, w.try_photo: None, w.tried: [], w.tried_step: ""}

    def draw(self, request: gr.Request, shown: ShownRun | None, photo: str | None) -> Iterator[Updates]:
        """Yield a photo's neighbours by the run as it is now, and say of which step they are."""
        with shown_to_visitor():
            language = language_of(request)
            if shown is None or photo is None:
                raise RequestError(say(language, "train_try_first"))
            said = self._widgets.tried_step
            yield {said: say(language, "train_try_asking")}
            yield from or_else(self._drawn(shown.run_id, Path(photo), language), {said: ""})

    def draw_own(self, request: gr.Request, shown: ShownRun | None, event: gr.SelectData) -> Iterator[Updates]:
        """Do the same with one of the run's training images."""
        with shown_to_visitor():
            own = self._own(shown.run_id) if shown else []
            if shown is None or not event.index < len(own):
                yield gr.skip()
                return
            photo = copy_once(own[event.index], self._copies(shown.run_id), f"whole-{own[event.index].name}")
            yield {self._widgets.try_photo: str(photo)}
            yield from self.draw(request, shown, str(photo))

    def _drawn(self, run_id: str, photo: Path, language: str) -> Iterator[Updates]:
        w, jobs, sampling = self._widgets, self._training.jobs, self._services.sampling
        state = jobs.ask_state(run_id)
        for _ in state.wait():
            yield ASIDE
        yield GIVE_WAY
        model, step = jobs.publish_state(run_id, state)
        instance = sampling.encode(model, photo)
        wanted = DrawRequest.neighbours(model, instance.feature, TRIED)  # the same seeds each time
        files = DrawnFiles(self._services.output_dir, write_recipe(wanted, self._services.model(model)))
        with closing(sampling.drawing.samples(wanted)) as batches:  # type: ignore[type-var]
            for samples in batches:
                named = f"{say(language, 'seed')} {{}}".format
                yield {w.tried: [(str(files.save(sample)), named(sample.seed)) for sample in samples]}
        yield {w.tried_step: say(language, "train_try_step", step=step)}

    def _own(self, run_id: str | None) -> list[Path]:
        return [] if run_id is None else spread(self._training.jobs.pictures(run_id), TRIED)

    def _copies(self, run_id: str | None) -> Path:
        return self._services.output_dir / "training" / str(run_id)


def wire(drawing: RunDrawing, w: TrainWidgets) -> None:
    """Connect the widgets to their handlers."""
    drawn: list[Any] = [w.tried, w.tried_step]
    w.try_photo.input(drawing.draw, [w.shown, w.try_photo], drawn, **CLICKED)
    w.try_draw.click(drawing.draw, [w.shown, w.try_photo], drawn, **ON_QUEUE)
    w.try_own.select(drawing.draw_own, [w.shown], [w.try_photo, *drawn], **CLICKED)
