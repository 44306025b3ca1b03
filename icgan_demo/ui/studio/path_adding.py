"""From the tools of the Studio to the path of the Travel page: what they show becomes its next stop."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.ui.common.events import ON_QUEUE
from icgan_demo.ui.common.feedback import inform, shown_to_visitor
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.stage.path_stops import draw_stop, one_more
from icgan_demo.ui.stage.studio_result import StudioResult
from icgan_demo.ui.texts.language import language_of, say
from icgan_demo.ui.visitor.places import PathStop
from icgan_demo.ui.visitor.visits import Visits


class PathAdding:
    """Answers the buttons below the pictures."""

    def __init__(self, services: Services, visits: Visits) -> None:
        self._services = services
        self._visits = visits

    def add_stop(self, request: gr.Request, drawn: DrawRequest | None) -> None:
        """Add what a tool shows: its blend and its first seed."""
        with shown_to_visitor():
            if drawn is None:
                raise RequestError("Generate something first.")
            visit, language = self._visits.of(request), language_of(request)
            stop = draw_stop(self._services, PathStop.of(drawn), language, drawn.truncation)
            visit.stops = one_more(visit.stops, stop)
            self._visits.keep(request)
            inform(say(language, "stop_added"))


def wire(adding: PathAdding, results: Sequence[StudioResult]) -> None:
    """Connect the buttons of the tools' results."""
    for result in results:
        clicked: Any = result.add_stop
        clicked.click(adding.add_stop, result.drawn, None, **ON_QUEUE)
