"""The one place that turns our errors into what a visitor reads."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from icgan_demo.errors import DemoError

logger = logging.getLogger(__name__)


def as_text(sentence: str) -> str:
    """Return a sentence that reads the same and can hold no element, for Gradio's messages, which are HTML.

    Not escaped, because programs read the same sentence: a bracket that no letter follows begins no element (HTML
    Living Standard, tag open state), and a word joiner is invisible.
    """
    return sentence.replace("<", "<\u2060")


def warn(sentence: str) -> None:
    """Show a visitor a warning; what it repeats may come from outside."""
    gr.Warning(as_text(sentence))


def inform(sentence: str) -> None:
    """Show a visitor a piece of news; what it repeats may come from outside."""
    gr.Info(as_text(sentence))


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
        raise gr.Error(as_text(str(error)), print_exception=False) from error
    except MemoryError as error:
        logger.exception("out of memory")
        raise gr.Error("This machine is out of memory. Ask for fewer images.", print_exception=False) from error
    except Exception as error:
        incident = secrets.token_hex(4)
        logger.exception("incident %s", incident)
        sentence = f"Something went wrong here (incident {incident}). Please try again."
        raise gr.Error(sentence, print_exception=False) from error
