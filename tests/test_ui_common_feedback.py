"""What a visitor reads when something goes wrong."""

import logging
import re
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.context import LocalContext

from icgan_demo.errors import DemoError, ImageError, RequestError
from icgan_demo.ui.common import feedback
from icgan_demo.ui.common.feedback import inform, shown_to_visitor, warn


def shown(error):
    with pytest.raises(gr.Error) as caught, shown_to_visitor():
        raise error
    return caught.value


def test_our_own_sentences_are_shown_as_they_are():
    error = shown(ImageError("This file is empty."))
    assert error.message == "This file is empty."
    assert error.print_exception is False


@pytest.fixture
def korean_visitor():
    """Whoever asks during this test does so with a Korean browser, as Gradio notes it for the time of a handler."""
    before = LocalContext.request.set(SimpleNamespace(headers={"accept-language": "ko-KR,ko;q=0.9"}))
    yield
    LocalContext.request.reset(before)


def test_a_korean_visitor_reads_korean(korean_visitor, monkeypatch):
    assert shown(ImageError("This file is empty.")).message == "빈 파일입니다."
    assert shown(MemoryError()).message == "이 컴퓨터의 메모리가 부족합니다. 이미지 수를 줄여 주세요."
    assert re.fullmatch(r"문제가 생겼습니다\(사고 번호 [0-9a-f]{8}\)\. 다시 시도해 주세요\.", shown(OSError()).message)
    said = []
    monkeypatch.setattr(gr, "Warning", said.append)
    warn("The link is by somebody else.")
    warn("There is no such map.")
    assert said == ["The link is by somebody else.", "그런 지도가 없습니다."]


def test_a_surprise_is_logged_with_an_id_and_its_words_are_kept_from_the_visitor(caplog):
    with caplog.at_level(logging.ERROR):
        message = shown(RuntimeError("/home/secret/key.pem: token abc")).message
    assert "secret" not in message
    incident = message.split("incident ")[1].split(")")[0]
    assert incident in caplog.text
    assert "/home/secret" in caplog.text


def test_what_a_message_repeats_is_text_and_not_markup():
    """Gradio shows messages as HTML: a bracket that no letter follows begins no element, and reads the same."""
    message = shown(RequestError("There is no class '<img src=x onerror=alert(1)>' in </b> <!-- <?x a<b.")).message
    assert not re.search(r"<[A-Za-z!/?]", message)
    assert message.replace("\u2060", "") == "There is no class '<img src=x onerror=alert(1)>' in </b> <!-- <?x a<b."
    parser = ElementsOf()
    parser.feed(message)
    parser.close()
    assert parser.found == []


class ElementsOf(HTMLParser):
    """Notes every element, comment and declaration."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)

    handle_comment = handle_decl = handle_pi = unknown_decl = lambda self, data: self.found.append(data)

    def handle_endtag(self, tag):
        self.found.append(tag)


@pytest.mark.parametrize(("tell", "name"), [(warn, "Warning"), (inform, "Info")])
def test_warnings_and_news_are_text_too(monkeypatch, tell, name):
    said = []
    monkeypatch.setattr(gr, name, said.append)
    tell("<img src=x>")
    assert said == ["<\u2060img src=x>"]


def test_nothing_else_shows_messages():
    """One place knows Gradio's messages, so that none of them is forgotten."""
    pattern = re.compile(r"gr\.(Warning|Info|Error|Success)\(")
    sources = Path(feedback.__file__).parents[2].rglob("*.py")
    assert [path.name for path in sources if pattern.search(path.read_text())] == ["feedback.py"]


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
