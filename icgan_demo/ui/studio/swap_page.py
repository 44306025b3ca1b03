"""Class swap: an instance drawn as itself, as nothing in particular, as another class, or as several at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from icgan_demo.config import TRUNCATION
from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import MAX_TARGETS, Blend, DrawRequest, Swap, seeds_from
from icgan_demo.ui.common.events import AT_ONCE, CLICKED, LATEST, ON_QUEUE, QUICKLY, Updates
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.common.instances import Chosen, choose_feature, choose_row
from icgan_demo.ui.common.model_list import explain_truncation
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.common.slider import Slider
from icgan_demo.ui.common.widgets import heading
from icgan_demo.ui.stage.instance_page import InstancePage
from icgan_demo.ui.stage.studio_widgets import instance_row, seed_row
from icgan_demo.ui.texts.language import language_of, text

START = -1.0
"""Where the class slider stands at first: the instance as it is."""


@dataclass(frozen=True)
class SwapControls:
    """The values of ``SwapPage.controls``."""

    slot: Chosen | None
    """The instance, None before one is chosen."""
    names: tuple[str, ...]
    """The classes that it is swapped to."""
    weights: tuple[float, ...]
    """One for each class that may be chosen at most."""
    position: float
    balance: float
    seed: int | None
    truncation: float

    @classmethod
    def of(cls, values: Sequence[Any]) -> "SwapControls":
        """Return the values by name, in the order of ``SwapPage.controls``."""
        slot, names, *weights, position, balance, seed, truncation = values
        return cls(slot, tuple(names or ()), tuple(map(float, weights)), position, balance, seed, truncation)

    @property
    def targets(self) -> tuple[tuple[str, float], ...]:
        """The chosen classes with their weights, as many as there are weights for."""
        names = self.names[: len(self.weights)]
        return tuple(zip(names, self.weights[: len(names)], strict=True))

    def instance(self) -> Chosen:
        """Return the instance; raises RequestError while there is none."""
        if self.slot is None:
            raise RequestError("Choose a photo first: drop one, or click an example.")
        return self.slot

    def request(self) -> DrawRequest:
        """Return what to draw; raises RequestError while there is no instance, or for a value out of range."""
        slot = self.instance()
        blend = slot.blend(Swap(slot.own, self.targets, float(self.position)), float(self.balance))
        return DrawRequest(slot.model, blend, seeds_from(self.seed), float(self.truncation))


class SwapPage(InstancePage):
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.seen = gr.State(None)  # the chosen model when the page was filled
        with self._controls("swap"):
            heading("studio_instance")
            self.photo, self.choices = instance_row("swap")
            self._class()
            self.seed, self.truncation = seed_row("swap")
        self.slot = gr.State(None)

    def _class(self) -> None:
        self.targets = gr.Dropdown(
            [], value=[], multiselect=True, max_choices=MAX_TARGETS, label=text("targets"), elem_id="swap-targets"
        )
        self.weights = [
            Slider(0, 1, 1, step=0.05, label=f"{place}", buttons=[], visible=False, elem_id=f"swap-weight-{place}")
            for place in range(MAX_TARGETS)
        ]
        self.normalise = gr.Button(text("normalise"), size="sm", visible=False, elem_id="swap-normalise")
        self.position = Slider(
            -1, 1, START, step=0.05, label=text("position"), info=text("position_info"), buttons=[], elem_id="position"
        )
        self.balance = Slider(
            0,
            1,
            Blend.balance,
            step=0.05,
            label=text("balance"),
            info=text("balance_info"),
            buttons=[],
            elem_id="balance",
        )

    @property
    def controls(self) -> list[Any]:
        """Inputs of the handlers, in the order of their arguments."""
        return [self.slot, self.targets, *self.weights, self.position, self.balance, self.seed, self.truncation]

    @property
    def page_outputs(self) -> list[Any]:
        """Outputs of ``open`` and of ``restore``."""
        return [
            self.seen, self.choices, self.offered, *self.controls, self.photo, self.normalise, *self.result.outputs,
        ]  # fmt: skip

    # --- filling ---

    def open(self, language: str, model: str, link: dict[str, str], slot: Chosen | None = None) -> Iterator[Updates]:
        """Yield the page for a model: its bank, its classes, and pictures of an instance.

        Args:
            language: of the captions.
            model: whose bank and classes are offered.
            link: what the page's address asks for: row, to, position, balance, seed, truncation; all optional.
            slot: the instance; None for the one of ``link``, or one of the bank.
        """
        info = self._services.model(model)
        entries, bank = self._offer(model, language)
        if slot is None:
            if not entries and "row" not in link:
                yield {**bank, **self._clear_instance(info.class_names)}
                return
            row = int(link["row"]) if link.get("row", "").isdecimal() else entries[len(entries) // 3].row
            slot = choose_row(self._services, model, row, language)
        others = [entry.label for entry in entries if entry.label and entry.label != slot.own]
        wanted = link["to"].split("|") if "to" in link else others[-1:]
        targets = tuple((name, 1.0) for name in wanted if name in info.class_names)[:MAX_TARGETS]
        swap = Swap(slot.own, targets, _number(link, "position", START))
        blend = slot.blend(swap, _number(link, "balance", Blend.balance))
        seed = int(link["seed"]) if link.get("seed", "").isdecimal() else 0
        truncation = _number(link, "truncation", TRUNCATION)
        yield from self._show(bank, slot, DrawRequest(model, blend, seeds_from(seed), truncation), language)

    def restore(self, request: DrawRequest, language: str) -> Iterator[Updates]:
        """Yield the controls of a request with one instance, and its pictures."""
        slot = choose_feature(self._services, request.model, request.blend.features[0], language)
        yield from self._show(self._offer(request.model, language)[1], slot, request, language)

    def _clear_instance(self, names: Sequence[str]) -> Updates:
        """Return the page of a model without a bank: it waits for a photo."""
        return {
            self.slot: None,
            self.photo: None,
            self.targets: gr.update(choices=list(names), value=[], visible=bool(names)),
            **self._show_weights(()),
            self.position: gr.update(visible=bool(names)),
            self.balance: gr.update(visible=bool(names)),
            **self.result.clear(),
        }

    def _show(self, bank: Updates, slot: Chosen, request: DrawRequest, language: str) -> Iterator[Updates]:
        swap = request.blend.swap
        info = self._services.model(slot.model)
        names, has_classes = info.class_names, bool(info.class_names)
        yield {
            **bank,
            self.slot: slot,
            self.photo: str(slot.picture),
            self.targets: gr.update(choices=list(names), value=[name for name, _ in swap.targets], visible=has_classes),
            **self._show_weights(swap.targets),
            self.position: gr.update(value=swap.position, visible=has_classes),
            self.balance: gr.update(value=request.blend.balance, visible=has_classes),
            self.seed: request.seeds[0],
            self.truncation: explain_truncation(info, value=request.truncation),
        }
        yield from self._draw_full(slot, request, language)

    def _show_weights(self, targets: Sequence[tuple[str, float]]) -> Updates:
        """Return a labelled slider for each of several classes; a single one needs none."""
        shown = len(targets) > 1
        updates: Updates = {self.normalise: gr.update(visible=shown)}
        for place, slider in enumerate(self.weights):
            if place < len(targets):
                updates[slider] = gr.update(label=targets[place][0], value=targets[place][1], visible=shown)
            else:
                updates[slider] = gr.update(value=1, visible=False)
        return updates

    # --- handlers ---

    def choose_classes(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Offer a weight for each of the chosen classes, and draw."""
        with shown_to_visitor():
            values = SwapControls.of(controls)
            wanted = values.request()
            yield self._show_weights(values.targets)
            yield from self._draw_full(values.instance(), wanted, language_of(request), request)

    def scale_weights(self, *controls: Any) -> Updates:
        """Scale the weights so that they sum to 1; the pictures stay, since only shares count."""
        with shown_to_visitor():
            weights = [weight for _, weight in SwapControls.of(controls).targets]
            total = sum(weights)
            if not total:
                raise RequestError("All weights are zero. Give at least one class some weight.")
            sliders = self.weights[: len(weights)]
            return {slider: weight / total for slider, weight in zip(sliders, weights, strict=True)}

    def draw_live(self, request: gr.Request, drawn: DrawRequest | None, *controls: Any) -> Updates:
        """Draw quickly while a slider moves."""
        return self.result.draw_live(lambda: SwapControls.of(controls).request(), drawn, request)

    def draw_full(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Draw in full quality, with recipes."""
        with shown_to_visitor():
            values = SwapControls.of(controls)
            yield from self._draw_full(values.instance(), values.request(), language_of(request), request)

    # --- pieces ---

    def _take(self, request: gr.Request, chosen: Chosen, values: Sequence[Any], *, is_photo: bool) -> Iterator[Updates]:
        yield {self.slot: chosen} if is_photo else {self.slot: chosen, self.photo: str(chosen.picture)}
        wanted = replace(SwapControls.of(values), slot=chosen).request()
        yield from self._draw_full(chosen, wanted, language_of(request))

    def _draw_full(
        self, slot: Chosen, wanted: DrawRequest, language: str, visitor: gr.Request | None = None
    ) -> Iterator[Updates]:
        yield from self.result.draw_full(wanted, language, visitor)


def wire(page: SwapPage) -> None:
    """Connect the widgets to their handlers; everything that draws shares the model's queue."""
    r = page.result
    sliders = [page.position, page.balance, page.truncation, *page.weights]
    for slider in sliders:
        slider.input(page.draw_live, [r.drawn, *page.controls], [r.stage, r.status], **QUICKLY)
        slider.release(page.draw_full, page.controls, r.outputs, **LATEST)
    page.seed.input(page.draw_full, page.controls, r.outputs, **LATEST)
    page.targets.input(page.choose_classes, page.controls, [*page.weights, page.normalise, *r.outputs], **LATEST)
    page.photo.input(page.take_photo, [page.photo, page.offered, *page.controls], [page.slot, *r.outputs], **LATEST)
    page.choices.select(page.take_row, [page.offered, *page.controls], [page.photo, page.slot, *r.outputs], **CLICKED)
    r.redraw.click(page.draw_full, page.controls, r.outputs, **ON_QUEUE)
    page.normalise.click(page.scale_weights, page.controls, page.weights, **AT_ONCE)


def _number(link: dict[str, str], key: str, default: float) -> float:
    try:
        return float(link[key])
    except (KeyError, ValueError):
        return default
