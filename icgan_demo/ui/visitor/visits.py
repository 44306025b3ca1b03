"""What a visit takes along from page to page: each page is opened from scratch, and finds here what the others made.

A visit is one tab of a browser, from its first page of ours to its last one, reloads and the way back included. The tab
keeps its name (``ENTER``); everything else stays on this machine, for an hour after the last sign of life. What files
can hold (``visit_files``) stays for a day, over a restart of this app, and for another app on the same folder: a proxy
in front of several leads a visit to the same one, and to another one when that is gone.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block

from icgan_demo.secret_names import is_secret_name, secret_name
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.recipes.drawn_files import KEEP_S
from icgan_demo.service.recipes.history import History
from icgan_demo.service.recipes.recipe import Recipe
from icgan_demo.service.recipes.recipe_link import is_link, read_link
from icgan_demo.service.recipes.recipe_values import PartValues
from icgan_demo.ui.common.events import AT_ONCE
from icgan_demo.ui.common.instances import Chosen
from icgan_demo.ui.visitor.families import Family
from icgan_demo.ui.visitor.generate_state import Settings, ShownGallery
from icgan_demo.ui.visitor.places import MapPlace, Stops
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
    return [name + location.hash.slice(0, 70000), ...inputs.slice(1)];
}"""
"""Gives an event, as its first input, the name that this tab of the browser keeps for its visit, and the fragment of
the page's address behind it."""


@dataclass(frozen=True)
class HandedInstance:
    """An instance on its way to the Generate page, which draws its neighbours on arrival."""

    chosen: Chosen
    label: str | None = None
    """The class to choose there, empty for none; None leaves that to the visitor."""


@dataclass(frozen=True)
class StudioStage:
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
    is_class_page_filled: bool = False
    """Whether the class page of the Studio was filled as its page was opened, or is being."""
    is_untouched: bool = True
    """Whether nothing was drawn on the Generate page since it was opened: what was there before may come back."""
    settings: Settings | None = None
    """Of the Generate page; None before it was seen."""
    chosen: Chosen | None = None
    """The instance there."""
    kept_instance: KeptInstance | None = None
    """The instance there, read from a file and not yet made again."""
    pending_photo: Path | None = None
    """The photo that is being taken as the instance."""
    training_sets: dict[str | None, str] = field(default_factory=dict)
    """What the sets of the Train page have become, by the id that it may still send; None is no set."""
    gallery: ShownGallery | None = None
    """The pictures there."""
    drawn_settings: Settings | None = None
    """With which they were drawn; None where they are not to be drawn again: there are none, or not all were wanted."""
    is_drawing: bool = False
    """Whether more of them are to come."""
    handed_instance: HandedInstance | None = None
    """Taken once, by the Generate page."""
    sent_instance: Chosen | None = None
    """The instance on its way to the studio; taken once, too."""
    link: str = ""
    """The fragment of the page's address if it holds a recipe, for a tool of the Studio; taken once, too."""
    sent_recipe: Recipe | None = None
    """The recipe on its way from the Studio to a tool on a page of its own; likewise."""
    stages: Mapping[str, StudioStage] = field(default_factory=dict)
    """By the page of the studio; see ``fill_stage``."""
    found_picture: Path | None = None
    """The picture there that a search found, with its recipe."""
    compared: Chosen | None = None
    """The instance of the Compare page."""
    photo_taken: Path | None = None
    """The photo of the Generate page that the Compare page has taken last."""
    side_by_side: tuple[str, ...] = ()
    """Ids of the two runs that the Compare page has started last; empty before any."""
    stops: Stops = ()
    """Of the path to travel."""
    place: MapPlace | None = None
    """What the map of the studio shows."""
    kept_place: KeptPlace | None = None
    """The same, read from a file and not yet made again."""
    family: Family = field(default_factory=Family)
    """The images of the Explore page."""
    history: History = field(default_factory=History)
    used_at: float = field(default_factory=time.monotonic)
    keeping: threading.Lock = field(default_factory=threading.Lock)
    """Held from looking at the visit until a file holds it, so that the last one written is the newest."""

    def take_handed_instance(self) -> HandedInstance | None:
        """Return what another page has handed over to the Generate page, once."""
        handed, self.handed_instance = self.handed_instance, None
        return handed

    def take_sent_instance(self) -> Chosen | None:
        """Return what was sent to the studio, once."""
        sent, self.sent_instance = self.sent_instance, None
        return sent

    def take_recipe(self) -> Recipe | None:
        """Return the recipe that was sent here or that the page's address holds, once.

        Raises:
            RequestError: if the address holds what cannot be read.
        """
        sent, link = self.sent_recipe, self.link
        self.sent_recipe, self.link = None, ""
        return sent or (read_link(link) if link else None)

    def fill_stage(self, part: str, stage: StudioStage) -> None:
        """Remember what a page of the studio shows, in a new mapping: another event may be walking the present one."""
        self.stages = {**self.stages, part: stage}


class Visits:
    """Visits by the name that a browser's tab keeps, of the last ``MAX_VISITS``."""

    def __init__(self, files: VisitFiles | None = None) -> None:
        """Keep visits in ``files`` too; None for as long as this app runs."""
        self._files = files
        self._app = secret_name()
        self._lock = threading.Lock()
        self._visits: OrderedDict[str, Visit] = OrderedDict()
        self._names: OrderedDict[str, str] = OrderedDict()

    def enter(self, request: gr.Request, name: Any) -> Visit:
        """Return the visit that an opened page belongs to, and remember that; ``name`` comes from the browser.

        What follows a "#" in it is the fragment of the page's address.
        """
        name, _, fragment = name.partition("#") if isinstance(name, str) else ("", "", "")
        name = name if is_secret_name(name) else secret_name()
        with self._lock:
            self._names[_session(request)] = name
            while len(self._names) > 10 * MAX_VISITS:
                self._names.popitem(last=False)
            if self._is_elsewhere(name):
                self._visits.pop(name, None)
            visit = self._find(name)
        visit.is_filled, visit.is_class_page_filled, visit.is_untouched = False, False, True
        visit.link = fragment if is_link(fragment) else ""
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
        with visit.keeping:
            self._files.write(name, _to_keep(visit, self._files, self._app))

    def _find(self, name: str) -> Visit:
        visit = self._visits.pop(name, None) or self._reopen(name)
        visit.used_at = time.monotonic()
        self._visits[name] = visit
        while len(self._visits) > MAX_VISITS or next(iter(self._visits.values())).used_at < visit.used_at - KEEP_S:
            forgotten, left = self._visits.popitem(last=False)
            if not self._is_elsewhere(forgotten):
                left.history.delete()
        return visit

    def _is_elsewhere(self, name: str) -> bool:
        """Return whether another app has taken up a visit since this one kept it."""
        kept = self._files.read(name) if self._files else None
        return kept is not None and kept.app != self._app

    def _reopen(self, name: str) -> Visit:
        """Return what files hold of a visit, empty if they hold nothing."""
        kept = self._files.read(name) if self._files else None
        if kept is None or self._files is None:
            return Visit()
        self._files.write(name, replace(kept, app=self._app))
        requests = {part: self._files.request(recipe) for part, (_, recipe) in kept.stages.items()}
        return Visit(
            model=kept.model,
            is_pinned=kept.is_pinned,
            settings=kept.settings,
            kept_instance=kept.instance,
            drawn_settings=kept.drawn,
            stages={part: StudioStage(kept.stages[part][0], drawn) for part, drawn in requests.items() if drawn},
            found_picture=kept.found,
            stops=self._files.stops(kept),
            kept_place=kept.place,
            family=self._files.family(kept),
            history=self._files.history(kept),
            side_by_side=kept.side_by_side,
        )


def _to_keep(visit: Visit, files: VisitFiles, app: str) -> KeptVisit:
    history = visit.history
    return KeptVisit(
        app=app,
        model=visit.model,
        is_pinned=visit.is_pinned,
        settings=visit.settings,
        drawn=visit.drawn_settings,
        instance=visit.kept_instance if visit.chosen is None else KeptInstance.of(visit.chosen),
        stages={part: (stage.seen, files.recipe(stage.request)) for part, stage in visit.stages.items()},
        found=visit.found_picture,
        stops=tuple(files.recipe(stop.drawing()) for stop in visit.stops),
        parts=tuple(PartValues.of(stop.stop.part) for stop in visit.stops),
        place=visit.kept_place if visit.place is None else KeptPlace.of(visit.place),
        lineage=visit.family.lineage.to_json() if visit.family.chosen else "",
        grown=visit.family.chosen,
        side_by_side=visit.side_by_side,
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
