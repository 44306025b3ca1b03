"""Makes the set of the Train page larger: told how long it takes, shown, stopped and saved."""

import time
from collections.abc import Iterator
from contextlib import closing
from html import escape
from typing import Any

import gradio as gr

from icgan_demo.config import LargerSetPlan
from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.banks.larger_set_requests import (
    Enlarging,
    LargerSets,
    PackedAs,
    check_larger,
    knows_most,
    over_after,
)
from icgan_demo.service.recipes.drawn_files import new_folder
from icgan_demo.service.training.set_preview import write_thumbnail
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.service.training.training_sets import StoredPicture, TrainingSet
from icgan_demo.service.values import AUTOMATIC, Familiarity, ModelInfo
from icgan_demo.setting import checked
from icgan_demo.ui.common.events import AT_ONCE, LATEST, Updates, apart, or_else
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.model_list import is_automatic
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.time_left import duration
from icgan_demo.ui.common.widgets import status_line, truncation_slider
from icgan_demo.ui.texts.error_texts import in_language
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.train.larger_view import Examples, ended_text, progress_html
from icgan_demo.ui.train.live_run import LiveRun
from icgan_demo.ui.train.train_widgets import TrainWidgets
from icgan_demo.ui.visitor.generate_state import StopSignal, ask_to_stop

NAME = "larger"
"""Of the file that is handed out."""
MOST_OF_EACH = 16
"""New images of each that the page offers; the command line has more."""


class LargerPanel:
    """Lays the part out on construction, inside the current column; ``wire`` connects it."""

    def __init__(self, services: Services, larger_sets: LargerSets, training: TrainingService, live: LiveRun) -> None:
        self._services = services
        self._larger_sets = larger_sets
        self._training = training
        self._live = live
        plan = LargerSetPlan()
        with gr.Accordion(text("larger"), open=False, elem_id="larger") as self.fold:
            # Its own texts come when it is unfolded: those that the browser translates are sent to every page.
            self.note = gr.HTML("", elem_classes="fine-print")
            self.per_picture = Slider(
                1, MOST_OF_EACH, plan.per_picture, step=1, label="", buttons=[],
                elem_id="larger-per-picture",
            )  # fmt: skip
            self.truncation = truncation_slider("larger-truncation", info=text("truncation_info"))
            self.classes = gr.Checkbox(True, label="", elem_id="larger-classes")
            self.model = gr.Dropdown([], label=text("model"), elem_id="larger-model")
            self.packed = gr.Radio(
                [("ZIP", PackedAs.ZIP.value), ("WebDataset (TAR)", PackedAs.SHARD.value)], value=PackedAs.ZIP.value,
                label="", elem_id="larger-packed",
            )  # fmt: skip
            self.estimate = status_line("larger-estimate", elem_classes="fine-print")
            with gr.Row():
                self.make = gr.Button(text("generate"), variant="primary", min_width=120, elem_id="larger-make")
                self.stop = gr.Button(text("stop"), variant="stop", visible=False, min_width=90, elem_id="larger-stop")
            self.status = status_line("larger-status", elem_classes="says")
            with gr.Row():
                self.save, self.save_manifest = (
                    gr.DownloadButton("", visible=False, min_width=120, elem_id=key.replace("_", "-"))
                    for key in ("larger_save", "larger_save_manifest")
                )
            self.shown = gr.HTML("", elem_id="larger-shown")
            self.licence = gr.HTML("", elem_id="larger-licence", elem_classes="fine-print")
        self.is_open = gr.State(False)  # whether the part was unfolded: before that, nothing is estimated
        self.signal = gr.State(None)  # StopSignal of the last set

    @property
    def outputs(self) -> list[Any]:
        """Outputs of ``enlarge``."""
        return [self.signal, self.stop, self.status, self.save, self.save_manifest, self.shown, self.licence]

    # --- handlers ---

    def unfold(self, request: gr.Request, model: str | None, runs: Any) -> Updates:
        """Fill the list of models, and keep what was chosen."""
        with shown_to_visitor():
            listed = self._services.sampling.models()
            own = [info for name in self._live.models_of(runs) if (info := self._services.find(name)) is not None]
            usable = [info for info in (*own, *listed) if info.state in ("ready", "available", "loading")]
            choices = {info.name: info.title for info in usable}
            if is_automatic(listed):
                choices = {AUTOMATIC: say(language_of(request), "larger_automatic")} | choices
            chosen = model if model in choices else next(iter(choices), None)
            language = language_of(request)
            labelled = {
                self.per_picture: "larger_per_picture", self.classes: "larger_classes",
                self.packed: "larger_packed", self.save: "larger_save", self.save_manifest: "larger_save_manifest",
            }  # fmt: skip
            return {
                self.is_open: True,
                self.note: escape(say(language, "larger_note")),
                **{widget: gr.update(label=say(language, key)) for widget, key in labelled.items()},
                self.model: gr.update(choices=[(title, name) for name, title in choices.items()], value=chosen),
            }

    def tell_estimate(
        self, request: gr.Request, is_open: bool, set_id: str | None, model: str | None, per_picture: float
    ) -> Any:
        """Say how many images there will be, how long they take, and whether the model knows such images."""
        if not is_open or set_id is None:
            return "" if is_open else gr.skip()
        with shown_to_visitor():
            language = language_of(request)
            try:
                found, plan = self._training.sets.get(set_id), checked(LargerSetPlan(), per_picture=int(per_picture))
                check_larger(len(found.pictures), plan, self._training.limits)
            except DemoError as error:
                return escape(in_language(str(error), language))
            info, familiarity = self._model(model, found)
            total = len(found.pictures)
            first = self._training.sets.picture(set_id, found.pictures[0])
            takes_s = self._larger_sets.expected_s(info.name, first, total, plan)
            values = {"given": total, "each": plan.per_picture, "count": total * plan.per_picture}
            said = [say(language, "larger_estimate", title=info.title, time=duration(takes_s, language), **values)]
            if familiarity is not None and not familiarity.is_known:
                said.append(say(language, "larger_unknown", title=info.title))
            return "<br>".join(map(escape, said))

    def enlarge(
        self,
        request: gr.Request,
        set_id: str | None,
        model: str | None,
        per_picture: float,
        truncation: float,
        has_classes: bool,
        packed: str,
    ) -> Iterator[Updates]:
        """Generate, show a few, and offer what was made."""
        with shown_to_visitor():
            language = language_of(request)
            if set_id is None:
                raise RequestError(say(language, "train_choose_first"))
            plan = checked(
                LargerSetPlan(), per_picture=int(per_picture), truncation=float(truncation),
                without_classes=not has_classes,
            )  # fmt: skip
            found = self._training.sets.get(set_id)
            check_larger(len(found.pictures), plan, self._training.limits)
            still = {self.stop: gr.update(visible=False), self.status: ""}
            yield from or_else(self._enlarge(found, model, plan, PackedAs(packed), language), still)

    # --- pieces ---

    def _model(self, name: str | None, found: TrainingSet) -> tuple[ModelInfo, Familiarity | None]:
        """Return the model of that name; where that is left open, the one that knows the set best, and how well."""
        if name and name != AUTOMATIC:
            return self._services.model(name), None
        if not is_automatic(self._services.sampling.models()):
            return self._services.model(""), None
        photos = [self._training.sets.picture(found.set_id, picture) for picture in found.pictures]
        familiarity = knows_most(self._services.sampling, photos)
        return self._services.model(familiarity.model), familiarity

    def _enlarge(
        self, found: TrainingSet, model: str | None, plan: LargerSetPlan, packed: PackedAs, language: str
    ) -> Iterator[Updates]:
        """Yield how far the set is and some of its images, then its files; after a Stop, of what there is."""
        signal, total = StopSignal(), len(found.pictures)
        away = {button: gr.update(visible=False) for button in (self.save, self.save_manifest)}
        begins = say(language, "larger_embedding", done=0, total=total)
        yield {
            self.signal: signal, self.stop: gr.update(visible=True), self.status: begins, **away, self.shown: "",
            self.licence: "",
        }  # fmt: skip
        info, _ = self._model(model, found)
        examples = Examples(found, self._thumbnail_url, language)
        out = new_folder(self._services.output_dir) / f"{NAME}.{packed}"
        given = self._training.sets.candidates(found.set_id)
        is_over = over_after(self._training.limits.larger_s, lambda: signal.is_set)
        started = drawing_since = time.perf_counter()
        made = Enlarging(total, 0)
        with closing(self._larger_sets.enlarge(info.name, given, total, plan, out, is_over)) as reports:  # type: ignore[type-var]
            for made in reports:
                if not made.new:
                    drawing_since = time.perf_counter()
                said = progress_html(made, plan, time.perf_counter() - drawing_since, language)
                more = {self.shown: examples.html()} if examples.take(made.new) else {}
                yield {self.status: said, **more}
        buttons = (self.save, self.save_manifest)[: len(made.files)]
        offered = zip(buttons, made.files, strict=True)
        yield {
            self.stop: gr.update(visible=False),
            self.status: ended_text(made, time.perf_counter() - started, language),
            self.licence: escape(f"{say(language, 'larger_inside')} {info.licence_note}") if made.files else "",
            **{button: gr.update(value=str(file), visible=True) for button, file in offered},
        }

    def _thumbnail_url(self, set_id: str, picture: StoredPicture) -> str:
        folder = self._services.output_dir / "training" / set_id
        stored = self._training.sets.picture(set_id, picture)
        return f"gradio_api/file={write_thumbnail(stored, folder / picture.file)}"


def wire(panel: LargerPanel, w: TrainWidgets) -> None:
    """Connect the part to its handlers; it looks at the set of the page."""
    told: tuple[Any, list[Any], Any] = (
        panel.tell_estimate, [panel.is_open, w.set_id, panel.model, panel.per_picture], panel.estimate
    )  # fmt: skip
    filled = [
        panel.is_open, panel.model, panel.note, panel.per_picture, panel.classes, panel.packed, panel.save,
        panel.save_manifest,
    ]  # fmt: skip
    panel.fold.expand(panel.unfold, [panel.model, w.runs], filled, **LATEST).success(*told, **LATEST)
    gr.on([panel.model.input, panel.per_picture.release, w.summary.change], *told, **LATEST)
    controls = [w.set_id, panel.model, panel.per_picture, panel.truncation, panel.classes, panel.packed]
    panel.make.click(panel.enlarge, controls, panel.outputs, **apart("larger"))
    panel.stop.click(ask_to_stop, panel.signal, None, **AT_ONCE)
