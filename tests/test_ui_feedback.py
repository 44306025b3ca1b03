"""What a visitor reads when something goes wrong."""

import logging

import gradio as gr
import pytest

from icgan_demo.errors import DemoError, ImageError
from icgan_demo.ui.feedback import shown_to_visitor


def shown(error):
    with pytest.raises(gr.Error) as caught, shown_to_visitor():
        raise error
    return caught.value


def test_our_own_sentences_are_shown_as_they_are():
    error = shown(ImageError("This file is empty."))
    assert error.message == "This file is empty."
    assert error.print_exception is False


def test_a_surprise_is_logged_with_an_id_and_its_words_are_kept_from_the_visitor(caplog):
    with caplog.at_level(logging.ERROR):
        message = shown(RuntimeError("/home/secret/key.pem: token abc")).message
    assert "secret" not in message
    incident = message.split("incident ")[1].split(")")[0]
    assert incident in caplog.text
    assert "/home/secret" in caplog.text


def test_a_full_memory_is_said():
    assert "out of memory" in shown(MemoryError()).message


def test_an_error_for_the_page_passes_unchanged():
    error = gr.Error("as it is")
    assert shown(error) is error


def test_stop_passes_through_a_generator():
    """A handler that swallowed GeneratorExit could not be stopped."""

    def handler():
        with shown_to_visitor():
            yield 1
            yield 2

    running = handler()
    next(running)
    running.close()
    with pytest.raises(StopIteration):
        next(running)


def test_errors_between_the_yields_of_a_generator_are_turned_too():
    def handler():
        with shown_to_visitor():
            yield 1
            raise DemoError("Between.")

    with pytest.raises(gr.Error, match="Between"):
        list(handler())
