"""Travel: a path through instances, classes and seeds, as a strip of frames and as a film."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from html import escape
from itertools import islice
from typing import Any

import gradio as gr
from PIL import Image

from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.drawing.drawing_requests import (
    MAX_FRAMES_PER_LEG,
    MAX_STOPS,
    Swap,
    TravelRequest,
    TravelStop,
)
from icgan_demo.service.drawing.other_model import carried_over
from icgan_demo.service.recipes.drawn_files import labelled_sheet, new_folder, save_picture
from icgan_demo.service.recipes.film import FilmFormat, write_film
from icgan_demo.service.recipes.recipe import Recipe, version_problem, write_recipe
from icgan_demo.service.values import spread
from icgan_demo.ui.common.events import (
    AT_ONCE,
    CLICKED,
    LATEST,
    ON_QUEUE,
    QUICKLY,
    WORKS,
    Updates,
    apart,
    or_else,
    told_once,
)
from icgan_demo.ui.common.feedback import shown_to_visitor, warn
from icgan_demo.ui.common.instances import Chosen, choose_row
from icgan_demo.ui.common.long_step import LongStep, Tell
from icgan_demo.ui.common.model_list import explain_truncation, model_choices
from icgan_demo.ui.common.recipe_links import copy_link
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.time_left import progress, step_progress, time_left_of
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.common.widgets import heading, status_line, strip, truncation_slider
from icgan_demo.ui.stage.instance_page import InstancePage
from icgan_demo.ui.stage.path_stops import draw_stop, one_more, with_pictures
from icgan_demo.ui.stage.studio_widgets import instance_row
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.travel.part_editor import PartEditor, part_in_words
from icgan_demo.ui.visitor.generate_state import StopSignal, ask_to_stop
from icgan_demo.ui.visitor.places import PathStop, Stops
from icgan_demo.ui.visitor.visits import Visits

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
class UnwrittenFilm:
    """The frames of a film, drawn but not written yet."""

    recipe: Recipe
    signal: StopSignal = field(default_factory=StopSignal)
    frames: list[Image.Image] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)


class TravelPage(InstancePage):
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services, visits: Visits) -> None:
        super().__init__(services)
        self._visits = visits
        self._writing = ThreadPoolExecutor(1, "film")
        gr.HTML(text("travel_note"), elem_classes="fine-print")
        heading("stops")
        self.gallery = strip("travel-stops", MAX_STOPS, label="stops")
        with gr.Row(elem_classes="studio-buttons"):
            self.remove = gr.Button(text("remove_stop"), size="md", min_width=90, elem_id="travel-remove")
            self.clear = gr.Button(text("clear_stops"), size="md", min_width=90, elem_id="travel-clear")
        self.length = status_line("travel-length", elem_classes="says")
        with gr.Accordion(text("travel_choose"), open=False, elem_id="travel-bank"):
            self.photo, self.choices = instance_row("travel")
        self.part = PartEditor()
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=5, min_width=300):
                self.model = gr.Dropdown([], label=text("travel_model"), elem_id="travel-model")
                self.remark = status_line("travel-remark")
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
        self.signal = gr.State(None)
        self.files = gr.State(())  # the strip, or a picture of the film
        self.reel = gr.State(None)  # what a film is about to be written of: UnwrittenFilm or None

    @property
    def controls(self) -> list[Any]:
        """Inputs that decide the path, in the order of the handlers' arguments."""
        return [self.stops, self.frames, self.loop, self.smooth, self.truncation]

    @property
    def page_outputs(self) -> list[Any]:
        """Outputs of ``open`` and of ``restore``."""
        return [
            self.choices, self.offered, *self.controls, self.gallery, self.sheet, self.files, self.status,
            self.licence, self.length, self.model,
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

    def arrive(self, request: gr.Request) -> Iterator[Updates]:
        """Fill the page: with the recipe that was sent here or is in its address, or with the visit's path."""
        visit, language = self._visits.of(request), language_of(request)
        with shown_to_visitor():
            try:
                recipe = visit.take_recipe()
                if recipe is not None:
                    yield from self._open_recipe(recipe, language)
                    return
            except DemoError as error:
                warn(str(error))
            named = self._services.find(visit.stops[-1].model if visit.stops else visit.model)
            yield from self.open(language, (named or self._services.model("")).name, visit.stops)

    def _open_recipe(self, recipe: Recipe, language: str) -> Iterator[Updates]:
        wanted = recipe.request()
        if not isinstance(wanted, TravelRequest):
            raise RequestError("This is the recipe of single images. Drop it on the Studio, or open its link there.")
        if problem := version_problem(recipe, self._services.find(recipe.model.name)):
            warn(problem)
        yield from self.restore(wanted, language)

    def open(self, language: str, model: str, kept: Stops) -> Iterator[Updates]:
        """Yield the page for a model: its bank, and a path through four of its instances unless ``kept`` has stops."""
        entries, bank = self._offer(model, language)
        stops = tuple(with_pictures(self._services, [stop for stop in kept if stop.model == model], language))
        if not stops:
            first = spread(entries, FIRST_STOPS)
            stops = tuple(_stop_of(choose_row(self._services, model, entry.row, language)) for entry in first)
        yield {
            **bank,
            **self._list_stops(stops, language),
            self.model: self._models(model, language),
            self.truncation: explain_truncation(self._services.model(model)),
        }

    def keep_stops(self, request: gr.Request, stops: Stops) -> None:
        """Remember the path for the way back, and for the tools that add to it."""
        self._visits.of(request).stops = stops
        self._visits.keep(request)

    def restore(self, request: TravelRequest, language: str) -> Iterator[Updates]:
        """Yield the controls of a path, and its film strip."""
        bare = (PathStop(stop, request.model) for stop in request.stops)
        stops = tuple(draw_stop(self._services, stop, language, request.truncation) for stop in bare)
        yield {
            **self._offer(request.model, language)[1],
            **self._list_stops(stops, language),
            self.model: self._models(request.model, language),
            self.frames: request.frames_per_leg,
            self.loop: request.loop,
            self.smooth: request.smooth,
            self.truncation: explain_truncation(self._services.model(request.model), value=request.truncation),
        }
        yield from self._draw_strip(request, language)

    # --- stops ---

    def _take(self, request: gr.Request, chosen: Chosen, values: Sequence[Any], *, is_photo: bool) -> Iterator[Updates]:
        stops = one_more(values[0], _stop_of(chosen))
        yield {**self._list_stops(stops, language_of(request)), **({self.photo: None} if is_photo else {})}

    def select_stop(
        self, request: gr.Request, event: gr.SelectData, stops: Stops, frames: int, loop: bool, smooth: bool
    ) -> Updates:
        """Remember which stop was clicked, and show the time of the part that it begins."""
        place, language = int(event.index), language_of(request)
        if place >= len(stops):
            return {self.selected: None}
        part = stops[place].stop.part
        shown = self.part.show(part, place, len(stops), int(frames), loop=loop, smooth=smooth, language=language)
        return {self.selected: place, **shown}

    def change_part(
        self, request: gr.Request, place: int | None, stops: Stops, frames: int, smooth: bool, *part: Any
    ) -> Updates:
        """Give the part after the clicked stop its own time; what is as in all other parts follows them."""
        with shown_to_visitor():
            language = language_of(request)
            if place is None or place >= len(stops):
                raise RequestError(say(language, "part_click"))
            time = self.part.read(part, int(frames), smooth=smooth)
            changed = replace(stops[place], stop=replace(stops[place].stop, part=time))
            return self._list_stops((*stops[:place], changed, *stops[place + 1 :]), language)

    def remove_stop(self, request: gr.Request, selected: int | None, stops: Stops) -> Updates:
        """Take the clicked stop away, the last one if none was clicked."""
        place = len(stops) - 1 if selected is None or selected >= len(stops) else selected
        left = (*stops[:place], *stops[place + 1 :]) if stops else ()
        return {**self._list_stops(left, language_of(request)), self.selected: None}

    def clear_stops(self) -> Updates:
        """Take all stops away."""
        return {self.stops: (), self.gallery: [], self.selected: None}

    def tell_length(self, request: gr.Request, fps: float, *controls: Any) -> str:
        """Say how long the film will be."""
        try:
            wanted = PathControls(*controls).request()
        except DemoError:
            return ""
        values = {"stops": len(wanted.stops), "frames": wanted.frames, "seconds": wanted.frames / float(fps)}
        return say(language_of(request), "path_length", **values)

    def change_model(
        self, request: gr.Request, model: str | None, stops: Stops, truncation: float
    ) -> Iterator[Updates]:
        """Let another model draw the path, and say what cannot be the same."""
        with shown_to_visitor():
            if not model or not stops or stops[0].model == model:
                yield gr.skip()
                return
            language, before = language_of(request), stops[0].model
            yield {self.remark: say(language, "path_carrying")}
            try:
                carried, remarks = self._carry(stops, model, float(truncation), language)
            except Exception:
                yield {self.model: before, self.remark: ""}
                raise
            yield {
                **self._offer(model, language)[1],
                **self._list_stops(carried, language),
                self.truncation: explain_truncation(self._services.model(model)),
                self.remark: " ".join(map(escape, remarks)),
                self.selected: None,
            }

    def _carry(self, stops: Stops, model: str, truncation: float, language: str) -> tuple[Stops, list[str]]:
        source, target = self._services.model(stops[0].model), self._services.model(model)
        if any(stop.model != source.name for stop in stops):
            raise RequestError("The stops belong to different models. Clear the path and start again.")
        photos = {
            place: stop.photo for place, stop in enumerate(stops) if stop.photo is not None and stop.photo.exists()
        }
        carried = carried_over([stop.stop for stop in stops], source, target, self._services.sampling, photos)
        bare = (
            PathStop(stop, target.name, photo=before.photo) for stop, before in zip(carried.stops, stops, strict=True)
        )
        remarks = [say(language, "path_carried", title=target.title)]
        if carried.are_seen_again:
            remarks.append(say(language, "path_seen_again", title=target.title, before=source.title))
        if carried.lost_classes:
            names = ", ".join(carried.lost_classes)
            remarks.append(say(language, "path_lost", title=target.title, names=names))
        return tuple(draw_stop(self._services, stop, language, truncation) for stop in bare), remarks

    # --- drawing ---

    def draw_sketch(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Draw some frames of the whole path beside each other."""
        with shown_to_visitor():
            yield from self._draw_strip(PathControls(*controls).request(), language_of(request))

    def _draw_strip(self, wanted: TravelRequest, language: str) -> Iterator[Updates]:
        drawing, info = self._services.sampling.drawing, self._services.model(wanted.model)
        per_leg = max(2, SHOWN_FRAMES // max(1, len(wanted.stops) - (not wanted.loop)))
        pictures = [drawn.picture for drawn in drawing.draw(wanted.sketch(per_leg))]
        rows = [pictures[at : at + 6] for at in range(0, len(pictures), 6)]
        path, recipe = new_folder(self._services.output_dir) / "strip.png", write_recipe(wanted, info)
        save_picture(labelled_sheet(rows), recipe, path)
        yield {
            self.sheet: str(path),
            self.files: (str(path),),
            self.licence: escape(info.licence_note),
            self.status: say(language, "strip_ready", count=len(pictures), frames=wanted.frames)
            + copy_link(recipe, language),
        }

    def draw_film(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Draw all frames, telling how far it is; Stop keeps none."""
        with shown_to_visitor():
            language, wanted = language_of(request), PathControls(*controls).request()
            reel = UnwrittenFilm(write_recipe(wanted, self._services.model(wanted.model)))
            yield {
                self.signal: reel.signal, self.reel: None,
                self.stop: gr.update(visible=True), self.download: gr.update(visible=HIDDEN),
                self.status: progress(0, wanted.frames, language, self._services.sampling.drawing.expected_s(wanted)),
            }  # fmt: skip
            still: Updates = {self.stop: gr.update(visible=HIDDEN)}
            yield from or_else(self._draw_frames(wanted, reel, language), {**still, self.status: ""})
            if reel.signal.is_set:
                yield {**still, self.status: say(language, "film_stopped")}
            else:
                yield {self.reel: reel, self.status: say(language, "film_writing")}

    def _draw_frames(self, wanted: TravelRequest, reel: UnwrittenFilm, language: str) -> Iterator[Updates]:
        """Draw the frames into ``reel``, telling how far it is, until all are there or a Stop comes."""
        frames = (drawn.picture for drawn in self._services.sampling.drawing.draw(wanted))
        while not reel.signal.is_set and (few := list(islice(frames, 4))):
            reel.frames += few
            done = len(reel.frames)
            left_s = time_left_of(time.perf_counter() - reel.started, done, wanted.frames)
            yield {self.status: progress(done, wanted.frames, language, left_s)}

    def save_film(
        self, request: gr.Request, reel: UnwrittenFilm | None, fps: float, name: str, scale: int
    ) -> Iterator[Updates]:
        """Write the drawn frames as a film, while other visitors draw, telling how far it is; none after a Stop."""
        with shown_to_visitor():
            if reel is None:
                yield gr.skip()
                return
            language, film_format = language_of(request), FilmFormat(name)
            path = new_folder(self._services.output_dir) / f"travel.{name}"

            def write(tell: Tell) -> None:
                write_film(reel.frames, path, film_format, float(fps), int(scale), reel.recipe.to_json(), tell)

            still: Updates = {self.stop: gr.update(visible=HIDDEN), self.reel: None}
            yield from or_else(
                self._tell_of(LongStep(self._writing, write), reel, language), {**still, self.status: ""}
            )
            if reel.signal.is_set:
                yield {**still, self.status: say(language, "film_stopped")}
                return
            is_video, count = film_format is FilmFormat.MP4, len(reel.frames)
            sentence = say(
                language, "film_ready", frames=count, kilobytes=path.stat().st_size / 1000, length=count / float(fps),
                seconds=time.perf_counter() - reel.started,
            )  # fmt: skip
            yield {
                **still,
                self.film: gr.update(value=None if is_video else str(path), visible=not is_video),
                self.video: gr.update(value=str(path) if is_video else None, visible=is_video),
                self.download: gr.update(value=str(path), visible=True),
                self.licence: escape(self._services.model(reel.recipe.model.name).licence_note),
                self.status: sentence + copy_link(reel.recipe, language),
                self.files: (str(save_picture(reel.frames[0], reel.recipe, path.with_suffix(".png"))),),
            }

    def _tell_of(self, writing: LongStep[None], reel: UnwrittenFilm, language: str) -> Iterator[Updates]:
        """Say how far the writing is until it has ended, with its error if it failed, or a Stop comes."""
        for elapsed_s in writing.wait(reel.signal):
            share = writing.share or 0.0
            left_s = time_left_of(elapsed_s, share, 1.0)
            yield {self.status: step_progress(say(language, "film_writing"), elapsed_s, left_s, language, share)}
        if not reel.signal.is_set:
            writing.result()

    def keep_in_history(self, request: gr.Request, files: Sequence[str]) -> None:
        """Remember the strip, or a picture of the film, in the visit's history."""
        with shown_to_visitor():
            self._visits.of(request).history.keep([files], self._services.output_dir)
            self._visits.keep(request)

    # --- pieces ---

    def _list_stops(self, stops: Stops, language: str) -> Updates:
        captions = (" · ".join(filter(None, (stop.caption, part_in_words(stop.stop.part, language)))) for stop in stops)
        shown = [(str(stop.picture), caption) for stop, caption in zip(stops, captions, strict=True)]
        return {self.stops: stops, self.gallery: shown}

    def _models(self, model: str, language: str) -> Any:
        """Return the list of models that could draw, with ``model`` chosen."""
        infos = [info for info in self._services.sampling.models() if info.state in ("ready", "loading", "available")]
        here = self._services.find(model)
        if here is not None and here.name not in [info.name for info in infos]:
            infos.append(here)  # a visitor's own
        return gr.update(choices=model_choices(infos, language), value=model)


def wire(page: TravelPage, opened: Any) -> None:
    """Connect the widgets.

    Args:
        page: what was laid out.
        opened: the event of the page that was opened and knows its visit.
    """
    opened.then(page.arrive, None, page.page_outputs, **ON_QUEUE)
    listed = [page.stops, page.gallery]
    page.choices.select(page.take_row, [page.offered, page.stops], listed, **CLICKED)
    page.photo.input(page.take_photo, [page.photo, page.offered, page.stops], [page.photo, *listed], **LATEST)
    part, usual = page.part, [page.stops, page.frames, page.loop, page.smooth]
    each: dict[str, Any] = {**AT_ONCE, "trigger_mode": "multiple"}  # also a click while the one before it is answered
    page.gallery.select(page.select_stop, usual, [page.selected, *part.outputs], **each)
    timed = [page.selected, page.stops, page.frames, page.smooth, *part.controls]
    for changed in (part.frames.release, part.rest.release, part.easing.input):
        changed(page.change_part, timed, listed, **QUICKLY)
    page.remove.click(page.remove_stop, [page.selected, page.stops], [*listed, page.selected], **AT_ONCE)
    page.clear.click(page.clear_stops, None, [*listed, page.selected], **AT_ONCE)
    page.gallery.change(page.keep_stops, page.stops, None, **QUICKLY)
    long = [page.gallery.change, page.frames.change, page.fps.change, page.loop.change]
    gr.on(long, page.tell_length, [page.fps, *page.controls], page.length, **QUICKLY)
    carried = [page.choices, page.offered, *listed, page.truncation, page.remark, page.selected, page.model]
    page.model.input(
        page.change_model, [page.model, page.stops, page.truncation], carried, **LATEST, **told_once("travel-model")
    )
    page.sketch.click(page.draw_sketch, page.controls, page.outputs, **ON_QUEUE)
    drawn = page.shoot.click(page.draw_film, page.controls, page.outputs, **ON_QUEUE)
    written = [page.reel, page.fps, page.format, page.scale]
    # Writing a long film takes seconds without drawing anything, so it leaves the model to others.
    drawn.success(page.save_film, written, page.outputs, **apart("film", WORKS))
    page.stop.click(ask_to_stop, page.signal, None, **AT_ONCE)
    page.files.change(page.keep_in_history, page.files, None, **AT_ONCE)


def _stop_of(chosen: Chosen) -> PathStop:
    """Return an instance as a stop, drawn as it is."""
    stop = TravelStop(chosen.blend(Swap(chosen.own, position=-1.0)))
    return PathStop(stop, chosen.model, chosen.picture, chosen.name, chosen.photo)
