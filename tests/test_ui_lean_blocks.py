"""What pages are told of components, and that no visitor's values come into what is told to others."""

import asyncio
import json
import re
import urllib.request
from copy import copy
from types import SimpleNamespace

import gradio as gr
import gradio.blocks
import pytest
from gradio.routes import App
from gradio.state_holder import SessionState
from live_page import launched

from icgan_demo.ui.lean_blocks import FOR_PROGRAMS, OFF, UNREAD, LeanBlocks


def length(word: str) -> int:
    """Return the number of letters."""
    return len(word)


@pytest.fixture
def app():
    with LeanBlocks() as demo:
        name, greeting = gr.Textbox("x"), gr.Textbox()
        gr.Button().click(lambda word: word, name, greeting, api_visibility="private")
        gr.api(length, api_name="length")
    return demo


def test_only_what_programs_call_is_explained_to_them(app):
    private = app.config["components"][0]
    public = next(component for component in app.config["components"] if component["type"] == "api")
    assert not set(FOR_PROGRAMS) & set(private)
    assert {"api_info_as_input", "skip_api"} == set(FOR_PROGRAMS) & set(public)  # it is an input alone
    assert list(app.get_api_info()["named_endpoints"]) == ["/length"]


def test_what_no_page_reads_is_not_told(app):
    component = app.config["components"][0]
    event = next(event for event in app.config["dependencies"] if event["api_visibility"] == "private")
    assert not set(UNREAD) & set(component["props"])
    assert not set(OFF) & set(event)
    assert gr.Textbox.get_component_class_id().startswith(component["component_class_id"])


def test_a_page_is_told_of_itself_alone():
    """Each was told what all others consist of, a tenth of what it had to read before it could be used."""
    with LeanBlocks() as demo:
        gr.HTML("first")
        for path in ("second", "third"):
            demo.pages.append((path, path, True))
            demo.current_page = path
            gr.HTML(path)
    with launched(demo) as url:
        for path, value in (("", "first"), ("second", "second"), ("third", "third")):
            html = urllib.request.urlopen(f"{url}{path}").read().decode()
            told = json.loads(re.search(r"gradio_config = (.*?);?</script>", html, re.S)[1])
            assert list(told["page"]) == [path]
            assert [component["props"].get("value") for component in told["components"]] == [value]
            assert told["page"][path]["components"] == [component["id"] for component in told["components"]]
        for _ in range(8):  # whichever thread answers: programs ask for all pages
            urllib.request.urlopen(f"{url}second").read()
            config = json.loads(urllib.request.urlopen(f"{url}config").read())
            assert list(config["page"]) == ["", "second", "third"]


@pytest.mark.parametrize(("visibility", "at_the_end"), [("private", gr.skip()), ("public", "second")])
def test_an_event_of_a_page_ends_without_telling_its_last_answer_again(visibility, at_the_end):
    """Whatever a visitor typed or clicked between the last answer and the end was undone."""

    def answer():
        yield "first"
        yield "second"

    with LeanBlocks() as demo:
        gr.Button().click(answer, None, gr.Textbox(), api_visibility=visibility)
    [asked] = demo.fns.values()
    told = [
        demo.handle_streaming_diffs(asked, [value], "session", "run", final)[0]
        for value, final in (("first", False), ("second", False), (None, True))
    ]
    assert told[0] == "first"
    assert told[2] == at_the_end


def test_of_two_answers_that_arrive_together_the_first_is_not_edited_away():
    """The page edits the object in place that a component has just been given: the instance's image did not come."""
    image, nothing_new, two = {"path": "a.png", "meta": {"a": 1}}, gr.skip(), ["a", "b"]
    with LeanBlocks() as demo:
        gr.Button().click(lambda: None, None, gr.Image(), api_visibility="private")
    [asked] = demo.fns.values()
    answers = [nothing_new, image, nothing_new, nothing_new, {**image, "meta": {"a": 2}}, ["a"], two]
    told = [demo.handle_streaming_diffs(asked, [value], "session", "run", False)[0] for value in answers]
    assert told == [
        nothing_new,
        [["replace", [], image]],
        [["replace", [], nothing_new]],
        [],
        [["replace", [], answers[4]]],
        [["replace", [], ["a"]]],
        [["add", [1], "b"]],  # a gallery that grows is told what is new
    ]


def test_a_visitors_values_do_not_come_into_the_descriptions_of_others(app):
    first, second = SessionState(app), SessionState(app)
    name = app.config["components"][0]["id"]
    first._update_value_in_config(name, "mine")
    assert first.config_values[name]["props"]["value"] == "mine"
    assert second.config_values[name]["props"]["value"] == "x"
    assert SessionState(app).config_values[name]["props"]["value"] == "x"


def test_components_are_described_once_for_all_visitors(app, monkeypatch):
    SessionState(app)
    monkeypatch.setattr(gr.Textbox, "get_config", lambda self: pytest.fail("described again"))
    assert len(SessionState(app).config_values) == len(app.blocks)
    assert copy(app.default_config)._described is app.default_config._described


def test_a_server_is_made_when_the_page_is_opened_and_not_before(app):
    assert app.queue(max_size=3) is app
    assert app.app is None
    assert gradio.blocks.App is App


def test_what_a_visitor_changed_is_used_and_not_described_again(app, monkeypatch):
    """Two thirds of the time of an answer went into descriptions, with schemas, that only deep links would read."""
    session = SessionState(app)
    name = app.config["components"][0]["id"]
    monkeypatch.setattr(gr.Textbox, "get_config", lambda *_: pytest.fail("described again"))
    session[name] = changed = gr.Textbox("another", render=False)
    session._update_config(name)
    assert session[name] is changed
    assert session.config_values[name]["id"] == name
    assert SessionState(app).config_values[name]["props"]["value"] == "x"


@pytest.mark.parametrize("value", [5, ["x"], {"path": 5}, {"video": "x"}])
def test_values_that_no_widget_sends_are_a_sentence_and_a_line_in_the_log(value, capsys, caplog):
    """Each left a traceback, and the answer said nothing."""
    caplog.set_level("INFO")
    with LeanBlocks() as demo:
        photo = gr.Image(type="filepath")
        gr.Button().click(lambda given: None, photo, None, api_name="take")
    with pytest.raises(gr.Error, match="These values do not fit") as refused:
        asyncio.run(demo.preprocess_data(demo.fns[0], [value], None))
    assert not refused.value.print_exception
    assert [message for message in caplog.messages if "do not fit" in message]
    assert capsys.readouterr().err == ""


def test_a_value_out_of_a_widgets_range_is_told_without_a_traceback():
    with LeanBlocks() as demo:
        choice = gr.Dropdown(["a"])
        gr.Button().click(lambda given: None, choice, None)
    with pytest.raises(gr.Error, match="not in the list") as refused:
        asyncio.run(demo.preprocess_data(demo.fns[0], ["<b>"], None))
    assert not refused.value.print_exception
    assert "<b" not in refused.value.message


def test_what_is_wrong_with_a_value_is_told_in_the_visitors_language():
    """A widget looks at its value before the handler runs, for whose time alone Gradio notes who asks."""
    with LeanBlocks() as demo:
        number = gr.Number(minimum=0)
        gr.Button().click(lambda given: given, number, None)
    korean = SimpleNamespace(headers={"accept-language": "ko"})
    for value, said in [(-5, "-5: 최솟값 0보다 작습니다."), ({"path": 5}, "값이 맞지 않습니다.")]:
        with pytest.raises(gr.Error, match=said):
            asyncio.run(demo.process_api(demo.fns[0], [value], request=korean, state=SessionState(demo)))
