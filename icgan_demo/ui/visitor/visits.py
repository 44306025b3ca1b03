"""What a visit takes along from page to page: each page is opened from scratch, and finds here what the others made.

A visit is one tab of a browser, from its first page of ours to its last one, reloads and the way back included. The tab
keeps its name (``ENTER``); everything else stays on this machine, for an hour after the last sign of life. What files
can hold (``visit_files``) stays for a day, and over a restart of this app.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block

from icgan_demo.secret_names import is_secret_name, secret_name
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.recipes.history import History
from icgan_demo.service.recipes.outputs import KEEP_S
from icgan_demo.ui.common.events import AT_ONCE
from icgan_demo.ui.common.instances import Chosen
from icgan_demo.ui.visitor.generate_state import Settings, ShownGallery
from icgan_demo.ui.visitor.places import MapPlace, PathStop, Stops
from icgan_demo.ui.visitor.visit_files import KeptInstance, KeptPlace, KeptVisit, VisitFiles

MAX_VISITS = 200

ENTER = """(...inputs) => {
    const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
    let name = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
    try {
        name = sessionStorage.getItem("icgan-visit") ?? name;
        sessionStorage.setItem("icgan-visit", name);
    } catch (refused) {  // a browser may keep nothing for a page inside another site's: but its frame keeps a name
        name = window.name.match(/^icgan-visit-([0-9a-f]{32})$/)?.[1] ?? name;
        window.name = "icgan-visit-" + name;
    }
    return [name, ...inputs.slice(1)];
}"""
"""Gives an event, as its first input, the name that this tab of the browser keeps for its visit."""


@dataclass(frozen=True)
class Handed:
    """An instance on its way to the Generate page, which draws its neighbours on arrival."""

    chosen: Chosen
    label: str | None = None
    """The class to choose there, empty for none; None leaves that to the visitor."""


@dataclass(frozen=True)
class OnStage:
    """What a page of the studio shows."""

    seen: str
    """The model that the page was filled for."""
    request: DrawRequest


@dataclass(eq=False)
class Visit:
    """What one visitor has made so far."""

    model: str = ""
    """The chosen one; empty for the default."""
    is_pinned: bool = False
    """Whether the visitor has chosen it; else Automatic has, where that is offered."""
    is_filled: bool = False
    """Whether the page that is open shows what its model offers."""
    settings: Settings | None = None
    """Of the Generate page; None before it was seen."""
    chosen: Chosen | None = None
    """The instance there."""
    kept_instance: KeptInstance | None = None
    """The instance there, read from a file and not yet made again."""
    pending_photo: Path | None = None
    """The photo that is being taken as the instance."""
    gallery: ShownGallery | None = None
    """The pictures there."""
    drawn_settings: Settings | None = None
    """With which they were drawn; None where they are not to be drawn again: there are none, or not all were wanted."""
    is_drawing: bool = False
    """Whether more of them are to come."""
    handed_instance: Handed | None = None
    """Taken once, by the Generate page."""
    sent_instance: Chosen | None = None
    """The instance on its way to the studio; taken once, too."""
    stages: dict[str, OnStage] = field(default_factory=dict)
    """By the page of the studio."""
    found_picture: Path | None = None
    """The picture there that a search found, with its recipe."""
    stops: Stops = ()
    """Of the path to travel."""
    place: MapPlace | None = None
    """What the map of the studio shows."""
    kept_place: KeptPlace | None = None
    """The same, read from a file and not yet made again."""
    history: History = field(default_factory=History)
    used_at: float = field(default_factory=time.monotonic)

    def take_handed_instance(self) -> Handed | None:
        """Return what another page has handed over to the Generate page, once."""
        handed, self.handed_instance = self.handed_instance, None
        return handed

    def take_sent_instance(self) -> Chosen | None:
        """Return what was sent to the studio, once."""
        sent, self.sent_instance = self.sent_instance, None
        return sent


class Visits:
    """Visits by the name that a browser's tab keeps, of the last ``MAX_VISITS``."""

    def __init__(self, files: VisitFiles | None = None) -> None:
        """Keep visits in ``files`` too; None for as long as this app runs."""
        self._files = files
        self._lock = threading.Lock()
        self._visits: OrderedDict[str, Visit] = OrderedDict()
        self._names: OrderedDict[str, str] = OrderedDict()

    def enter(self, request: gr.Request, name: Any) -> Visit:
        """Return the visit that an opened page belongs to, and remember that; ``name`` comes from the browser."""
        name = name if is_secret_name(name) else secret_name()
        with self._lock:
            self._names[_session(request)] = name
            while len(self._names) > 10 * MAX_VISITS:
                self._names.popitem(last=False)
            visit = self._find(name)
        visit.is_filled = False
        return visit

    def of(self, request: gr.Request) -> Visit:
        """Return the visit of a page; of one that is not known, after a restart of this app, a new visit."""
        session = _session(request)
        with self._lock:
            return self._find(self._names.setdefault(session, secret_name()))

    def keep(self, request: gr.Request) -> None:
        """Keep what a visit has made so far over a restart of this app."""
        if self._files is None:
            return
        visit = self.of(request)
        with self._lock:
            name = self._names[_session(request)]
        self._files.write(name, _to_keep(visit, self._files))

    def _find(self, name: str) -> Visit:
        visit = self._visits.pop(name, None) or self._reopen(name)
        visit.used_at = time.monotonic()
        self._visits[name] = visit
        while len(self._visits) > MAX_VISITS or next(iter(self._visits.values())).used_at < visit.used_at - KEEP_S:
            _, left = self._visits.popitem(last=False)
            left.history.delete()
        return visit

    def _reopen(self, name: str) -> Visit:
        """Return what files hold of a visit, empty if they hold nothing."""
        kept = self._files.read(name) if self._files else None
        if kept is None or self._files is None:
            return Visit()
        requests = {part: self._files.request(recipe) for part, (_, recipe) in kept.stages.items()}
        return Visit(
            model=kept.model,
            is_pinned=kept.is_pinned,
            settings=kept.settings,
            kept_instance=kept.instance,
            drawn_settings=kept.drawn,
            stages={part: OnStage(kept.stages[part][0], drawn) for part, drawn in requests.items() if drawn},
            found_picture=kept.found,
            stops=tuple(PathStop.of(drawn) for recipe in kept.stops if (drawn := self._files.request(recipe))),
            kept_place=kept.place,
            history=self._files.history(kept),
        )


def _to_keep(visit: Visit, files: VisitFiles) -> KeptVisit:
    history = visit.history
    return KeptVisit(
        model=visit.model,
        is_pinned=visit.is_pinned,
        settings=visit.settings,
        drawn=visit.drawn_settings,
        instance=visit.kept_instance if visit.chosen is None else KeptInstance.of(visit.chosen),
        stages={part: (stage.seen, files.recipe(stage.request)) for part, stage in visit.stages.items()},
        found=visit.found_picture,
        stops=tuple(files.recipe(stop.drawing()) for stop in visit.stops),
        place=visit.kept_place if visit.place is None else KeptPlace.of(visit.place),
        history=None if history.folder is None else history.folder.name,
        pictures={name: kept.is_favourite for name, kept in list(history.pictures.items())},
    )


def enter_visit(
    demo: gr.Blocks,
    visits: Visits,
    fill: Callable[..., Any] | None = None,
    inputs: Sequence[Block] = (),
    outputs: Sequence[Block] = (),
) -> Any:
    """Return the event of a page that was opened and now knows its visit; what asks for the visit comes after it.

    Args:
        demo: the app.
        visits: all of them.
        fill: a handler of the visit's ``gr.Request`` and ``inputs`` that answers with ``outputs`` at once: an event of
            its own would wait for this one's answer first.
        inputs: of ``fill``.
        outputs: of ``fill``.
    """

    def enter(request: gr.Request, name: str, *values: Any) -> Any:
        visits.enter(request, name)
        return None if fill is None else fill(request, *values)

    return demo.load(enter, [gr.Textbox(visible=False), *inputs], [*outputs], js=ENTER, **AT_ONCE)


def _session(request: gr.Request) -> str:
    return getattr(request, "session_hash", None) or ""
