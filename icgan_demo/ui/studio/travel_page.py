"""Travel: a path through instances, classes and seeds, as a strip of frames and as a film."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from html import escape
from itertools import islice
from typing import Any

import gradio as gr
from PIL import Image

from icgan_demo.config import TRUNCATION
from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.drawing.drawing_requests import (
    MAX_FRAMES_PER_LEG,
    MAX_STOPS,
    DrawRequest,
    Stop,
    Swap,
    TravelRequest,
)
from icgan_demo.service.recipes.film import FilmFormat, write_film
from icgan_demo.service.recipes.outputs import labelled_sheet, new_folder, save_picture
from icgan_demo.service.recipes.recipe import Recipe, write_recipe
from icgan_demo.service.requests import spread
from icgan_demo.ui.common.events import AT_ONCE, CLICKED, ON_QUEUE, Updates, apart, or_else
from icgan_demo.ui.common.feedback import inform, shown_to_visitor
from icgan_demo.ui.common.instances import CHOICES, Offered, choose_row, offer
from icgan_demo.ui.common.model_list import explain_truncation
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.thumbnail_files import thumbnail_path
from icgan_demo.ui.common.time_left import progress, time_left_of
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.common.widgets import heading, status_line, strip, truncation_slider
from icgan_demo.ui.stage.result import shares_in_words
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.visitor.generate_state import StopSignal, ask_to_stop
from icgan_demo.ui.visitor.places import PathStop, Stops

FIRST_STOPS = 4
FRAMES = 16
FPS = 15
SHOWN_FRAMES = 12
"""Pictures of the film strip."""


@dataclass(frozen=True)
class PathControls:
    """The values of ``TravelPage.controls``, in that order."""

    stops: Stops
    frames: int
    loop: bool
    smooth: bool
    truncation: float

    def request(self) -> TravelRequest:
        """Return the path; raises RequestError if there is none, or for a value out of range."""
        if len(self.stops) < 2:
            raise RequestError("A path needs at least two stops. Add some from the other pages or from the bank.")
        model = self.stops[0].model
        if any(stop.model != model for stop in self.stops):
            raise RequestError("The stops belong to different models. Clear the path and start again.")
        path = tuple(stop.stop for stop in self.stops)
        return TravelRequest(model, path, int(self.frames), bool(self.loop), bool(self.smooth), float(self.truncation))


@dataclass(eq=False)
class Reel:
    """The frames of a film, drawn but not written yet."""

    recipe: Recipe
    frames: list[Image.Image] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)


class TravelPage:
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        gr.HTML(text("travel_note"), elem_classes="fine-print")
        heading("stops")
        self.gallery = strip("travel-stops", MAX_STOPS, label="stops")
        with gr.Row(elem_classes="studio-buttons"):
            self.remove = gr.Button(text("remove_stop"), size="md", min_width=90, elem_id="travel-remove")
            self.clear = gr.Button(text("clear_stops"), size="md", min_width=90, elem_id="travel-clear")
        with gr.Accordion(text("travel_choose"), open=False, elem_id="travel-bank"):
            self.choices = strip("travel-choices", CHOICES, label="examples")
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=5, min_width=300):
                self.frames = Slider(
                    1, MAX_FRAMES_PER_LEG, FRAMES, step=1, label=text("frames_per_leg"), buttons=[], elem_id="frames"
                )
                self.fps = Slider(1, 30, FPS, step=1, label=text("fps"), buttons=[], elem_id="fps")
                self.truncation = truncation_slider("travel-truncation")
                with gr.Row():
                    self.loop = gr.Checkbox(True, label=text("loop"), min_width=120, elem_id="loop")
                    self.smooth = gr.Checkbox(True, label=text("smooth"), min_width=120, elem_id="smooth")
                self.format = gr.Radio(
                    [("GIF", "gif"), ("WebP", "webp"), ("MP4", "mp4")],
                    value="gif", label=text("film_format"), elem_id="film-format",
                )  # fmt: skip
                self.scale = gr.Radio(
                    [("× 1", 1), ("× 2", 2), ("× 4", 4)], value=2, label=text("film_scale"), elem_id="film-scale"
                )
            with gr.Column(scale=6, min_width=300, elem_id="film-side"):
                with gr.Row(elem_classes="studio-buttons"):
                    self.sketch = gr.Button(text("film_strip"), size="md", min_width=90, elem_id="film-strip")
                    self.shoot = gr.Button(
                        text("make_film"), variant="primary", size="md", min_width=90, elem_id="make-film"
                    )
                    self.stop = gr.Button(
                        text("stop"), variant="stop", size="md", min_width=80, visible=HIDDEN, elem_id="film-stop"
                    )
                self.status = status_line("film-status")
                self.sheet = gr.Image(
                    show_label=False, interactive=False, format="png", buttons=["download", "fullscreen"],
                    alt_text=text("film_strip"), elem_id="strip-picture",
                )  # fmt: skip
                self.film = gr.Image(
                    show_label=False, interactive=False, type="filepath", buttons=["fullscreen"],
                    alt_text=text("film_alt"), elem_id="film",
                )  # fmt: skip
                self.video = gr.Video(
                    show_label=False, interactive=False, loop=True, autoplay=True, visible=False, elem_id="video"
                )
                self.licence = gr.HTML("", elem_id="film-licence", elem_classes="fine-print")
                self.download = gr.DownloadButton(text("download_film"), visible=HIDDEN, elem_id="film-download")
        self.stops = gr.State(())
        self.selected = gr.State(None)
        self.offered = gr.State(Offered())
        self.seen = gr.State(None)  # the chosen model when the page was filled
        self.signal = gr.State(None)
        self.files = gr.State(())  # the strip, or a picture of the film
        self.reel = gr.State(None)  # what a film is about to be written of: Reel or None

    @property
    def controls(self) -> list[Any]:
        """Inputs that decide the path, in the order of the handlers' arguments."""
        return [self.stops, self.frames, self.loop, self.smooth, self.truncation]

    @property
    def page_outputs(self) -> list[Any]:
        """Outputs of ``open`` and of ``restore``."""
        return [
            self.seen, self.choices, self.offered, *self.controls, self.gallery, self.sheet, self.files, self.status,
            self.licence,
        ]  # fmt: skip

    @property
    def outputs(self) -> list[Any]:
        """Components that drawing changes."""
        return [
            self.status,
            self.licence,
            self.sheet,
            self.film,
            self.video,
            self.download,
            self.stop,
            self.signal,
            self.reel,
            self.files,
        ]

    # --- filling ---

    def open(self, language: str, model: str, kept: Stops) -> Iterator[Updates]:
        """Yield the page for a model: its bank, and a path through four of its instances unless ``kept`` has stops."""
        entries, shown, pictures = offer(self._services, model, language)
        stops = tuple(self._again([stop for stop in kept if stop.model == model], language))
        if not stops:
            stops = tuple(self._stop_of(model, entry.row, language) for entry in spread(entries, FIRST_STOPS))
        yield {
            self.choices: pictures,
            self.offered: shown,
            **self._list_stops(stops),
            self.truncation: explain_truncation(self._services.model(model)),
        }

    def restore(self, request: TravelRequest, language: str) -> Iterator[Updates]:
        """Yield the controls of a path, and its film strip."""
        stops = tuple(
            self._draw_stop(PathStop(stop, request.model), language, request.truncation) for stop in request.stops
        )
        _, shown, pictures = offer(self._services, request.model, language)
        yield {
            self.choices: pictures,
            self.offered: shown,
            **self._list_stops(stops),
            self.frames: request.frames_per_leg,
            self.loop: request.loop,
            self.smooth: request.smooth,
            self.truncation: explain_truncation(self._services.model(request.model), value=request.truncation),
        }
        yield from self._draw_strip(request, language)

    # --- stops ---

    def add_stop(self, request: gr.Request, drawn: DrawRequest | None, stops: Stops) -> Updates:
        """Add what another page of the studio shows: its blend and its first seed."""
        with shown_to_visitor():
            if drawn is None:
                raise RequestError("Generate something first.")
            language = language_of(request)
            inform(say(language, "stop_added"))
            before = tuple(self._again(stops, language))
            return self._append_stop(before, self._draw_stop(PathStop.of(drawn), language, drawn.truncation))

    def take_row(self, request: gr.Request, event: gr.SelectData, offered: Offered, stops: Stops) -> Updates:
        """Add the clicked bank entry as it is."""
        with shown_to_visitor():
            row = offered.rows[int(event.index)]
            return self._append_stop(stops, self._stop_of(offered.model, row, language_of(request)))

    def select_stop(self, event: gr.SelectData) -> int:
        """Remember which stop was clicked."""
        return int(event.index)

    def remove_stop(self, selected: int | None, stops: Stops) -> Updates:
        """Take the clicked stop away, the last one if none was clicked."""
        place = len(stops) - 1 if selected is None or selected >= len(stops) else selected
        return {**self._list_stops((*stops[:place], *stops[place + 1 :]) if stops else ()), self.selected: None}

    def clear_stops(self) -> Updates:
        """Take all stops away."""
        return {**self._list_stops(()), self.selected: None}

    # --- drawing ---

    def draw_sketch(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Draw some frames of the whole path beside each other."""
        with shown_to_visitor():
            yield from self._draw_strip(PathControls(*controls).request(), language_of(request))

    def _draw_strip(self, wanted: TravelRequest, language: str) -> Iterator[Updates]:
        drawing, info = self._services.sampling.drawing, self._services.model(wanted.model)
        per_leg = max(2, SHOWN_FRAMES // max(1, len(wanted.stops) - (not wanted.loop)))
        pictures = [drawn.picture for drawn in drawing.draw(replace(wanted, frames_per_leg=per_leg))]
        rows = [pictures[at : at + 6] for at in range(0, len(pictures), 6)]
        path = new_folder(self._services.output_dir) / "strip.png"
        save_picture(labelled_sheet(rows), write_recipe(wanted, info), path)
        yield {
            self.sheet: str(path),
            self.files: (str(path),),
            self.licence: escape(info.licence_note),
            self.status: say(language, "strip_ready", count=len(pictures), frames=wanted.frames),
        }

    def draw_film(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Draw all frames, telling how far it is; Stop keeps none."""
        with shown_to_visitor():
            language, wanted, signal = language_of(request), PathControls(*controls).request(), StopSignal()
            reel = Reel(write_recipe(wanted, self._services.model(wanted.model)))
            yield {
                self.signal: signal, self.reel: None,
                self.stop: gr.update(visible=True), self.download: gr.update(visible=HIDDEN),
                self.status: progress(0, wanted.frames, language, self._services.sampling.drawing.expected_s(wanted)),
            }  # fmt: skip
            still: Updates = {self.stop: gr.update(visible=HIDDEN)}
            yield from or_else(self._draw_frames(wanted, reel, signal, language), {**still, self.status: ""})
            if signal.is_set:
                yield {**still, self.status: say(language, "film_stopped")}
            else:
                yield {**still, self.reel: reel, self.status: say(language, "film_writing")}

    def _draw_frames(self, wanted: TravelRequest, reel: Reel, signal: StopSignal, language: str) -> Iterator[Updates]:
        """Draw the frames into ``reel``, telling how far it is, until all are there or ``signal`` is set."""
        frames = (drawn.picture for drawn in self._services.sampling.drawing.draw(wanted))
        while not signal.is_set and (few := list(islice(frames, 4))):
            reel.frames += few
            done = len(reel.frames)
            left_s = time_left_of(time.perf_counter() - reel.started, done, wanted.frames)
            yield {self.status: progress(done, wanted.frames, language, left_s)}

    def save_film(self, request: gr.Request, reel: Reel | None, fps: float, name: str, scale: int) -> Iterator[Updates]:
        """Write the drawn frames as a film, while other visitors draw; none after a Stop."""
        with shown_to_visitor():
            if reel is None:
                yield gr.skip()
                return
            path = new_folder(self._services.output_dir) / f"travel.{name}"
            film_format, count = FilmFormat(name), len(reel.frames)
            try:
                write_film(reel.frames, path, film_format, float(fps), int(scale), reel.recipe.to_json())
            except Exception:
                yield {self.status: "", self.reel: None}
                raise
            is_video = film_format is FilmFormat.MP4
            sentence = say(
                language_of(request), "film_ready", frames=count, kilobytes=path.stat().st_size / 1000,
                length=count / float(fps), seconds=time.perf_counter() - reel.started,
            )  # fmt: skip
            yield {
                self.film: gr.update(value=None if is_video else str(path), visible=not is_video),
                self.video: gr.update(value=str(path) if is_video else None, visible=is_video),
                self.download: gr.update(value=str(path), visible=True),
                self.licence: escape(self._services.model(reel.recipe.model.name).licence_note),
                self.status: sentence,
                self.files: (str(save_picture(reel.frames[0], reel.recipe, path.with_suffix(".png"))),),
                self.reel: None,
            }

    # --- pieces ---

    def _append_stop(self, stops: Stops, stop: PathStop) -> Updates:
        if len(stops) >= MAX_STOPS:
            raise RequestError(f"A path has at most {MAX_STOPS} stops. Remove one first.")
        return self._list_stops((*stops, stop))

    def _list_stops(self, stops: Stops) -> Updates:
        return {self.stops: stops, self.gallery: [(str(stop.picture), stop.caption) for stop in stops]}

    def _stop_of(self, model: str, row: int, language: str) -> PathStop:
        chosen = choose_row(self._services, model, row, language)
        blend = chosen.blend(Swap(chosen.own, position=-1.0))
        return PathStop(Stop(blend), model, chosen.picture, chosen.name)

    def _again(self, stops: Sequence[PathStop], language: str) -> Iterator[PathStop]:
        """Yield stops with their pictures, which are gone after an hour and after a restart."""
        for stop in stops:
            if stop.picture is not None and stop.picture.exists():
                yield stop
                continue
            with suppress(DemoError):  # the model is another one of the same name
                yield self._draw_stop(stop, language)

    def _draw_stop(self, stop: PathStop, language: str, truncation: float = TRUNCATION) -> PathStop:
        """Return a stop with its picture drawn."""
        picture = next(self._services.sampling.drawing.draw(stop.drawing(truncation))).picture
        file = thumbnail_path(new_folder(self._services.output_dir), picture)
        return replace(stop, picture=file, caption=shares_in_words(stop.stop.blend.swap.classes(), language))


def wire(page: TravelPage, sources: Sequence[Any]) -> None:
    """Connect the widgets; ``sources`` are the results of the other pages, which can add stops."""
    listed = [page.stops, page.gallery]
    for result in sources:
        result.add_stop.click(page.add_stop, [result.drawn, page.stops], listed, **ON_QUEUE)
    page.choices.select(page.take_row, [page.offered, page.stops], listed, **CLICKED)
    page.gallery.select(page.select_stop, None, page.selected, **AT_ONCE)
    page.remove.click(page.remove_stop, [page.selected, page.stops], [*listed, page.selected], **AT_ONCE)
    page.clear.click(page.clear_stops, None, [*listed, page.selected], **AT_ONCE)
    page.sketch.click(page.draw_sketch, page.controls, page.outputs, **ON_QUEUE)
    drawn = page.shoot.click(page.draw_film, page.controls, page.outputs, **ON_QUEUE)
    written = [page.reel, page.fps, page.format, page.scale]
    # Writing a long film takes seconds without drawing anything, so it leaves the model to others.
    drawn.success(page.save_film, written, page.outputs, **apart("film"))
    page.stop.click(ask_to_stop, page.signal, None, **AT_ONCE)
