"""Puts the Train page together."""

import gradio as gr

from icgan_demo.service.training_desk import TrainingDesk
from icgan_demo.ui import training_hub, training_live, training_tab
from icgan_demo.ui.events import AT_ONCE
from icgan_demo.ui.parts import go_to
from icgan_demo.ui.services import Services
from icgan_demo.ui.training_widgets import TrainingWidgets
from icgan_demo.ui.visits import Visits, entered


def lay_out(services: Services, desk: TrainingDesk, visits: Visits, demo: gr.Blocks) -> None:
    """Lay the page out inside the current ``gr.Blocks``, and connect it; the Generate page takes a finished model."""
    w = TrainingWidgets(desk.limits, desk.browser_secret)
    live = training_live.LiveRun(services, desk, w, visits)
    tab = training_tab.TrainingTab(services, desk, w, live)
    entered(demo, visits)
    training_live.wire(live, w, demo)
    training_tab.wire(tab, w, demo)
    training_hub.wire(training_hub.HubForm(desk), w)
    w.use.click(live.use, [w.shown], None, **AT_ONCE).success(None, js=go_to("generate"))
