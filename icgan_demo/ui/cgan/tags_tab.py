"""The Tags page: a photo to ten words with their votes, a map, similar words, and on to the Generate page."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import DemoError, ImageError, RequestError
from icgan_demo.service.cgan.tag_requests import Tagged, Tagging
from icgan_demo.ui.cgan.tag_map import map_svg
from icgan_demo.ui.common.events import AT_ONCE, ON_QUEUE, QUICKLY, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instances import choose_photo, choose_row
from icgan_demo.ui.common.pages import go_to
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.thumbnail_files import gallery_value, instance_name, thumbnail_path
from icgan_demo.ui.common.widgets import heading, photo_box, status_line, strip
from icgan_demo.ui.texts.error_texts import in_language
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.visitor.visits import HandedInstance, Visits, enter_visit

EXAMPLES = 6


class TagsWidgets:
    """Lays the page out on construction, inside the current ``gr.Blocks``."""

    def __init__(self) -> None:
        gr.HTML(text("tags_about"), elem_id="tags-about", html_template="<p>${value}</p>")
        with gr.Row(elem_id="tags-bench"):
            with gr.Column(scale=5, min_width=300, elem_id="tags-photo-side"):
                self._photo_side()
            with gr.Column(scale=8, min_width=300, elem_id="tags-result-side"):
                self._result_side()
        self.tagged = gr.State(None)  # what was tagged: TaggedPhoto or None
        self.example_rows = gr.State([])  # bank rows behind the examples, in their order

    def _photo_side(self) -> None:
        self.photo = photo_box(
            "tags-photo", 300, label="tags_photo", placeholder="instance_placeholder",
            alt="The photo to be tagged", buttons=["fullscreen"],
        )  # fmt: skip
        self.status = status_line("tags-status")
        heading("examples")
        self.examples = strip("tags-examples", EXAMPLES, "examples")
        with gr.Column(elem_id="tags-handover"):
            self.label = gr.Radio([], label=text("tags_class"), info=text("tags_class_info"), elem_id="tags-class")
            self.use = gr.Button(text("tags_use"), variant="primary", elem_id="tags-use")
        self.notes = gr.HTML("", elem_id="tags-notes", elem_classes="fine-print")

    def _result_side(self) -> None:
        heading("tags_votes")
        gr.HTML(text("tags_empty"), elem_id="tags-empty", html_template="<p>${value}</p>")
        self.votes = gr.Label(
            label=text("tags_votes"), show_label=False, show_heading=False, num_top_classes=10, elem_id="tags-votes"
        )
        self.verdict = status_line("tags-verdict")
        with gr.Row(elem_id="tags-words"):
            with gr.Column(scale=5, min_width=300):
                heading("tags_map")
                self.map = gr.HTML("", elem_id="tags-map")
                gr.HTML(text("tags_map_note"), elem_classes="fine-print")
            with gr.Column(scale=3, min_width=200):
                heading("tags_similar")
                self.word = gr.Dropdown(
                    [], label=text("tags_word"), info=text("tags_word_info"), filterable=True, elem_id="tags-word"
                )
                self.similar = gr.HTML("", elem_id="tags-similar")
        self.licence = gr.HTML("", elem_id="tags-licence", elem_classes="fine-print")


@dataclass(frozen=True)
class TaggedPhoto:
    """What was tagged last."""

    photo: Path
    """The upload, or the thumbnail of a stored instance."""
    row: int | None = None
    """Row of the stored instance."""


class TagsTab:
    """Answers the events of the widgets; ``wire`` connects them."""

    def __init__(self, services: Services, tagging: Tagging, widgets: TagsWidgets, visits: Visits) -> None:
        self._services = services
        self._visits = visits
        self._tagging = tagging
        self._widgets = widgets

    def open(self, request: gr.Request) -> Updates:
        """Show examples, the vocabulary and the map when the page is opened."""
        w, language = self._widgets, language_of(request)
        try:
            info = self._tagging.info()
            sampling, model = self._services.sampling, info.encoder_model
            entries = sampling.drawn(model, sampling.bank(model)[:EXAMPLES])
        except DemoError as error:
            return {w.verdict: escape(in_language(str(error), language))}
        names = [instance_name(entry, language) for entry in entries]
        return {
            w.examples: gallery_value(self._services.thumbnail_dir, entries, names),
            w.example_rows: [entry.row for entry in entries],
            w.word: gr.update(choices=list(info.words)),
            w.licence: escape(info.licence_note),
        }

    def tag_photo(self, request: gr.Request, photo: str | None) -> Updates:
        """Tag an uploaded, pasted or captured photo; forget the tags when it was removed."""
        with shown_to_visitor():
            if photo is None:
                return self._clear()
            return self._show(self._tagging.tag(Path(photo)), TaggedPhoto(Path(photo)), language_of(request))

    def tag_example(self, request: gr.Request, event: gr.SelectData, rows: Sequence[int]) -> Updates:
        """Tag the clicked example."""
        with shown_to_visitor():
            row = rows[int(event.index)]
            tagged = self._tagging.tag_row(row)
            picture = thumbnail_path(self._services.thumbnail_dir, tagged.crop)
            shown = self._show(tagged, TaggedPhoto(picture, row), language_of(request))
            return {self._widgets.photo: str(picture), **shown}

    def choose_voted_word(self, request: gr.Request, event: gr.SelectData) -> Updates:
        """Show the words similar to the tag that was clicked in the chart."""
        return {self._widgets.word: event.value, **self.show_similar(request, event.value)}

    def show_similar(self, request: gr.Request, word: str | None) -> Updates:
        """Show the words similar to the chosen one."""
        with shown_to_visitor():
            return self._similar(word) if word else {self._widgets.similar: ""}

    def hand_over(self, request: gr.Request, picked: TaggedPhoto | None, label: str | None) -> None:
        """Hand the tagged picture over to the Generate page as the instance, with the class to choose there."""
        with shown_to_visitor():
            language, visit = language_of(request), self._visits.of(request)
            if picked is None:
                raise RequestError(say(language, "choose_first"))
            if not picked.photo.exists():
                raise ImageError(say(language, "tags_gone"))
            model = (self._services.find(visit.model) or self._services.model("")).name
            if picked.row is not None and model == self._tagging.info().encoder_model:
                chosen = choose_row(self._services, model, picked.row, language)
            else:
                chosen = choose_photo(self._services, model, picked.photo, language)
            visit.handed_instance = HandedInstance(chosen, label or "")

    def _show(self, tagged: Tagged, picked: TaggedPhoto, language: str) -> Updates:
        w = self._widgets
        words = ", ".join(tag.word for tag in tagged.tags)
        key = "tags_weak" if tagged.is_weak else "tags_verdict"
        classes = [(say(language, "no_label"), ""), *((name, name) for name in tagged.classes)]
        best = tagged.tags[0].word
        return {
            w.tagged: picked,
            w.votes: {tag.word: tag.votes / tagged.samples for tag in tagged.tags},
            w.verdict: say(language, key, samples=tagged.samples, most=tagged.tags[0].votes),
            w.map: map_svg(
                self._tagging.info().places, say(language, "tags_map_alt", words=words), tagged.cloud, tagged.tags
            ),
            w.label: gr.update(choices=classes, value=next(iter(tagged.classes), ""), visible=bool(tagged.classes)),
            w.notes: escape(" ".join(in_language(note, language) for note in tagged.notes)),
            w.status: escape(say(language, "tags_ready", word=best)),
            # With the words, which a photo may come before: they are told when the page is opened, after the models.
            w.word: gr.update(choices=list(self._tagging.info().words), value=best),
            **self._similar(best),
        }

    def _similar(self, word: str) -> Updates:
        rows = "".join(
            f'<li><span>{escape(near)}</span><meter value="{max(cosine, 0):.3f}"></meter><b>{cosine:.2f}</b></li>'
            for near, cosine in self._tagging.similar(word)
        )
        return {self._widgets.similar: f"<ol>{rows}</ol>"}

    def _clear(self) -> Updates:
        w = self._widgets
        return {w.tagged: None, w.votes: None, w.verdict: "", w.map: "", w.notes: "", w.status: "", w.similar: ""}


def wire(tab: TagsTab, w: TagsWidgets, demo: gr.Blocks, visits: Visits) -> None:
    """Connect the widgets to their handlers; what runs a model shares the queue of the Generate page."""
    on_queue: dict[str, Any] = {**ON_QUEUE, "show_progress": "minimal", "show_progress_on": w.status}
    result = [w.tagged, w.votes, w.verdict, w.map, w.label, w.notes, w.status, w.word, w.similar]
    enter_visit(demo, visits, tab.open, outputs=[w.examples, w.example_rows, w.word, w.licence, w.verdict])
    w.photo.input(tab.tag_photo, w.photo, [*result], trigger_mode="always_last", **on_queue)
    w.examples.select(tab.tag_example, w.example_rows, [w.photo, *result], trigger_mode="multiple", **on_queue)
    w.votes.select(tab.choose_voted_word, None, [w.word, w.similar], trigger_mode="multiple", **AT_ONCE)
    w.word.input(tab.show_similar, w.word, w.similar, **QUICKLY)
    w.use.click(tab.hand_over, [w.tagged, w.label], None, **on_queue).success(None, js=go_to("generate"))
