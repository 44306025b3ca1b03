"""The one place that turns our errors into what a visitor reads."""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr
from gradio.context import LocalContext

from icgan_demo.errors import DemoError
from icgan_demo.ui.texts.error_texts import in_language
from icgan_demo.ui.texts.language import language_of

logger = logging.getLogger(__name__)


def as_text(sentence: str) -> str:
    """Return a sentence that reads the same and can hold no element, for Gradio's messages, which are HTML.

    Not escaped, because programs read the same sentence: a bracket that no letter follows begins no element (HTML
    Living Standard, tag open state), and a word joiner is invisible.
    """
    return sentence.replace("<", "<\u2060")


def in_their_language(sentence: str) -> str:
    """Return an error's sentence in the language of the visitor whose request is answered; English for programs."""
    return in_language(sentence, language_of(LocalContext.request.get(None)))


def warn(sentence: str) -> None:
    """Show a visitor a warning, in their language; what it repeats may come from outside."""
    gr.Warning(as_text(in_their_language(sentence)))


def inform(sentence: str) -> None:
    """Show a visitor a piece of news; what it repeats may come from outside."""
    gr.Info(as_text(sentence))


@contextmanager
def shown_to_visitor() -> Iterator[None]:
    """Turn errors of the block into one plain sentence on the page or in the client, in the visitor's language.

    A context manager and not a decorator, because a decorator would miss what a generator handler raises between
    its yields. ``GeneratorExit`` passes through, so Stop still ends a handler.
    """
    try:
        yield
    except gr.Error:
        raise
    except DemoError as error:
        raise _shown(str(error)) from error
    except MemoryError as error:
        logger.exception("out of memory")
        raise _shown("This machine is out of memory. Ask for fewer images.") from error
    except Exception as error:
        incident = secrets.token_hex(4)
        logger.exception("incident %s", incident)
        raise _shown(f"Something went wrong here (incident {incident}). Please try again.") from error


def _shown(sentence: str) -> gr.Error:
    return gr.Error(as_text(in_their_language(sentence)), print_exception=False)
