"""Puts the Train tab together and connects it to the Generate tab."""

from typing import Any

import gradio as gr

from icgan_demo.service.training_desk import TrainingDesk
from icgan_demo.ui import training_hub, training_live, training_tab
from icgan_demo.ui.events import AT_ONCE
from icgan_demo.ui.generate_widgets import GenerateWidgets
from icgan_demo.ui.model_panel import ModelPanel, offered
from icgan_demo.ui.services import Services
from icgan_demo.ui.texts import text
from icgan_demo.ui.training_widgets import TrainingWidgets


class TrainingPage:
    """Lays the tab out on construction, inside the current ``gr.Tabs``."""

    def __init__(self, services: Services, desk: TrainingDesk) -> None:
        self._services = services
        self._desk = desk
        with gr.Tab(text("tab_train"), id="train", elem_id="train-tab") as self._tab:
            self.widgets = TrainingWidgets(desk.limits, desk.browser_secret)

    def wire(self, generate: GenerateWidgets, panel: ModelPanel, card: gr.HTML, tabs: gr.Tabs, demo: gr.Blocks) -> None:
        """Connect the tab; ``generate`` and ``panel`` take over a finished model."""
        w = self.widgets
        live = training_live.LiveRun(self._services, self._desk, w, generate.model)
        tab = training_tab.TrainingTab(self._services, self._desk, w, live)
        training_live.wire(live, w, generate.model, demo)
        training_tab.wire(tab, w, self._tab, generate.model, demo)
        training_hub.wire(training_hub.HubForm(self._desk), w)
        # Loading has a line of its own: it waits for no drawing, and no drawing for it.
        loading: dict[str, Any] = {"concurrency_id": "load", "concurrency_limit": None, "api_visibility": "private"}
        w.use.click(live.use, [w.shown], [generate.model], **AT_ONCE).success(
            panel.changed, [generate.model], offered(generate, card), show_progress="hidden", **loading
        ).success(lambda: gr.Tabs(selected="generate"), None, tabs, **AT_ONCE)
