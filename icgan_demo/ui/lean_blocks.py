"""``gr.Blocks`` for an app of many components and of strangers: pages are told less, and components described once."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr
import gradio.blocks
from gradio.blocks import Block, BlockFunction, BlocksConfig
from gradio.renderable import Renderable

from icgan_demo.errors import RequestError
from icgan_demo.ui.common.feedback import as_text, shown_to_visitor

logger = logging.getLogger(__name__)

MISFIT = 'These values do not fit. See "Use via API", or reload the page.'
FOR_PROGRAMS = ("api_info", "api_info_as_input", "api_info_as_output", "example_inputs")
"""Of a component's description; only endpoints that programs call are explained by them. They are half of it all."""
UNREAD = ("preserved_by_key", "delete_callback")
"""Settings of components that no script of Gradio 6.31's pages reads."""
OFF = (
    "collects_event_data", "component_prop_inputs", "event_specific_args", "js_implementation", "scroll_to_output",
    "show_progress_on", "trigger_only_on_failure", "trigger_only_on_success",
)  # fmt: skip
"""Of an event's description; where they are off, a page takes their absence for the same."""
CLASS_ID = 8
"""Characters of a component class's hash that are kept: enough to tell a page's two dozen classes apart."""


class LeanBlocks(gr.Blocks):
    """Blocks whose configuration has ``FOR_PROGRAMS`` only where programs call."""

    def __init__(self, **settings: Any) -> None:
        with _no_server_yet():
            super().__init__(**settings)
        self.default_config = _DescribedOnce(self)

    def __exit__(self, *error: Any) -> None:
        """End the laying out: from now on components are as they were built."""
        self.exited = True
        with _no_server_yet():
            super().__exit__(*error)

    def queue(self, *settings: Any, **more: Any) -> "LeanBlocks":
        """Set the queue up, as ``gr.Blocks`` does."""
        with _no_server_yet():
            super().queue(*settings, **more)
        return self

    def get_config_file(self) -> Any:
        """Return the configuration that pages are made of."""
        config = super().get_config_file()
        public = [event for event in self.fns.values() if event.api_visibility != "private"]
        called = {block._id for event in public for block in (*event.inputs, *event.outputs)}
        for component in config["components"]:
            if component["id"] not in called:
                for key in FOR_PROGRAMS:
                    component.pop(key, None)
                component["component_class_id"] = component["component_class_id"][:CLASS_ID]
            for key in UNREAD:
                component["props"].pop(key, None)
        for event in config["dependencies"]:
            if event["api_visibility"] == "private":
                for key in ("api_description", *(key for key in OFF if not event.get(key))):
                    event.pop(key, None)
        return config

    async def preprocess_data(self, block_fn: BlockFunction, *values: Any, **settings: Any) -> Any:
        """Return what a handler gets; values that no widget sends are a sentence, and one line in the log."""
        try:
            return await super().preprocess_data(block_fn, *values, **settings)
        except gr.Error as error:  # of a widget, about a value out of its range
            error.message, error.print_exception = as_text(str(error.message)), False
            raise
        except Exception as error:
            logger.info("values for %.100r do not fit: %s", block_fn.api_name or block_fn.name, type(error).__name__)
            with shown_to_visitor():
                raise RequestError(MISFIT) from error


@contextmanager
def _no_server_yet() -> Iterator[None]:
    """Keep Gradio 6.31 from making a server and a configuration at each step of the building: ``launch`` makes both."""
    app = gradio.blocks.App
    gradio.blocks.App = _NoServer  # type: ignore[misc, assignment]
    try:
        yield
    finally:
        gradio.blocks.App = app  # type: ignore[misc]


class _NoServer:
    @staticmethod
    def create_app(*_: Any, **__: Any) -> None:
        """Make nothing."""


class _DescribedOnce(BlocksConfig):
    """Keeps the descriptions of the components as they were built.

    Gradio 6.31 makes them again, of all pages, for each page that is opened: 0.3 s before its first answer.
    """

    def __init__(self, root_block: gr.Blocks) -> None:
        super().__init__(root_block)
        self._described: dict[int, dict[str, Any]] = {}

    def __copy__(self) -> "_DescribedOnce":
        new = _DescribedOnce(self.root_block)
        vars(new).update(vars(super().__copy__()) | {"_described": self._described})
        return new

    def config_for_block(  # type: ignore[override]  # Gradio calls it by an instance alone
        self, _id: int, rendered_ids: list[int], block: Block, renderable: Renderable | None = None
    ) -> dict[str, Any]:
        """Return the description of a component, from memory if it is as it was built."""
        if renderable is not None or self.root_block.blocks.get(_id) is not block or not self.root_block.exited:
            return super().config_for_block(_id, rendered_ids, block, renderable)
        if _id not in self._described:
            self._described[_id] = super().config_for_block(_id, rendered_ids, block)
        known = self._described[_id]
        return {**known, "props": dict(known["props"])}  # a visitor's values are written into it
