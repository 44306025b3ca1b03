"""The finished model onto the Hub: a form whose token is used once."""

from html import escape
from typing import Any

import gradio as gr

from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.texts.language import language_of, say
from icgan_demo.ui.train.live_run import ShownRun
from icgan_demo.ui.train.train_widgets import TrainWidgets


class HubForm:
    """Answers the form's button."""

    def __init__(self, training: TrainingService, endpoint: str | None = None) -> None:
        self._training = training
        self._endpoint = endpoint

    def push(
        self, request: gr.Request, shown: ShownRun | None, repository: str, token: str, private: bool
    ) -> tuple[str, str]:
        """Send the model; returns where it is, and an empty token for the form."""
        from icgan_demo.service.training.hub_push import push_model  # here: it brings torch and the Hub's library

        with shown_to_visitor():
            folder = self._training.jobs.model_folder(shown.run_id if shown else "")
            address = push_model(folder, repository, token, private=private, endpoint=self._endpoint)
            link = f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{escape(address)}</a>'
            return say(language_of(request), "train_hub_done", address=link), ""


def wire(form: HubForm, w: TrainWidgets) -> None:
    """Connect the form."""
    events: dict[str, Any] = {"concurrency_id": "train", "concurrency_limit": 2, "api_visibility": "private"}
    w.push.click(form.push, [w.shown, w.repository, w.token, w.private], [w.pushed, w.token], **events)
