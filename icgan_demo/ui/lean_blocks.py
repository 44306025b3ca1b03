"""``gr.Blocks`` for an app of many components and of strangers: pages are told less, and components described once."""

import copy
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import gradio as gr
import gradio.blocks
from gradio.blocks import Block, BlockFunction, BlocksConfig
from gradio.context import LocalContext
from gradio.renderable import Renderable

from icgan_demo.errors import RequestError
from icgan_demo.ui.common.feedback import as_text, in_their_language, shown_to_visitor

logger = logging.getLogger(__name__)

MISFIT = 'These values do not fit. See "Use via API", or reload the page.'
FOR_PROGRAMS = ("api_info", "api_info_as_input", "api_info_as_output", "example_inputs", "skip_api")
"""Of a component's description: half of it all. Gradio reads the first and third of outputs and the second of inputs
where it explains the endpoints that programs call; it asks the component for the others."""
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
        inputs = {block._id for event in public for block in event.inputs}
        outputs = {block._id for event in public for block in event.outputs}
        for component in config["components"]:
            is_input, is_output = component["id"] in inputs, component["id"] in outputs
            is_called = is_input or is_output
            read = {
                "api_info": is_output, "api_info_as_input": is_input, "api_info_as_output": is_output,
                "skip_api": is_called,
            }  # fmt: skip
            for key in FOR_PROGRAMS:
                if not read.get(key):
                    component.pop(key, None)
            if not is_called:
                component["component_class_id"] = component["component_class_id"][:CLASS_ID]
            for key in UNREAD:
                component["props"].pop(key, None)
        for event in config["dependencies"]:
            if event["api_visibility"] == "private":
                for key in ("api_description", "max_batch_size", *(key for key in OFF if not event.get(key))):
                    event.pop(key, None)
        config["page"] = _Pages(config["page"])
        return config

    async def process_api(self, block_fn: BlockFunction | int, *values: Any, **settings: Any) -> Any:
        """Answer a request, whose visitor's language is known before the handler runs, too."""
        LocalContext.request.set(settings.get("request"))
        return await super().process_api(block_fn, *values, **settings)

    async def preprocess_data(self, block_fn: BlockFunction, *values: Any, **settings: Any) -> Any:
        """Return what a handler gets; values that no widget sends are a sentence, and one line in the log."""
        try:
            return await super().preprocess_data(block_fn, *values, **settings)
        except gr.Error as error:  # of a widget, about a value out of its range
            error.message, error.print_exception = as_text(in_their_language(str(error.message))), False
            raise
        except Exception as error:
            logger.info("values for %.100r do not fit: %s", block_fn.api_name or block_fn.name, type(error).__name__)
            with shown_to_visitor():
                raise RequestError(MISFIT) from error

    def handle_streaming_diffs(
        self,
        block_fn: BlockFunction,
        data: list[Any],
        session_hash: str | None,
        run: str | None,
        final: bool,
        simple_format: bool = False,
    ) -> list[Any]:
        """Return what is new in an answer; with the end of a page's event, nothing.

        Gradio 6.31 tells the last answer again as it ends, and undoes what a visitor has changed in between. What is
        new it tells as edits of the answer before, which its page makes in the very object that a component was given:
        of two answers that arrive together, the first was lost. So objects are told whole.
        """
        streams = {} if session_hash is None else self.pending_diff_streams[session_hash]
        is_first = run not in streams
        told = super().handle_streaming_diffs(block_fn, data, session_hash, run, final, simple_format)
        if final and run is not None and block_fn.api_visibility == "private":
            return [gr.skip() for _ in told]
        if run is None or is_first or final or simple_format:
            return told
        return [_whole(edits, value) for edits, value in zip(told, streams[run], strict=True)]


def _whole(edits: list[Any], value: Any) -> list[Any]:
    """Return the edits that put ``value`` in the place of an answer before, where it is an object and another one."""
    return [["replace", [], value]] if edits and isinstance(value, dict) else edits


class _Pages(dict[str, Any]):
    """What each page consists of.

    Gradio 6.31 looks a page up, then copies all there are for it, although it reads its own alone: a copy is of the
    page that the same thread has looked up since its last copy, and of all where it has looked none up.
    """

    def __init__(self, pages: Mapping[str, Any]) -> None:
        super().__init__(pages)
        self._asked = threading.local()

    def __getitem__(self, page: str) -> Any:
        self._asked.page = page
        return super().__getitem__(page)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        page = vars(self._asked).pop("page", None)
        return copy.deepcopy(dict(self) if page is None else {page: super().__getitem__(page)}, memo)


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
        """Return the description of a component as it was built, from memory.

        Gradio 6.31 describes what a visitor has again with each answer, schemas and all, for deep links alone, which
        these pages do not have: two thirds of the time of an answer.
        """
        built = self.root_block.blocks.get(_id)
        if renderable is not None or built is None or not self.root_block.exited:
            return super().config_for_block(_id, rendered_ids, block, renderable)
        if _id not in self._described:
            self._described[_id] = super().config_for_block(_id, rendered_ids, built)
        known = self._described[_id]
        return {**known, "props": dict(known["props"])}  # a visitor's values are written into it
