"""What the Generate page does: each handler makes a request, calls the service and yields what changed on it."""

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.config import MAX_SEED
from icgan_demo.errors import DemoError, ImageError, RequestError
from icgan_demo.service.drawing.drawing_requests import COUNT, DrawRequest, Sample, Swap, random_seed
from icgan_demo.service.recipes.drawn_files import DrawnFiles
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.service.values import AUTOMATIC, BankEntry
from icgan_demo.ui.common.events import AT_ONCE, CLICKED, GIVE_WAY, LATEST, ON_QUEUE, QUICKLY, Updates, or_else
from icgan_demo.ui.common.feedback import in_their_language, shown_to_visitor
from icgan_demo.ui.common.instances import Chosen, choose_feature, choose_photo, choose_row, with_picture
from icgan_demo.ui.common.model_list import is_automatic
from icgan_demo.ui.common.pages import go_to
from icgan_demo.ui.common.recipe_links import copy_link
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.thumbnail_files import gallery_value, instance_name
from icgan_demo.ui.common.time_left import progress, time_left_of
from icgan_demo.ui.common.visibility import HIDDEN
from icgan_demo.ui.common.widgets import STRIP
from icgan_demo.ui.generate.automatic import AutomaticChoice
from icgan_demo.ui.generate.generate_widgets import NEIGHBOURS, GenerateWidgets
from icgan_demo.ui.texts.language import language_of, say
from icgan_demo.ui.visitor.generate_state import (
    Settings,
    ShownGallery,
    ShownPicture,
    StopSignal,
    ask_to_stop,
    picture_of,
)
from icgan_demo.ui.visitor.visits import Visit, Visits

CLOSE_PREVIEW = """(...inputs) => {
    document.querySelector("#results .preview button[aria-label='Close']")?.click();
    return inputs;
}"""
"""New pictures end the enlarged view of an old one; setting the gallery's ``selected_index`` to None does not."""


SOON_S = 0.1
"""Time of drawing one picture in which nobody misses a word that it has begun; an answer costs a browser half of it."""
AWAITED = [STRIP, "awaited"]
"""Style of a strip whose thumbnails are still to come: their places are there."""
MEASURED_AT_ONCE = 8
"""Pictures whose distances are measured before others get a chance to draw."""


class GenerateTab:
    """Answers the events of the widgets; ``wire`` connects them."""

    def __init__(self, services: Services, widgets: GenerateWidgets, visits: Visits) -> None:
        self._services = services
        self._visits = visits
        self._sampling = services.sampling
        self._widgets = widgets
        self._automatic = AutomaticChoice(services, widgets.automatic)

    # --- choosing an instance; each way ends in drawing ---

    def take_photo(self, request: gr.Request, photo: str | None, *settings: Any) -> Iterator[Updates]:
        """Take an uploaded, pasted or captured photo as the instance; forget the instance when it was removed."""
        with shown_to_visitor():
            visit = self._visits.of(request)
            if photo is None:
                visit.chosen = visit.kept_instance = visit.drawn_settings = None
                self._visits.keep(request)
                yield self._clear_instance()
                return
            try:
                yield from self._take_file(Path(photo), self._read_settings(request, settings), request)
            except ImageError:
                visit.chosen = visit.kept_instance = None
                yield {self._widgets.photo: None, **self._clear_instance()}  # no broken picture stays in the drop box
                raise

    def take_row(
        self, request: gr.Request, event: gr.SelectData, rows: Sequence[int], *settings: Any
    ) -> Iterator[Updates]:
        """Take the clicked instance of the bank."""
        with shown_to_visitor():
            wanted, language = self._read_settings(request, settings), language_of(request)
            wanted = self._settings_for_row(wanted)
            place = int(event.index)
            if place >= len(rows):  # a strip that is being filled
                yield gr.skip()
                return
            chosen = choose_row(self._services, wanted.model, rows[place], language)
            yield self._automatic.clear()
            yield from self._begin(chosen, wanted, request)

    def take_sample(
        self, request: gr.Request, selected: str | None, shown: ShownGallery | None, *settings: Any
    ) -> Iterator[Updates]:
        """Take the selected picture of the gallery as the next instance."""
        with shown_to_visitor():
            language = language_of(request)
            picture, wanted = picture_of(shown, selected), self._read_settings(request, settings)
            if shown is None or picture is None:
                raise RequestError(say(language, "select_first"))
            if wanted.model == AUTOMATIC:
                wanted = wanted.of_model(shown.request.model)  # what drew a picture knows it
            yield from self._take_file(picture.file, wanted, request)

    def pin_model(self, request: gr.Request, model: str, chosen: Chosen | None, *settings: Any) -> Iterator[Updates]:
        """Draw the photo with another model than the one that Automatic chose, and keep to it."""
        with shown_to_visitor():
            wanted, language = self._read_settings(request, settings).of_model(model), language_of(request)
            fitting = self._fit_to_model(chosen, model, language)
            self._visits.of(request).is_pinned = True
            said = self._automatic.explain_choice(replace(fitting, familiarities=()), language)
            del said[self._widgets.automatic.pin]  # a click leads back
            yield {self._widgets.model: model, **said}
            yield from self._begin(fitting, wanted, request)

    # --- from page to page ---

    def show_restored_visit(self, request: gr.Request) -> Any:
        """Show instance and pictures again that the visit had here, unless others are about to come."""
        with shown_to_visitor():
            visit, language = self._visits.of(request), language_of(request)
            self._recall_instance(visit, language)
            if visit.handed_instance is not None or not visit.is_untouched:
                return gr.skip()
            updates: Updates = {}
            if visit.chosen is not None:
                visit.chosen = with_picture(self._services, visit.chosen)
                said = self._automatic.explain_choice(replace(visit.chosen, familiarities=()), language)
                updates |= {**self._instance(visit.chosen), **self._neighbours(visit.chosen, language), **said}
            if visit.gallery is not None and visit.gallery.is_there():
                updates |= self._show_gallery_again(visit.gallery, language)
            return updates or gr.skip()

    def draw_handed_instance(self, request: gr.Request, *settings: Any) -> Iterator[Updates]:
        """Draw the neighbours of an instance that another page has made, or what was cut off while it was drawn.

        On a busy machine a visitor may have been quicker and drawn something else: then that stays.
        """
        with shown_to_visitor():
            visit = self._visits.of(request)
            handed = visit.take_handed_instance()
            if not visit.is_untouched:
                yield gr.skip()
                return
            if handed is None:
                yield from self._resume_drawing(request, self._read_settings(request, settings))
                return
            w, wanted = self._widgets, self._read_settings(request, settings)
            if wanted.model == AUTOMATIC:
                wanted = wanted.of_model(handed.chosen.model)
            if handed.label is not None:
                known = self._services.model(wanted.model).class_names
                wanted = replace(wanted, label=handed.label if handed.label in known else "")
                yield {w.label: wanted.label}
            fitting = self._fit_to_model(handed.chosen, wanted.model, language_of(request))
            yield self._automatic.clear()
            yield from self._begin(fitting, wanted, request)

    def keep_settings(self, request: gr.Request, *settings: Any) -> None:
        """Remember the settings for the way back."""
        visit = self._visits.of(request)
        wanted = self._read_settings(request, settings)
        visit.is_pinned, visit.settings = wanted.model != AUTOMATIC, self._settings_for_row(wanted)
        visit.model = visit.settings.model
        self._visits.keep(request)

    def keep_in_history(self, request: gr.Request, files: Sequence[str]) -> None:
        """Remember the pictures in the visit's history."""
        with shown_to_visitor():
            self._visits.of(request).history.keep([files], self._services.output_dir)
            self._visits.keep(request)

    def send_to_studio(
        self,
        request: gr.Request,
        chosen: Chosen | None,
        selected: str | None,
        shown: ShownGallery | None,
        *settings: Any,
    ) -> None:
        """Send the selected picture, or else the instance, to the studio, which draws it on arrival."""
        with shown_to_visitor():
            language, chosen = language_of(request), self._latest(chosen, request)
            if chosen is None:
                raise RequestError(say(language, "choose_first"))
            picture = picture_of(shown, selected)
            file = chosen.picture if picture is None else picture.file
            if not file.exists():
                chosen = choose_feature(self._services, chosen.model, chosen.feature, language)
            elif file != chosen.picture:
                chosen = choose_photo(self._services, chosen.model, file, language)
            self.keep_settings(request, *settings)
            self._visits.of(request).sent_instance = chosen

    # --- drawing ---

    def draw(self, request: gr.Request, chosen: Chosen | None, *settings: Any) -> Iterator[Updates]:
        """Draw for the instance chosen before."""
        with shown_to_visitor():
            language, wanted = language_of(request), self._read_settings(request, settings)
            fitting = self._fit_to_model(self._latest(chosen, request), wanted.model, language)
            if wanted.model == AUTOMATIC and fitting.photo and not fitting.is_automatic:
                yield from self._take_file(fitting.photo, wanted, request)  # it was another model's until now
                return
            yield from self._draw(fitting, wanted.of_model(fitting.model), request, {})

    def draw_others(self, request: gr.Request, chosen: Chosen | None, *settings: Any) -> Iterator[Updates]:
        """Draw with the seeds that follow those of the settings."""
        with shown_to_visitor():
            language, wanted = language_of(request), self._read_settings(request, settings)
            seed = ((wanted.seed or 0) + wanted.count * wanted.best_of) % (MAX_SEED + 1)
            chosen = self._fit_to_model(self._latest(chosen, request), wanted.model, language)
            yield from self._draw(chosen, replace(wanted.of_model(chosen.model), seed=seed), request, {})

    # --- small things ---

    def select_picture(self, request: gr.Request, event: gr.SelectData, shown: ShownGallery | None) -> Updates:
        """Describe the picture that was clicked and offer it as an instance."""
        with shown_to_visitor():
            w, language = self._widgets, language_of(request)
            picture = picture_of(shown, _clicked_file(event))
            if shown is None or picture is None:
                return {w.selected: None, w.use_sample: gr.update(interactive=False), w.picked: ""}
            return {
                w.selected: str(picture.file),
                w.use_sample: gr.update(interactive=True),
                w.picked: self._describe(shown.request.model, picture, language)
                + copy_link(shown.files.recipe.of_seed(picture.seed), language),
            }

    # --- pieces ---

    def _recall_instance(self, visit: Visit, language: str) -> None:
        """Make the instance again that a file has kept over a restart, if its model is still there."""
        if visit.chosen is None and visit.kept_instance is not None:
            with suppress(DemoError):
                visit.chosen = visit.kept_instance.chosen(self._services, language)
            visit.kept_instance = None

    def _resume_drawing(self, request: gr.Request, wanted: Settings) -> Iterator[Updates]:
        """Take and draw again what a lost connection, a restart or another page cut off, or what was deleted since."""
        visit = self._visits.of(request)
        if visit.pending_photo is not None and visit.pending_photo.exists():
            yield from self._take_file(visit.pending_photo, wanted, request)
            return
        is_whole = visit.gallery is not None and visit.gallery.is_there() and not visit.is_drawing
        if visit.chosen is None or visit.drawn_settings is None or is_whole:
            yield gr.skip()
            return
        chosen_since = visit.settings
        drawing = self._draw(visit.chosen, visit.drawn_settings, request, {})
        yield next(drawing)
        visit.settings = chosen_since
        yield from drawing

    def _read_settings(self, request: gr.Request, values: Sequence[Any]) -> Settings:
        """Return the settings; a visitor who is quicker than the model list gets what it would begin with."""
        settings, visit = Settings(*values), self._visits.of(request)
        if settings.model:
            return settings
        if is_automatic(self._sampling.models()) and not visit.is_pinned:
            return replace(settings, model=AUTOMATIC)
        return replace(settings, model=self._services.model(visit.model).name)

    def _take_file(self, photo: Path, wanted: Settings, request: gr.Request) -> Iterator[Updates]:
        language, visit = language_of(request), self._visits.of(request)
        visit.is_untouched, visit.pending_photo = False, photo
        try:
            chosen = choose_photo(self._services, wanted.model, photo, language)
        except Exception:
            visit.pending_photo = None  # it would fail again
            raise
        wanted = wanted.of_model(chosen.model)
        seen, said = self._remember_instance(chosen, request), self._automatic.explain_choice(chosen, language)
        if chosen.is_known_to_none:
            visit.drawn_settings = visit.gallery = None
            self._visits.keep(request)
            yield {**seen, **said, **self._beside(chosen, wanted, language), **self._clear_gallery()}
        else:
            yield from self._draw(chosen, wanted, request, {**seen, **said})

    def _settings_for_row(self, wanted: Settings) -> Settings:
        """Return the settings for the instances that the page shows, which are those of the model in use."""
        if wanted.model != AUTOMATIC:
            return wanted
        return wanted.of_model(wanted.in_use or self._services.model("").name)

    def _begin(self, chosen: Chosen, wanted: Settings, request: gr.Request) -> Iterator[Updates]:
        """Show the instance as the model sees it, then draw."""
        yield from self._draw(chosen, wanted, request, self._remember_instance(chosen, request))

    def _remember_instance(self, chosen: Chosen, request: gr.Request) -> Updates:
        visit = self._visits.of(request)
        visit.chosen, visit.kept_instance, visit.pending_photo = chosen, None, None
        return self._instance(chosen)

    def _instance(self, chosen: Chosen) -> Updates:
        w = self._widgets
        return {
            w.chosen: chosen,
            w.photo: str(chosen.picture),  # again, since what the visit had here may have come after an upload
            w.crop: chosen.instance.crop,
            w.notes: escape(" ".join(map(in_their_language, chosen.instance.notes))),
        }

    def _beside(self, chosen: Chosen, wanted: Settings, language: str) -> Updates:
        """Return the real neighbours, and what else the model offers where that is another one than before."""
        is_switch = wanted.in_use not in ("", chosen.model)
        switch = {self._widgets.switched: (chosen.model, secrets.token_hex(4))} if is_switch else {}
        return {**self._neighbours(chosen, language), **switch}

    def _draw(self, chosen: Chosen, wanted: Settings, request: gr.Request, seen: Updates) -> Iterator[Updates]:
        """Draw; ``seen`` is said with the first answer."""
        w = self._widgets
        self._visits.of(request).is_untouched = False
        still = {**seen, w.stop: gr.update(visible=HIDDEN), w.status: ""}
        if seen:
            still |= self._no_neighbours()  # else those of another instance would stay
        try:
            yield from or_else(self._draw_pictures(chosen, wanted, request, seen), still)
        except Exception:
            self._visits.of(request).drawn_settings = None  # it would fail again
            raise

    def _draw_pictures(self, chosen: Chosen, wanted: Settings, page: gr.Request, seen: Updates) -> Iterator[Updates]:
        w, visit, language = self._widgets, self._visits.of(page), language_of(page)
        info = self._services.model(wanted.model)
        request = wanted.request(chosen.feature)
        follows = chosen.own if info.needs_class and request.label is None else None
        if follows:
            request = replace(request, blend=chosen.blend(Swap.to(follows)))
        if wanted.is_multimodal:
            request = self._sampling.drawing.centred(request)
        total = len(request.seeds)
        shown = ShownGallery(request, DrawnFiles(self._services.output_dir, write_recipe(request, info)))
        signal = StopSignal()
        visit.model, visit.settings = wanted.model, replace(wanted, seed=request.seeds[0])
        visit.drawn_settings, visit.is_drawing = visit.settings, True
        expected_s = self._sampling.drawing.expected_s(request)
        others = self._no_neighbours(are_to_come=True) if seen else {}
        begun = {**seen, **others, w.signal: signal, **self._show_begin(shown, follows, expected_s, language)}
        if not 0 < expected_s < SOON_S * total:  # else it comes with the first picture: an answer less to wait for
            self._visits.keep(page)
            yield begun
            begun = {}
        is_owed = bool(seen)  # what stands beside the pictures, which nobody waits for before they are there
        started = time.perf_counter()
        # When the visitor leaves, Gradio closes this generator at a yield; closing the service's ends the drawing too.
        with closing(self._sampling.drawing.samples(request)) as batches:  # type: ignore[type-var]
            for samples in batches:
                visit.gallery = shown = self._save_gallery(shown, samples)
                left_s = time_left_of(time.perf_counter() - started, len(samples), total)
                yield {
                    **begun,
                    w.results: _gallery(shown, language),
                    w.drawn_licence: escape(info.licence_note),
                    w.shown: shown,
                    w.status: progress(len(samples), total, language, left_s),
                }
                begun = {}
                if signal.is_set:
                    break
                if is_owed and COUNT <= len(samples) < total:
                    is_owed = False
                    yield self._beside(chosen, wanted, language)
        visit.is_drawing = False  # not where the visitor has left: then it is drawn on the way back
        if signal.is_set:
            visit.drawn_settings = None
            sentence = say(language, "stopped", count=len(shown.pictures))
        else:
            sentence = _ready(request, time.perf_counter() - started, language)
        beside = self._beside(chosen, wanted, language) if is_owed else {}
        # An answer tells only what is new to it: pictures that the one before it showed are not sent again.
        yield {w.results: _gallery(shown, language), **self._finish(shown, sentence), **beside}
        self._visits.keep(page)
        if any(sample.cosine is None for sample in samples):
            measured: list[Sample] = []
            for start in range(0, len(samples), MEASURED_AT_ONCE):
                yield GIVE_WAY
                measured += self._sampling.drawing.measure(request, samples[start : start + MEASURED_AT_ONCE])
            visit.gallery = shown = self._save_gallery(shown, measured)
            yield {w.results: _gallery(shown, language), w.shown: shown}

    def _show_begin(self, shown: ShownGallery, follows: str | None, expected_s: float, language: str) -> Updates:
        """Return a drawing that has begun; ``follows`` is the class that the instance brought, None for none."""
        w, request = self._widgets, shown.request
        return {
            w.shown: shown,
            w.selected: None,
            w.picked: say(language, "class_followed", name=escape(follows)) if follows else "",
            w.seed: request.seeds[0],
            w.status: progress(0, len(request.seeds), language, expected_s),
            w.stop: gr.update(visible=True),
            w.use_sample: gr.update(interactive=False),
            w.automatic.anyway: gr.update(visible=HIDDEN),
        }

    def _save_gallery(self, shown: ShownGallery, samples: Sequence[Sample]) -> ShownGallery:
        """Return the gallery of the pictures so far; while candidates are being ranked, of the nearest so far."""
        count = shown.request.count
        if len(samples) > count:
            samples = sorted(samples, key=lambda sample: -(sample.cosine or 0.0))[:count]
        pictures = (
            ShownPicture(shown.files.save(sample), sample.seed, sample.distance, sample.nearest_real)
            for sample in samples
        )
        return replace(shown, pictures=tuple(pictures))

    def _finish(self, shown: ShownGallery, sentence: str) -> Updates:
        w = self._widgets
        updates: Updates = {w.stop: gr.update(visible=HIDDEN), w.status: sentence}
        if shown.pictures:
            updates[w.files] = tuple(str(picture.file) for picture in shown.pictures)
            seeds = [picture.seed for picture in shown.pictures]
            recipe = write_recipe(shown.request, self._services.model(shown.request.model), seeds)
            updates[w.download] = str(shown.files.save_archive(seeds, recipe))
        return updates

    def _show_gallery_again(self, shown: ShownGallery, language: str) -> Updates:
        w = self._widgets
        licence = self._services.model(shown.request.model).licence_note
        pictures = {w.results: _gallery(shown, language), w.drawn_licence: escape(licence), w.shown: shown}
        return {**pictures, **self._finish(shown, "")}

    def _clear_gallery(self) -> Updates:
        """Return an empty gallery: pictures of one photo never stand beside another one that is not drawn."""
        w = self._widgets
        still = {w.status: "", w.picked: "", w.selected: None, w.use_sample: gr.update(interactive=False)}
        return {w.results: [], w.shown: None, w.drawn_licence: "", **still}

    def _clear_instance(self) -> Updates:
        w = self._widgets
        return {w.chosen: None, w.crop: None, **self._no_neighbours(), w.notes: "", **self._automatic.clear()}

    def _latest(self, chosen: Chosen | None, request: gr.Request) -> Chosen | None:
        """Return the instance that is there when the turn has come: ``chosen`` was read when the event was queued."""
        return self._visits.of(request).chosen or chosen

    def _fit_to_model(self, chosen: Chosen | None, model: str, language: str) -> Chosen:
        """Return the instance as ``model`` sees it: features of different encoders must never be mixed.

        For "auto" it stays the one of its own model.
        """
        if chosen is None:
            raise RequestError(say(language, "choose_first"))
        if model in (chosen.model, AUTOMATIC):
            return chosen
        if chosen.photo is None or not chosen.photo.exists():
            raise RequestError(say(language, "choose_again"))
        return choose_photo(self._services, model, chosen.photo, language)

    def _no_neighbours(self, *, are_to_come: bool = False) -> Updates:
        """Return an empty strip of real neighbours, or their places where they come after the pictures."""
        w = self._widgets
        return {w.neighbours: gr.update(value=[], elem_classes=AWAITED if are_to_come else STRIP), w.neighbour_rows: []}

    def _neighbours(self, chosen: Chosen, language: str) -> Updates:
        found = self._sampling.neighbours(chosen.model, chosen.feature, NEIGHBOURS)
        captions = [
            say(
                language,
                "neighbour_caption",
                name=instance_name(neighbour.entry, language),
                distance=neighbour.distance,
            )
            for neighbour in found
        ]
        entries = [neighbour.entry for neighbour in found]
        w = self._widgets
        return {
            w.neighbours: gr.update(
                value=gallery_value(self._services.thumbnail_dir, entries, captions), elem_classes=STRIP
            ),
            w.neighbour_rows: [entry.row for entry in entries],
        }

    def _describe(self, model: str, picture: ShownPicture, language: str) -> str:
        if picture.distance is None:
            return say(language, "selected_unmeasured", seed=picture.seed)
        values: dict[str, Any] = {"seed": picture.seed, "distance": picture.distance}
        bank: dict[int, BankEntry] = {entry.row: entry for entry in self._sampling.bank(model)}
        entry = bank.get(-1 if picture.nearest_real is None else picture.nearest_real)
        if entry is None:
            return say(language, "selected", **values)
        return say(language, "selected_nearest", name=escape(instance_name(entry, language)), **values)


def _ready(request: DrawRequest, seconds: float, language: str) -> str:
    if request.count < len(request.seeds):
        values = {"count": request.count, "candidates": len(request.seeds)}
        return say(language, "ready_ranked", **values, seconds=seconds)
    first, last = request.seeds[0], request.seeds[-1]
    return say(language, "ready", count=request.count, seconds=seconds, first=first, last=last)


def _clicked_file(event: gr.SelectData) -> str | None:
    """Return the file of the clicked picture of a gallery, which the browser sends along."""
    image = event.value.get("image") if isinstance(event.value, dict) else None
    return image.get("path") if isinstance(image, dict) else None


def _gallery(shown: ShownGallery, language: str) -> list[tuple[str, str]]:
    return [(str(picture.file), _caption(picture, language)) for picture in shown.pictures]


def _caption(picture: ShownPicture, language: str) -> str:
    if picture.distance is None:
        return say(language, "caption_unmeasured", seed=picture.seed)
    return say(language, "caption", distance=picture.distance, seed=picture.seed)


def wire(tab: GenerateTab, w: GenerateWidgets, opened: gr.events.Dependency) -> None:
    """Connect the widgets to their handlers; what runs no model does not wait behind what does.

    Args:
        tab: answers.
        w: what was laid out.
        opened: the event after which the page knows its model, and may show again what the visit had here.
    """
    drawing = w.drawing
    shown: dict[str, Any] = {"show_progress": "minimal", "show_progress_on": w.status, "js": CLOSE_PREVIEW}
    on_queue, dropped, clicked = ({**events, **shown} for events in (ON_QUEUE, LATEST, CLICKED))
    returned = opened.then(tab.show_restored_visit, None, drawing, **AT_ONCE)
    returned.then(tab.draw_handed_instance, w.settings, [w.label, *drawing], **on_queue)
    w.photo.input(tab.take_photo, [w.photo, *w.settings], drawing, **clicked)
    w.automatic.pin.input(tab.pin_model, [w.automatic.pin, w.chosen, *w.settings], [w.model, *drawing], **dropped)
    w.automatic.anyway.click(tab.draw, [w.chosen, *w.settings], drawing, **on_queue)
    w.generate.click(tab.draw, [w.chosen, *w.settings], drawing, **on_queue)
    w.more.click(tab.draw_others, [w.chosen, *w.settings], drawing, **on_queue)
    w.use_sample.click(tab.take_sample, [w.selected, w.shown, *w.settings], drawing, **on_queue)
    w.examples.select(tab.take_row, [w.example_rows, *w.settings], drawing, **clicked)
    w.neighbours.select(tab.take_row, [w.neighbour_rows, *w.settings], drawing, **clicked)
    w.bank.select(tab.take_row, [w.bank_rows, *w.settings], drawing, **clicked)
    w.stop.click(ask_to_stop, w.signal, None, **AT_ONCE)
    w.results.select(
        tab.select_picture, w.shown, [w.selected, w.use_sample, w.picked], trigger_mode="multiple", **AT_ONCE
    )
    for searched in (w.label, w.bank_filter, w.model):
        # Gradio leaves the chosen name in the search box, so that what is typed would be appended to it.
        searched.focus(
            None, js=f"() => {{ setTimeout(() => document.querySelector('#{searched.elem_id} input').select()) }}"
        )
    w.random_seed.click(random_seed, None, w.seed, **AT_ONCE).then(tab.keep_settings, w.settings, None, **AT_ONCE)
    for setting in (w.model, w.count, w.seed, w.truncation, w.label, w.best_of, w.multimodal):
        setting.input(tab.keep_settings, w.settings, None, **QUICKLY)
    w.files.change(tab.keep_in_history, w.files, None, **AT_ONCE)
    sent = w.to_studio.click(tab.send_to_studio, [w.chosen, w.selected, w.shown, *w.settings], None, **ON_QUEUE)
    sent.success(None, js=go_to("studio"))
