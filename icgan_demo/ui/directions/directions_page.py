"""Directions: strips of what a model can change by itself, up to four of them on sliders, live at four seeds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.config import TRUNCATION
from icgan_demo.errors import DemoError, RequestError
from icgan_demo.service.drawing.direction_requests import MAX_MOVES, Direction, Move
from icgan_demo.service.drawing.drawing_requests import SEEDS, DrawRequest, Swap, seeds_from
from icgan_demo.service.recipes.lineage import read_single
from icgan_demo.service.recipes.recipe import Recipe, version_problem
from icgan_demo.ui.common.events import ASIDE, AT_ONCE, CLICKED, LATEST, ON_QUEUE, QUICKLY, WORKS, Updates, apart
from icgan_demo.ui.common.feedback import shown_to_visitor, warn
from icgan_demo.ui.common.instances import Chosen, choose_feature
from icgan_demo.ui.common.model_list import explain_truncation
from icgan_demo.ui.common.pages import DIRECTIONS
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.widgets import heading
from icgan_demo.ui.directions.direction_sliders import DirectionSliders, told_range
from icgan_demo.ui.directions.direction_strips import NAMED, DirectionStrips
from icgan_demo.ui.directions.picked_sets import PickedSets
from icgan_demo.ui.directions.strips_view import AMOUNTS, sets_html
from icgan_demo.ui.stage.explain_button import add_explanation
from icgan_demo.ui.stage.instance_page import InstancePage
from icgan_demo.ui.stage.studio_result import StudioResult
from icgan_demo.ui.stage.studio_widgets import RELEASE_ON_KEYS, instance_row, seed_row
from icgan_demo.ui.texts.error_texts import in_language
from icgan_demo.ui.texts.language import language_of, say, text
from icgan_demo.ui.visitor.visits import StudioStage, Visits

Handler = Callable[..., Updates]


@dataclass(frozen=True)
class DirectionControls:
    """The values of ``DirectionsPage.controls``."""

    base: DrawRequest | None
    """What is moved; None before there is an instance."""
    used: tuple[Direction, ...]
    amounts: tuple[float, ...]
    """Of those in use."""
    seed: int | None
    truncation: float

    @classmethod
    def of(cls, values: Sequence[Any]) -> "DirectionControls":
        """Return the values by name, in the order of ``DirectionsPage.controls``."""
        base, used, *amounts, seed, truncation = values
        return cls(base, tuple(used), tuple(map(float, amounts[: len(used)])), seed, float(truncation))

    def still(self) -> DrawRequest:
        """Return what is moved, before it is; raises RequestError while there is no instance."""
        if self.base is None:
            raise RequestError("Choose a photo first: drop one, or click an example.")
        if self.base.noise is not None:
            return self.base
        return replace(self.base, seeds=seeds_from(self.seed, len(self.base.seeds)), truncation=self.truncation)

    def request(self) -> DrawRequest:
        """Return what to draw; raises RequestError while there is no instance, or for a value out of range."""
        return self.still().moved(*map(Move, self.used, self.amounts))

    def using(self, direction: Direction, amount: float) -> "DirectionControls":
        """Return the controls with a direction at an amount, be it in use or not; raises RequestError for a fifth."""
        known = [same_direction(direction, each) for each in self.used]
        if True in known:
            place = known.index(True)
            return replace(self, amounts=(*self.amounts[:place], amount, *self.amounts[place + 1 :]))
        if len(self.used) == MAX_MOVES:
            raise RequestError(f"{MAX_MOVES} directions are in use already. Remove one of them first.")
        return replace(self, used=(*self.used, direction), amounts=(*self.amounts, amount))

    def without(self, place: int) -> "DirectionControls":
        """Return the controls without the direction at ``place``."""
        used, amounts = self.used, self.amounts
        return replace(self, used=used[:place] + used[place + 1 :], amounts=amounts[:place] + amounts[place + 1 :])

    def naming(self, place: int, named: Direction) -> "DirectionControls":
        """Return the controls with another name for the direction at ``place``."""
        return replace(self, used=(*self.used[:place], named, *self.used[place + 1 :]))


class DirectionsPage(InstancePage):
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services, visits: Visits) -> None:
        super().__init__(services)
        self._visits = visits
        gr.HTML(text("directions_note"), elem_classes="fine-print")
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=5, min_width=300, elem_classes="studio-controls"):
                heading("studio_instance")
                self.photo, self.choices = instance_row(DIRECTIONS.name)
                self.strips = DirectionStrips(services)
            with gr.Column(scale=6, min_width=300, elem_classes="studio-stage-side"):
                self.result = StudioResult(services, DIRECTIONS.name, has_stops=False)
                heading("directions_used")
                self.none = gr.HTML(text("directions_none"), elem_classes="fine-print", elem_id="directions-none")
                self.sliders = DirectionSliders()
                self.seed, self.truncation = seed_row(DIRECTIONS.name)
                self.open_button = gr.UploadButton(
                    text("directions_open"), file_types=[".png", ".json"], size="md", elem_id="directions-open"
                )
                add_explanation(services, self.result, DIRECTIONS.name)
        self.base = gr.State(None)  # DrawRequest, or None
        self.used = gr.State(())  # the directions on the sliders

    @property
    def controls(self) -> list[Any]:
        """Inputs of the handlers, in the order of their arguments."""
        return [self.base, self.used, *self.sliders.sliders, self.seed, self.truncation]

    @property
    def used_outputs(self) -> list[Any]:
        """Outputs of what changes which directions are in use."""
        return [self.used, self.none, *self.sliders.outputs]

    @property
    def page_outputs(self) -> list[Any]:
        """Outputs of ``open``, and of everything that brings another instance."""
        shown = [self.choices, self.offered, self.photo, self.base, self.seed, self.truncation]
        return [*shown, *self.strips.outputs, *self.used_outputs, *self.result.outputs]

    # --- filling ---

    def open(self, request: gr.Request, kind: str, side: int) -> Iterator[Updates]:
        """Yield the page with the image of its address or one that was sent here, as it was, or with an instance."""
        visit, language = self._visits.of(request), language_of(request)
        with shown_to_visitor():
            try:
                recipe = visit.take_recipe()
                if recipe is not None:
                    yield from self._restore(request, self._checked(recipe), kind, side)
                    return
            except DemoError as error:
                warn(str(error))
            stage = visit.stages.get(DIRECTIONS.name)
            if stage is not None and stage.seen == self._model_of(request):
                yield from self._restore(request, stage.request, kind, side)
                return
            slot, bank = self._arrive(visit.chosen, visit.model, language)
            yield bank
            if slot is not None:
                yield {self.photo: str(slot.picture)}
                controls = DirectionControls(None, (), (), 0, TRUNCATION)
                yield from self._begin(request, slot, controls, kind, side, PickedSets())

    def open_file(self, request: gr.Request, file: str, kind: str, side: int) -> Iterator[Updates]:
        """Show a saved image, with the directions that it was moved along on the sliders."""
        with shown_to_visitor():
            yield from self._restore(request, self._checked(read_single(Path(file))), kind, side)

    # --- strips ---

    def find(self, request: gr.Request, kind: str, side: int, sets: PickedSets, *controls: Any) -> Iterator[Updates]:
        """Find directions of the chosen kind, and show their strips."""
        with shown_to_visitor():
            still = DirectionControls.of(controls).still()
            yield from self.strips.find(still, kind, side, sets, language_of(request))

    def find_named(self, request: gr.Request, kind: str, *values: Any) -> Iterator[Updates]:
        """Show the strips of named directions again, where it is those that are shown."""
        if kind != NAMED:
            yield gr.skip()
        else:
            yield from self.find(request, kind, *values)

    def pick(self, request: gr.Request, event: gr.EventData, sets: PickedSets) -> str:
        """Give the clicked image its next sign."""
        if str(event.name).isdecimal() and int(event.name) < len(sets.images):
            sets.click(int(event.name))
        return sets_html(sets, language_of(request))

    def add_photos(self, request: gr.Request, files: Sequence[str], sets: PickedSets) -> str:
        """Put photos among the images, into the set that is moved towards."""
        with shown_to_visitor():
            self.strips.add_photos(sets, files, language_of(request))
            return sets_html(sets, language_of(request))

    # --- directions in use: these handlers draw nothing, so that clicks that follow each other find what came before

    def use(self, request: gr.Request, event: gr.EventData, found: tuple[Direction, ...], *controls: Any) -> Updates:
        """Put the clicked image's direction on a slider, at its amount."""
        with shown_to_visitor():
            place, _, amount = str(event.name).partition(":")
            if not place.isdecimal() or int(place) >= len(found):
                raise RequestError("This direction is no longer shown. Click one of those that are.")
            nearest = next((known for known in AMOUNTS if f"{known:g}" == amount), 0.0)
            return self._show_used(request, DirectionControls.of(controls).using(found[int(place)], nearest))

    def remove(self, place: int) -> Handler:
        """Return the handler that takes the direction at ``place`` off its slider."""

        def remove_direction(request: gr.Request, *controls: Any) -> Updates:
            with shown_to_visitor():
                return self._show_used(request, DirectionControls.of(controls).without(place))

        return remove_direction

    def rename(self, place: int) -> Handler:
        """Return the handler that names the direction at ``place``, and keeps it with the model where that is done."""

        def name_direction(request: gr.Request, name: str, *controls: Any) -> Updates:
            with shown_to_visitor():
                values, language = DirectionControls.of(controls), language_of(request)
                kept, model, name = self._services.kept_directions, values.still().model, " ".join(name.split())
                if kept is None:
                    named, said = replace(values.used[place], name=name or values.used[place].name), "renamed"
                else:
                    named, said = kept.keep(self._services.model(model), values.used[place], name), "kept"
                return {
                    **self._show_used(request, values.naming(place, named)),
                    self.strips.about: escape(say(language, f"directions_{said}", name=named.name)),
                }

        return name_direction

    def forget(self, place: int) -> Handler:
        """Return the handler that forgets the named direction at ``place``, which stays in use."""

        def forget_direction(request: gr.Request, *controls: Any) -> Updates:
            with shown_to_visitor():
                values, kept = DirectionControls.of(controls), self._services.kept_directions
                assert kept is not None
                name = values.used[place].name
                kept.delete(self._services.model(values.still().model), name)
                return {
                    **self._show_used(request, values),
                    self.strips.about: escape(say(language_of(request), "directions_forgotten", name=name)),
                }

        return forget_direction

    def tell_ranges(
        self, request: gr.Request, base: DrawRequest | None, used: tuple[Direction, ...]
    ) -> Iterator[Updates]:
        """Say of each direction in use between which amounts images stay good; measured once, beside other work."""
        language = language_of(request)
        for slider, direction in zip(self.sliders.sliders[: len(used)], used, strict=True):
            assert base is not None
            yield ASIDE
            try:
                said = told_range(self._services.sampling.drawing.good_range(base.model, direction), language)
            except DemoError as error:  # a model without stored instances
                said = in_language(str(error), language)
            yield {slider: gr.update(info=said)}
        if not used:
            yield gr.skip()

    # --- drawing ---

    def draw_live(self, request: gr.Request, drawn: DrawRequest | None, *controls: Any) -> Updates:
        """Draw quickly while a slider moves."""
        return self.result.draw_live(lambda: DirectionControls.of(controls).request(), drawn, request)

    def draw_full(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Draw in full quality, with recipes."""
        with shown_to_visitor():
            yield from self._draw_full(request, DirectionControls.of(controls).request())

    # --- pieces ---

    def _take(self, request: gr.Request, chosen: Chosen, values: Sequence[Any], *, is_photo: bool) -> Iterator[Updates]:
        kind, side, sets, *controls = values
        if not is_photo:
            yield {self.photo: str(chosen.picture)}
        yield from self._begin(request, chosen, DirectionControls.of(controls), kind, side, sets)

    def _begin(
        self, request: gr.Request, slot: Chosen, values: DirectionControls, kind: str, side: int, sets: PickedSets
    ) -> Iterator[Updates]:
        """Yield the images of an instance, moved along what is in use if that is its model's, then the strips."""
        info = self._services.model(slot.model)
        label = slot.own or (info.class_names[0] if info.needs_class else None)
        base = DrawRequest(slot.model, slot.blend(Swap.to(label)), seeds_from(values.seed))
        if values.base is not None and values.base.model != slot.model:
            values = replace(values, used=(), amounts=())
        values = replace(values, base=base)
        yield {
            self.base: base,
            self.truncation: explain_truncation(info, value=values.truncation),
            **self._show_used(request, values),
        }
        yield from self._draw_full(request, values.request())
        yield from self.strips.find(values.still(), kind, side, sets, language_of(request))

    def _restore(self, request: gr.Request, drawn: DrawRequest, kind: str, side: int) -> Iterator[Updates]:
        """Yield the page of an image or a few, with the directions that they were moved along."""
        language, info = language_of(request), self._services.model(drawn.model)
        drawn = replace(drawn, model=info.name)
        slot = choose_feature(self._services, info.name, drawn.blend.features[0], language)
        base = replace(drawn, moves=(), best_of=None, seeds=drawn.seeds[:SEEDS])
        if base.noise is None:
            base = replace(base, seeds=seeds_from(base.seeds[0]))
        used, amounts = (tuple(getattr(move, part) for move in drawn.moves) for part in ("direction", "amount"))
        values = DirectionControls(base, used, amounts, base.seeds[0], base.truncation)
        yield {
            **self._offer(info.name, language)[1],
            self.photo: str(slot.picture),
            self.base: base,
            self.seed: base.seeds[0],
            self.truncation: explain_truncation(info, value=base.truncation),
            **self._show_used(request, values),
        }
        yield from self._draw_full(request, values.request())
        yield from self.strips.find(base, kind, side, PickedSets(), language)

    def _checked(self, recipe: Recipe) -> DrawRequest:
        """Return the request of a recipe, which may be of another version of its model: then that is said."""
        problem = version_problem(recipe, self._services.find(recipe.model.name))
        if problem is not None:
            warn(problem)
        wanted = recipe.request()
        if not isinstance(wanted, DrawRequest):
            raise RequestError("This is the recipe of a path. Open it in Travel, or one of its stops here.")
        return wanted

    def _show_used(self, request: gr.Request, values: DirectionControls) -> Updates:
        model = values.still().model
        kept = self._services.kept_directions
        known = [] if kept is None else kept.of(self._services.model(model))
        are_kept = [any(one.name == each.name and same_direction(one, each) for one in known) for each in values.used]
        return {
            self.used: values.used,
            self.none: gr.update(visible=not values.used),
            **self.sliders.show(values.used, values.amounts, are_kept, language_of(request)),
        }

    def _draw_full(self, request: gr.Request, wanted: DrawRequest) -> Iterator[Updates]:
        visit = self._visits.of(request)
        for update in self.result.draw_full(wanted, language_of(request), request):
            if self.result.files in update:
                visit.history.keep([update[self.result.files]], self._services.output_dir)
                visit.fill_stage(DIRECTIONS.name, StudioStage(self._model_of(request), wanted))
                self._visits.keep(request)
            yield update

    def _model_of(self, request: gr.Request) -> str:
        return (self._services.find(self._visits.of(request).model) or self._services.model("")).name


def same_direction(one: Direction, other: Direction) -> bool:
    """Return whether two directions move images alike, whatever they are called."""
    return (one.space, one.side, one.vector.tobytes()) == (other.space, other.side, other.vector.tobytes())


def wire(page: DirectionsPage, demo: gr.Blocks, opened: Any) -> None:
    """Connect the widgets to their handlers.

    Args:
        page: what was laid out.
        demo: the app.
        opened: the event of the page that was opened and knows its visit.
    """
    r, sliders, strips, controls = page.result, page.sliders, page.strips, page.controls
    everything = [*strips.controls, *controls]

    measuring = {**apart("ranges", WORKS), "trigger_mode": "always_last"}

    def tell_ranges_after(event: Any) -> None:
        event.success(page.tell_ranges, [page.base, page.used], sliders.sliders, **measuring)

    def draw_after(event: Any) -> Any:
        drawn = event.success(page.draw_full, controls, r.outputs, **LATEST)
        tell_ranges_after(drawn)
        return drawn

    def find_after(event: Any, find: Any = page.find) -> None:
        event.success(find, everything, strips.outputs, **LATEST)

    where = [strips.kind, strips.side]
    tell_ranges_after(opened.then(page.open, where, page.page_outputs, **ON_QUEUE))
    tell_ranges_after(
        page.open_button.upload(page.open_file, [page.open_button, *where], page.page_outputs, **ON_QUEUE)
    )
    start = [page.offered, *everything]
    tell_ranges_after(page.choices.select(page.take_row, start, page.page_outputs, **CLICKED))
    tell_ranges_after(page.photo.input(page.take_photo, [page.photo, *start], page.page_outputs, **LATEST))
    for choice in (strips.kind, strips.side):
        choice.input(page.find, everything, strips.outputs, **LATEST)
    clicked = {**AT_ONCE, "trigger_mode": "multiple"}
    find_after(strips.sets_shown.select(page.pick, strips.sets, strips.sets_shown, **clicked))
    find_after(strips.photos.upload(page.add_photos, [strips.photos, strips.sets], strips.sets_shown, **ON_QUEUE))
    draw_after(strips.strips.select(page.use, [strips.found, *controls], page.used_outputs, **AT_ONCE))
    for slider in (*sliders.sliders, page.truncation):
        slider.input(page.draw_live, [r.drawn, *controls], [r.stage, r.status], **QUICKLY)
        slider.release(page.draw_full, controls, r.outputs, **LATEST)
    told = [strips.about, *page.used_outputs]
    for place, (name, remove, forget) in enumerate(zip(sliders.names, sliders.removes, sliders.forgets, strict=True)):
        find_after(draw_after(name.submit(page.rename(place), [name, *controls], told, **AT_ONCE)), page.find_named)
        find_after(draw_after(forget.click(page.forget(place), controls, told, **AT_ONCE)), page.find_named)
        draw_after(remove.click(page.remove(place), controls, page.used_outputs, **AT_ONCE))
    find_after(page.seed.input(page.draw_full, controls, r.outputs, **LATEST))
    r.redraw.click(page.draw_full, controls, r.outputs, **ON_QUEUE)
    demo.load(None, js=RELEASE_ON_KEYS)
