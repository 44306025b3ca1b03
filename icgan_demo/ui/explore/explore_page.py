"""Explore: nine children of an image at a click, two images crossed, and the family tree of what was chosen."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.config import TRUNCATION
from icgan_demo.service.drawing.children_requests import STRENGTH, ChildrenRequest, Moves
from icgan_demo.service.drawing.drawing_requests import DrawRequest, Swap, random_seed
from icgan_demo.service.recipes.drawn_files import new_folder, save_picture, webp_bytes
from icgan_demo.service.recipes.lineage import MAX_NAME, image_id, read_lineage_file
from icgan_demo.service.recipes.recipe import Recipe, checked_request, write_recipe
from icgan_demo.ui.common.events import CLICKED, LATEST, ON_QUEUE, QUICKLY, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instances import Chosen
from icgan_demo.ui.common.recipe_links import copy_link
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.widgets import heading, status_line
from icgan_demo.ui.explore.family_view import chosen_html, litter_html, tree_html
from icgan_demo.ui.stage.clickable_images import clickable_images
from icgan_demo.ui.stage.instance_page import InstancePage, Offered
from icgan_demo.ui.stage.stage import webp_url
from icgan_demo.ui.stage.studio_widgets import instance_row
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.visitor.families import Family
from icgan_demo.ui.visitor.visits import Visits

THUMBNAIL = 128
KEPT_THUMBNAILS = 2000
PORTION = 4
"""Children drawn between two looks at the page, after the first."""

Change = Callable[[Family], Family]


class ExplorePage(InstancePage):
    """Lays the page out on construction; ``wire`` connects it. What it shows is the visit's ``family``."""

    def __init__(self, services: Services, visits: Visits) -> None:
        super().__init__(services)
        self._visits = visits
        self._thumbnails: OrderedDict[str, str] = OrderedDict()
        """Addresses of small images by their ids, the last used last; an id says what the image shows."""
        gr.HTML(text("explore_note"), elem_classes="fine-print")
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=5, min_width=300, elem_classes="studio-controls"):
                heading("explore_start")
                self.photo, self.choices = instance_row("explore")
                self.surprise = gr.Button(text("explore_surprise"), size="md", elem_id="explore-surprise")
                self.strength = Slider(
                    0, 1, STRENGTH, step=0.05, label=text("explore_strength"),
                    buttons=[], elem_id="explore-strength",
                )  # fmt: skip
                self.moves = status_line("explore-moves")
            with gr.Column(scale=6, min_width=300):
                with gr.Row(elem_classes="studio-buttons"):
                    self.more = gr.Button(
                        text("explore_more"), variant="primary", size="md", min_width=90, elem_id="explore-more"
                    )
                    self.pair = gr.Button(text("explore_pair"), size="md", min_width=90, elem_id="explore-pair")
                    self.cross = gr.Button(text("explore_cross"), size="md", min_width=90, elem_id="explore-cross")
                    self.undo = gr.Button(text("explore_undo"), size="md", min_width=90, elem_id="explore-undo")
                self.status = status_line("explore-status", elem_classes="says")
                self.litter = clickable_images("explore-litter", text("explore_children"))
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=5, min_width=300):
                heading("explore_chosen")
                self.chosen = gr.HTML("", elem_id="explore-chosen", elem_classes="family")
                self.licence = gr.HTML("", elem_id="explore-licence", elem_classes="fine-print")
                self.name = gr.Textbox(
                    label=text("explore_name"), max_length=MAX_NAME, submit_btn=True, elem_id="explore-name"
                )
            with gr.Column(scale=6, min_width=300):
                heading("explore_tree")
                self.tree = clickable_images("explore-tree", text("explore_tree"))
                with gr.Row(elem_classes="studio-buttons"):
                    self.prune = gr.Button(text("explore_prune"), size="md", min_width=90, elem_id="explore-prune")
                    self.save = gr.DownloadButton(text("explore_save"), size="md", min_width=90, elem_id="explore-save")
                    self.load = gr.UploadButton(
                        text("explore_load"), file_types=[".json", ".png"], size="md", min_width=90,
                        elem_id="explore-load",
                    )  # fmt: skip

    @property
    def outputs(self) -> list[Any]:
        """Components that a change of the family changes."""
        return [
            self.litter, self.tree, self.chosen, self.licence, self.status, self.name, self.save,
        ]  # fmt: skip

    @property
    def page_outputs(self) -> list[Any]:
        """Outputs of ``open``."""
        return [self.choices, self.offered, self.photo, self.moves, *self.outputs]

    # --- filling ---

    def open(self, request: gr.Request) -> Iterator[Updates]:
        """Yield the page as it was, or begun with the instance of the Generate page, or with a stored one."""
        with shown_to_visitor():
            visit, language = self._visits.of(request), language_of(request)
            slot, bank = self._arrive(visit.chosen, visit.model, language)
            yield {**bank, self.moves: self._moves(STRENGTH, language)}
            family = visit.family
            first = None if slot is None or visit.chosen is None else self._first(slot)
            if first is not None and image_id(first) not in family.lineage.members:
                yield {self.photo: str(slot.picture) if slot else None}
                yield from self._change(request, lambda family: family.founded(first), STRENGTH)
            elif family.chosen:
                yield from self._show(request, family, STRENGTH)
            elif slot is not None:
                yield {self.photo: str(slot.picture)}
                yield from self._found(request, slot, STRENGTH)

    # --- handlers ---

    def take_surprise(self, request: gr.Request, offered: Offered, strength: float) -> Iterator[Updates]:
        """Begin with an instance that is no photo's."""
        with shown_to_visitor():
            model = self._services.model(offered.model).name
            asked = self._services.sampling.drawing.surprise(model, random_seed())
            first = write_recipe(asked, self._services.model(model))
            yield {self.photo: None}
            yield from self._change(request, lambda family: family.founded(first), strength)

    def choose_child(self, request: gr.Request, event: gr.EventData, strength: float) -> Iterator[Updates]:
        """Take the clicked child into the family, and show its children."""
        yield from self._change(request, lambda family: family.with_child(str(event.name)), strength)

    def choose_member(self, request: gr.Request, event: gr.EventData, strength: float) -> Iterator[Updates]:
        """Show the children of the clicked image of the tree."""
        yield from self._change(request, lambda family: family.with_chosen(str(event.name)), strength)

    def draw_others(self, request: gr.Request, strength: float) -> Iterator[Updates]:
        """Show other children of the same parents."""
        yield from self._change(request, Family.with_other_children, strength)

    def draw_again(self, request: gr.Request, strength: float) -> Iterator[Updates]:
        """Show the same children, nearer or farther."""
        yield from self._change(request, lambda family: family, strength)

    def draw_crossings(self, request: gr.Request, strength: float) -> Iterator[Updates]:
        """Show children of the chosen image and the partner."""
        yield from self._change(request, Family.crossed, strength)

    def undo_step(self, request: gr.Request, strength: float) -> Iterator[Updates]:
        """Show the family as it was one step before."""
        yield from self._change(request, Family.undone, strength)

    def prune_branch(self, request: gr.Request, strength: float) -> Iterator[Updates]:
        """Remove the chosen image and what came from it alone."""
        yield from self._change(request, Family.pruned, strength)

    def pair_chosen(self, request: gr.Request) -> Updates:
        """Remember the chosen image as the one that others are crossed with."""
        with shown_to_visitor():
            family = self._keep(request, self._family(request).with_partner())
            language = language_of(request)
            return {self.status: say(language, "explore_paired"), self.tree: self._tree(family, language)}

    def rename(self, request: gr.Request, name: str) -> Updates:
        """Give the chosen image a name."""
        with shown_to_visitor():
            family = self._keep(request, self._family(request).named(name))
            return {self.tree: self._tree(family, language_of(request)), self.save: self._saved(family)}

    def open_file(self, request: gr.Request, file: str, strength: float) -> Iterator[Updates]:
        """Show the family of a file in place of this one, or begin with a saved image; Undo brings this one back."""
        with shown_to_visitor():
            lineage = read_lineage_file(Path(file))
            for member in lineage.members.values():
                checked_request(member.recipe, self._services.find(member.recipe.model.name))
            yield from self._change(request, lambda family: family.joined(lineage), strength)

    def tell_moves(self, request: gr.Request, strength: float) -> str:
        """Say what may move how far."""
        return self._moves(strength, language_of(request))

    # --- pieces ---

    def _take(self, request: gr.Request, chosen: Chosen, values: Sequence[Any], *, is_photo: bool) -> Iterator[Updates]:
        if not is_photo:
            yield {self.photo: str(chosen.picture)}
        yield from self._found(request, chosen, *values)

    def _found(self, request: gr.Request, slot: Chosen, strength: float) -> Iterator[Updates]:
        first = self._first(slot)
        yield from self._change(request, lambda family: family.founded(first), strength)

    def _first(self, slot: Chosen) -> Recipe:
        """Return the recipe of the image that a family of an instance begins with."""
        info = self._services.model(slot.model)
        label = (slot.own or info.class_names[0]) if info.needs_class else None
        blend = slot.blend(Swap.to(label))
        return write_recipe(DrawRequest(slot.model, blend, (0,), TRUNCATION), info)

    def _change(self, request: gr.Request, change: Change, strength: float) -> Iterator[Updates]:
        with shown_to_visitor():
            yield from self._show(request, change(self._family(request)), strength)

    def _show(self, request: gr.Request, family: Family, strength: float) -> Iterator[Updates]:
        """Yield the chosen image and the tree, then the children as they are drawn; nothing once others are wanted.

        The family is the visit's from here on, unless it cannot be drawn.
        """
        if not family.chosen:
            self._keep(request, family)
            yield self._cleared()
            return
        language, members = language_of(request), family.lineage.members
        parents = tuple(members[image].request for image in family.parents)
        info = self._services.model(parents[0].model)
        asked = self._services.sampling.drawing.children(ChildrenRequest(parents, float(strength), family.seed))
        recipes = [write_recipe(one, info) for one in asked]
        # Which children are shown is known before they are drawn, so that the first can be clicked at once.
        family = self._keep(request, family.with_litter(recipes))
        yield self._show_chosen(request, family, language)
        for place, recipe in enumerate(recipes):
            if self._family(request) is not family:
                return
            self._url(image_id(recipe), recipe)
            if place % PORTION == 0 or place == len(recipes) - 1:
                html = litter_html(recipes[: place + 1], len(recipes), self._thumbnails.__getitem__, language)
                yield {self.litter: html}

    def _show_chosen(self, request: gr.Request, family: Family, language: str) -> Updates:
        member = family.lineage.members[family.chosen]
        info = self._services.model(member.recipe.model.name)
        (drawn,) = self._services.sampling.drawing.draw(member.request)
        name = f"{info.name}-{family.chosen}.png"
        path = save_picture(drawn.picture, member.recipe, new_folder(self._services.output_dir) / name)
        self._visits.of(request).history.keep([[str(path)]], self._services.output_dir)
        key = "explore_crossings" if family.is_crossed else "explore_count"
        return {
            self.chosen: chosen_html(path.read_bytes(), name, member.name or name, say(language, "click_saves"))
            + copy_link(member.recipe, language),
            self.licence: escape(info.licence_note),
            self.name: member.name,
            self.tree: self._tree(family, language),
            self.status: say(language, key, count=len(family.lineage.members)),
            self.save: self._saved(family),
        }

    def _cleared(self) -> Updates:
        return {self.chosen: "", self.litter: "", self.tree: "", self.name: "", self.status: "", self.save: None}

    def _family(self, request: gr.Request) -> Family:
        return self._visits.of(request).family

    def _keep(self, request: gr.Request, family: Family) -> Family:
        self._visits.of(request).family = family
        self._visits.keep(request)
        return family

    def _saved(self, family: Family) -> str:
        path = new_folder(self._services.output_dir) / "family.json"
        path.write_text(family.lineage.to_json(), encoding="utf-8")
        return str(path)

    def _tree(self, family: Family, language: str) -> str:
        members = family.lineage.members

        def url_of(image: str) -> str:
            return self._url(image, members[image].recipe)

        return tree_html(family.lineage, family.chosen, family.partner, url_of, language)

    def _url(self, image: str, recipe: Recipe) -> str:
        """Return the address of an image's small picture, drawn if it is not known any more."""
        url = self._thumbnails.pop(image, None)
        if url is None:
            request = recipe.request()
            (drawn,) = self._services.sampling.drawing.draw(request)
            url = webp_url(webp_bytes(drawn.picture, THUMBNAIL))
        self._thumbnails[image] = url
        while len(self._thumbnails) > KEPT_THUMBNAILS:
            self._thumbnails.popitem(last=False)
        return url

    def _moves(self, strength: float, language: str) -> str:
        moves = Moves.of_strength(float(strength))
        shares = {name: 100 * getattr(moves, name) for name in ("noise", "instance", "label")}
        return say(language, "explore_moves", **shares)


def wire(page: ExplorePage, opened: Any) -> None:
    """Connect the widgets to their handlers; what draws shares the model's queue.

    Args:
        page: what was laid out.
        opened: the event of the page that was opened and knows its visit.
    """
    opened.then(page.open, None, page.page_outputs, **ON_QUEUE)
    strength, outputs = page.strength, page.outputs
    start = [page.offered, strength]
    page.choices.select(page.take_row, start, [page.photo, *outputs], **CLICKED)
    page.photo.input(page.take_photo, [page.photo, *start], outputs, **LATEST)
    page.surprise.click(page.take_surprise, start, [page.photo, *outputs], **ON_QUEUE)
    page.litter.select(page.choose_child, strength, outputs, **CLICKED)
    page.tree.select(page.choose_member, strength, outputs, **CLICKED)
    drawing: Sequence[tuple[gr.Button, Any]] = (
        (page.more, page.draw_others),
        (page.cross, page.draw_crossings),
        (page.undo, page.undo_step),
        (page.prune, page.prune_branch),
    )
    for button, handler in drawing:
        button.click(handler, strength, outputs, **ON_QUEUE)
    strength.input(page.tell_moves, strength, page.moves, **QUICKLY)
    strength.release(page.draw_again, strength, outputs, **LATEST)
    page.pair.click(page.pair_chosen, None, [page.status, page.tree], **ON_QUEUE)
    page.name.submit(page.rename, page.name, [page.tree, page.save], **ON_QUEUE)
    page.load.upload(page.open_file, [page.load, strength], outputs, **ON_QUEUE)
