"""Class swap: an instance drawn as itself, as nothing in particular, as another class, or as several at once."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.service.requests import SampleRequest
from icgan_demo.service.studio_recipe import BlendRecipe
from icgan_demo.service.studio_requests import MAX_TARGETS, Blend, BlendRequest, Swap
from icgan_demo.ui import studio_explain
from icgan_demo.ui.feedback import shown_to_visitor
from icgan_demo.ui.generate_widgets import heading
from icgan_demo.ui.services import Services
from icgan_demo.ui.slider import Slider
from icgan_demo.ui.studio_previews import QUICKLY
from icgan_demo.ui.studio_result import StudioResult, Updates
from icgan_demo.ui.studio_state import Offered, Slot, offer, seeds_from, slot_of_feature, slot_of_photo, slot_of_row
from icgan_demo.ui.studio_widgets import instance_row, seed_row
from icgan_demo.ui.texts import language_of, text

START = -1.0
"""Where the class slider stands at first: the instance as it is."""


class SwapPage:
    """Lays the page out on construction; ``wire`` connects it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        with gr.Row(elem_classes="studio-bench"):
            with gr.Column(scale=5, min_width=300, elem_classes="studio-controls"):
                self._instance()
                self._class()
                self._settings()
            with gr.Column(scale=6, min_width=300, elem_classes="studio-stage-side"):
                self.result = StudioResult(services, "swap")
                self.explanation = (
                    None
                    if services.banks is None
                    else studio_explain.StudioExplanation(services, services.banks, self.result, "swap")
                )
        self.slot = gr.State(None)
        self.offered = gr.State(Offered())
        self.seen = gr.State(None)  # the Generate tab's model when the page was filled

    def _instance(self) -> None:
        heading("studio_instance")
        self.photo, self.choices = instance_row("swap")

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

    def _settings(self) -> None:
        self.seed, self.truncation = seed_row("swap")

    @property
    def controls(self) -> list[Any]:
        """Inputs of the handlers, in the order of their arguments."""
        return [self.slot, self.targets, *self.weights, self.position, self.balance, self.seed, self.truncation]

    @property
    def restored(self) -> list[Any]:
        """Outputs of ``opened`` and of ``restore``."""
        return [
            self.seen, self.choices, self.offered, *self.controls, self.photo, self.normalise, *self.result.outputs,
        ]  # fmt: skip

    # --- filling ---

    def opened(self, language: str, model: str, link: dict[str, str], slot: Slot | None = None) -> Iterator[Updates]:
        """Yield the page for a model: its bank, its classes, and pictures of an instance.

        Args:
            language: of the captions.
            model: whose bank and classes are offered.
            link: what the page's address asks for: row, to, position, balance, seed, truncation; all optional.
            slot: the instance; None for the one of ``link``, or one of the bank.
        """
        info = self._services.model(model)
        entries, kept, pictures = offer(self._services, model, language)
        bank = {self.choices: pictures, self.offered: kept}
        if slot is None:
            if not entries and "row" not in link:
                yield {**bank, **self._without_instance(info.class_names)}
                return
            row = int(link["row"]) if link.get("row", "").isdecimal() else entries[len(entries) // 3].row
            slot = slot_of_row(self._services, model, row, language)
        others = [entry.label for entry in entries if entry.label and entry.label != slot.own]
        wanted = link["to"].split("|") if "to" in link else others[-1:]
        targets = tuple((name, 1.0) for name in wanted if name in info.class_names)[:MAX_TARGETS]
        swap = Swap(slot.own, targets, _number(link, "position", START))
        blend = Blend((slot.feature,), swap=swap, balance=_number(link, "balance", Blend.balance))
        seed = int(link["seed"]) if link.get("seed", "").isdecimal() else 0
        truncation = _number(link, "truncation", SampleRequest.truncation)
        yield from self._shown(bank, slot, BlendRequest(model, blend, seeds_from(seed), truncation), language)

    def restore(self, recipe: BlendRecipe, language: str) -> Iterator[Updates]:
        """Yield the controls of a recipe with one instance, and its pictures."""
        request = recipe.request()
        slot = slot_of_feature(self._services, request.model, request.blend.features[0], language)
        _, kept, pictures = offer(self._services, request.model, language)
        yield from self._shown({self.choices: pictures, self.offered: kept}, slot, request, language)

    def _without_instance(self, names: Sequence[str]) -> Updates:
        """Return the page of a model without a bank: it waits for a photo."""
        return {
            self.slot: None,
            self.photo: None,
            self.targets: gr.update(choices=list(names), value=[], visible=bool(names)),
            **self._weights(()),
            self.position: gr.update(visible=bool(names)),
            self.balance: gr.update(visible=bool(names)),
            **self.result.emptied(),
        }

    def _shown(self, bank: Updates, slot: Slot, request: BlendRequest, language: str) -> Iterator[Updates]:
        swap = request.blend.swap
        names = self._services.model(slot.model).class_names
        has_classes = bool(names)
        yield {
            **bank,
            self.slot: slot,
            self.photo: str(slot.picture),
            self.targets: gr.update(choices=list(names), value=[name for name, _ in swap.targets], visible=has_classes),
            **self._weights(swap.targets),
            self.position: gr.update(value=swap.position, visible=has_classes),
            self.balance: gr.update(value=request.blend.balance, visible=has_classes),
            self.seed: request.seeds[0],
            self.truncation: request.truncation,
        }
        yield from self.result.full(request, language, self._link(slot, request))

    def _weights(self, targets: Sequence[tuple[str, float]]) -> Updates:
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

    def from_row(
        self, request: gr.Request, event: gr.SelectData, offered: Offered, *controls: Any
    ) -> Iterator[Updates]:
        """Take the clicked bank entry as the instance."""
        with shown_to_visitor():
            language = language_of(request)
            slot = slot_of_row(self._services, offered.model, offered.rows[int(event.index)], language)
            yield {self.photo: str(slot.picture)}
            yield from self._begin(slot, controls, language)

    def from_photo(self, request: gr.Request, photo: str | None, offered: Offered, *controls: Any) -> Iterator[Updates]:
        """Take an uploaded, pasted or captured photo as the instance."""
        with shown_to_visitor():
            if photo is None:
                yield gr.skip()
                return
            language, model = language_of(request), self._services.model(offered.model).name
            yield from self._begin(slot_of_photo(self._services, model, Path(photo), language), controls, language)

    def chosen(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Offer a weight for each of the chosen classes, and draw."""
        with shown_to_visitor():
            slot, blend_request = request_of(controls)
            names: Sequence[str] = controls[1] or []
            known = dict(_paired(names, controls[2 : 2 + len(self.weights)]))
            yield self._weights([(name, known.get(name, 1.0)) for name in names])
            yield from self.result.full(blend_request, language_of(request), self._link(slot, blend_request), request)

    def normalised(self, *controls: Any) -> Updates:
        """Scale the weights so that they sum to 1; the pictures stay, since only shares count."""
        with shown_to_visitor():
            names: Sequence[str] = controls[1] or []
            weights = [float(weight) for weight in controls[2 : 2 + len(names)]]
            total = sum(weights)
            if not total:
                raise RequestError("All weights are zero. Give at least one class some weight.")
            return {slider: weight / total for slider, weight in _paired(self.weights, weights)}

    def live(self, request: gr.Request, drawn: BlendRequest | None, *controls: Any) -> Updates:
        """Draw quickly while a slider moves."""
        return self.result.live(lambda: request_of(controls)[1], drawn, request)

    def full(self, request: gr.Request, *controls: Any) -> Iterator[Updates]:
        """Draw in full quality, with recipes."""
        with shown_to_visitor():
            slot, blend_request = request_of(controls)
            yield from self.result.full(blend_request, language_of(request), self._link(slot, blend_request), request)

    # --- pieces ---

    def _begin(self, slot: Slot, controls: Sequence[Any], language: str) -> Iterator[Updates]:
        yield {self.slot: slot}
        request = request_of((slot, *controls[1:]))[1]
        yield from self.result.full(request, language, self._link(slot, request))

    def _link(self, slot: Slot, request: BlendRequest) -> dict[str, str] | None:
        """Return what an address must say to restore the page; a photo does not fit into one."""
        if slot.row is None:
            return None
        swap = request.blend.swap
        return {
            "model": slot.model,
            "row": str(slot.row),
            "to": "|".join(name for name, weight in swap.targets if weight > 0),
            "position": f"{swap.position:g}",
            "balance": f"{request.blend.balance:g}",
            "seed": str(request.seeds[0]),
            "truncation": f"{request.truncation:g}",
        }


def wire(page: SwapPage) -> None:
    """Connect the widgets to their handlers; everything that draws shares the model's queue."""
    r = page.result
    full: dict[str, Any] = {
        "concurrency_id": "model", "concurrency_limit": 1, "show_progress": "hidden", "api_visibility": "private",
    }  # fmt: skip
    latest: dict[str, Any] = {**full, "trigger_mode": "always_last"}
    sliders = [page.position, page.balance, page.truncation, *page.weights]
    for slider in sliders:
        slider.input(page.live, [r.drawn, *page.controls], [r.stage, r.status], **QUICKLY)
        slider.release(page.full, page.controls, r.outputs, **latest)
    page.seed.input(page.full, page.controls, r.outputs, **latest)
    page.targets.input(page.chosen, page.controls, [*page.weights, page.normalise, *r.outputs], **latest)
    page.photo.input(page.from_photo, [page.photo, page.offered, *page.controls], [page.slot, *r.outputs], **latest)
    clicked = {**full, "trigger_mode": "multiple"}
    page.choices.select(page.from_row, [page.offered, *page.controls], [page.photo, page.slot, *r.outputs], **clicked)
    r.redraw.click(page.full, page.controls, r.outputs, **full)
    if page.explanation is not None:
        studio_explain.wire(page.explanation)
    page.normalise.click(
        page.normalised, page.controls, page.weights, queue=False, show_progress="hidden", api_visibility="private"
    )


def request_of(controls: Sequence[Any]) -> tuple[Slot, BlendRequest]:
    """Return the instance and what to draw, of the values of ``SwapPage.controls``.

    Raises:
        RequestError: while there is no instance, or for a value out of range.
    """
    slot, names = controls[0], controls[1] or []
    *weights, position, balance, seed, truncation = controls[2:]
    if slot is None:
        raise RequestError("Choose a picture first: drop a photo, or click one of the examples.")
    targets = tuple((name, float(weight)) for name, weight in _paired(names, weights))
    swap = Swap(slot.own, targets, float(position))
    blend = Blend((slot.feature,), swap=swap, balance=float(balance))
    return slot, BlendRequest(slot.model, blend, seeds_from(seed), float(truncation))


def _paired(first: Sequence[Any], second: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return pairs as far as both reach: there are sliders for as many classes as may be chosen at most."""
    count = min(len(first), len(second))
    return list(zip(first[:count], second[:count], strict=True))


def _number(link: dict[str, str], key: str, default: float) -> float:
    try:
        return float(link[key])
    except (KeyError, ValueError):
        return default
