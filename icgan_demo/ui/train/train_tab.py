"""Puts the Train page together."""

import gradio as gr

from icgan_demo.service.training.training_desk import TrainingDesk
from icgan_demo.ui.common.events import AT_ONCE
from icgan_demo.ui.common.parts import go_to
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.train import hub_form, live_run, run_setup
from icgan_demo.ui.train.train_widgets import TrainWidgets
from icgan_demo.ui.visitor.visits import Visits, enter_visit


def lay_out(services: Services, desk: TrainingDesk, visits: Visits, demo: gr.Blocks) -> None:
    """Lay the page out inside the current ``gr.Blocks``, and connect it; the Generate page takes a finished model."""
    w = TrainWidgets(desk.limits, desk.browser_secret)
    live = live_run.LiveRun(services, desk, w, visits)
    tab = run_setup.RunSetup(services, desk, w, live)
    enter_visit(demo, visits)
    live_run.wire(live, w, demo)
    run_setup.wire(tab, w, demo)
    hub_form.wire(hub_form.HubForm(desk), w)
    w.use.click(live.use, [w.shown], None, **AT_ONCE).success(None, js=go_to("generate"))
