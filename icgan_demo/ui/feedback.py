"""The one place that turns our errors into what a visitor reads."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from icgan_demo.errors import DemoError

logger = logging.getLogger(__name__)


@contextmanager
def shown_to_visitor() -> Iterator[None]:
    """Turn errors of the block into one plain sentence on the page or in the client.

    A context manager and not a decorator, because a decorator would miss what a generator handler raises between
    its yields. ``GeneratorExit`` passes through, so Stop still ends a handler.
    """
    try:
        yield
    except gr.Error:
        raise
    except DemoError as error:
        raise gr.Error(str(error), print_exception=False) from error
    except MemoryError as error:
        logger.exception("out of memory")
        raise gr.Error("This machine is out of memory. Ask for fewer pictures.", print_exception=False) from error
    except Exception as error:
        incident = secrets.token_hex(4)
        logger.exception("incident %s", incident)
        sentence = f"Something went wrong here (incident {incident}). Please try again."
        raise gr.Error(sentence, print_exception=False) from error
