"""Each request of the outside world that the page must refuse, and those it must let through."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from icgan_demo.server.known_endpoints import Inputs, KnownEndpoints
from icgan_demo.server.request_guard import UPLOAD_PATH, AsgiApp, GuardLimits, RequestGuard

LIMITS = GuardLimits(upload_body=5000, other_body=1000, upload_folder=20_000, of_one_address=10_000)
JOIN = "/gradio_api/queue/join"


async def echo(scope, receive, send):
    """Answer 200 with the size of the body, reading it to the end, and the names of the headers."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the sender left")
        size += len(message["body"])
        more = message["more_body"]
    seen = b" ".join(name for name, _ in scope["headers"])
    await send({"type": "http.response.start", "status": 200, "headers": [(b"seen", seen)]})
    await send({"type": "http.response.body", "body": str(size).encode()})


class Page:
    """A guarded echo and what it answers."""

    def __init__(self, upload_dir: Path, app: AsgiApp = echo, **settings: Any) -> None:
        self.uploads = upload_dir
        self.guard = RequestGuard(
            app,
            upload_dir=upload_dir,
            thumbnail_dir=upload_dir.parent / "thumbnails",
            allowed_hosts=("localhost", "demo.example"),
            limits=LIMITS,
            **settings,
        )

    def ask(self, method: str, path: str, body: bytes = b"", chunk: int = 700, **headers: str | None):
        """Return status, headers and text of the answer; a header given as None is left out."""
        given = {"host": "localhost:7860", "content-length": str(len(body)), **headers}
        raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items() if value is not None]
        return self.ask_raw(method, path, raw, body, chunk)

    def ask_raw(self, method: str, path: str, raw: list, body: bytes = b"", chunk: int = 700, **more: Any):
        """Return the same for headers as they come over the wire."""
        scope = {"type": "http", "method": method, "path": path, "headers": raw, "root_path": "", **more}
        answer = []

        def parts() -> Iterator[dict]:
            for start in range(0, max(len(body), 1), chunk):
                more = start + chunk < len(body)
                yield {"type": "http.request", "body": body[start : start + chunk], "more_body": more}
            yield {"type": "http.disconnect"}

        messages = parts()

        async def receive():
            return next(messages)

        async def send(message):
            answer.append(message)

        asyncio.run(self.guard(scope, receive, send))
        assert [message["type"] for message in answer] == ["http.response.start", "http.response.body"]
        return answer[0]["status"], dict(answer[0]["headers"]), answer[1]["body"].decode()

    def post_json(self, value: object, **headers: str | None):
        return self.ask("POST", JOIN, json.dumps(value).encode(), **headers)


@pytest.fixture
def page(tmp_path):
    return Page(tmp_path / "uploads")


@pytest.mark.parametrize("host", ["localhost:7860", "LOCALHOST", "demo.example"])
def test_own_names_are_answered(page, host):
    assert page.ask("GET", "/", host=host)[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "",
        "[",
        "10.0.0.5:7860",
        None,
        "localhost:7860, evil.example",
        "localhost,evil.example",
        "localhost evil.example",
        "evil.example@localhost",
        "localhost@evil.example",
        "localhost/evil",
        "localhost:",
        "localhost:port",
        "localhost:7860:7860",
        "http://localhost",
        "localhost#x",
    ],
)
def test_a_foreign_host_is_refused_which_stops_dns_rebinding(page, host):
    status, _, text = page.ask("GET", "/", host=host)
    assert status == 400
    assert "not one of this page's own" in text


def test_literal_addresses_are_good_hosts_where_the_page_is_open_to_the_network(tmp_path):
    page = Page(tmp_path, allow_ip_hosts=True)
    assert page.ask("GET", "/", host="192.168.1.20:7860")[0] == 200
    assert page.ask("GET", "/", host="[fe80::1]:7860")[0] == 200
    assert page.ask("GET", "/", host="evil.example")[0] == 400


def test_two_hosts_are_refused_even_if_each_is_known(page):
    assert page.ask_raw("GET", "/", [(b"host", b"localhost"), (b"host", b"localhost")])[0] == 400
    assert page.ask_raw("GET", "/", [(b"host", b"localhost"), (b"Host", b"evil.example")])[0] == 400


FORWARDED = {
    "x_forwarded_host": "evil.example",
    "x_forwarded_proto": "https",
    "x_gradio_server": "http://evil.example/",
}


@pytest.mark.parametrize("name", FORWARDED)
def test_forwarded_headers_do_not_count_where_no_proxy_is_trusted(page, name):
    status, headers, _ = page.ask("GET", "/", **{name: FORWARDED[name]})
    assert status == 200
    assert headers[b"seen"] == b"host content-length"


def test_a_trusted_proxy_may_say_how_the_page_was_asked_for_but_not_for_another_page(tmp_path):
    page = Page(tmp_path, trusts_proxy=True)
    status, headers, _ = page.ask("GET", "/", x_forwarded_host="demo.example", x_forwarded_proto="https")
    assert status == 200
    assert b"x-forwarded-host x-forwarded-proto" in headers[b"seen"]
    assert page.ask("GET", "/", x_forwarded_host="evil.example")[0] == 400
    assert page.ask("GET", "/", x_forwarded_host="demo.example, evil.example")[0] == 400
    assert page.ask("GET", "/", x_gradio_server="http://evil.example/x")[0] == 400
    assert page.ask("GET", "/", x_gradio_server="http://localhost:7861")[0] == 200


@pytest.mark.parametrize("root", ["/app", "/app/", "https://demo.example/app"])
@pytest.mark.parametrize("prefix", ["", "/app"])
def test_uploads_below_a_root_path_may_be_as_large_as_elsewhere(page, root, prefix):
    """Behind a proxy that does not strip the prefix, a photo above 1 MB was refused."""
    raw = [(b"host", b"localhost"), (b"content-length", b"4000")]
    assert page.ask_raw("POST", prefix + UPLOAD_PATH, raw, bytes(4000), root_path=root)[::2] == (200, "4000")
    assert page.ask_raw("POST", prefix + JOIN, raw, bytes(4000), root_path=root)[0] == 413
    assert page.ask_raw("POST", "/apple" + UPLOAD_PATH, raw, bytes(4000), root_path=root)[0] == 413


ENDPOINTS = KnownEndpoints({"generate": Inputs(3, 2)}, {0: Inputs(), 7: Inputs(1, 0)}, frozenset({3}))


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("call/generate", {"data": [1, 2]}, 200),
        ("call/generate/", {"data": [1, 2, 3], "session_hash": "abc"}, 200),
        ("call/generate", {"data": [1]}, 422),
        ("call/generate", {"data": []}, 422),
        ("call/nothing", {"data": []}, 404),
        ("call/v2/nothing", {}, 404),
        ("call/generate", {"data": [], "session_hash": ""}, 422),
        ("call/generate", {"data": [], "session_hash": 5}, 422),
        ("queue/join", {"data": [], "fn_index": 7, "session_hash": "abc"}, 422),
        ("queue/join", {"data": [1], "fn_index": 7, "session_hash": "abc"}, 200),
        ("queue/join", {"data": [], "fn_index": -1, "session_hash": "abc"}, 404),
        ("queue/join", {"data": [], "fn_index": 99999, "session_hash": "abc"}, 404),
        ("queue/join", {"data": [], "fn_index": True, "session_hash": "abc"}, 404),
        ("queue/join", {"data": [], "session_hash": "abc"}, 404),
        ("queue/join", {"data": [], "fn_index": 7, "session_hash": ""}, 422),
        ("queue/join", {"data": [], "fn_index": 7, "session_hash": "x" * 500}, 422),
        ("run/generate", {"data": [1, 2, 3]}, 200),
        ("run/generate", {"data": [1, 2]}, 422),
        ("run/generate", {"data": "abc"}, 200),
        ("run/predict", {"data": [], "fn_index": 0}, 200),
        ("run/predict", {"data": [], "fn_index": 10**30}, 404),
        ("api/nothing", {"data": []}, 404),
        ("component_server", {"component_id": 3}, 200),
        ("component_server", {"component_id": -1}, 404),
        ("cancel", {"fn_index": -1}, 200),
    ],
)
def test_what_the_page_does_not_have_is_a_plain_answer(tmp_path, path, body, status, caplog):
    caplog.set_level("INFO")
    page = Page(tmp_path, endpoints=ENDPOINTS)
    answer = page.ask("POST", f"/gradio_api/{path}", json.dumps(body).encode())
    assert answer[0] == status
    assert len(caplog.records) == (status != 200)
    if status != 200:
        assert json.loads(answer[2])["detail"].endswith(".")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
def test_a_post_from_another_site_is_refused(page, origin):
    assert page.ask("POST", UPLOAD_PATH, b"x", origin=origin)[0] == 403


@pytest.mark.parametrize("origin", ["http://localhost:7860", "https://demo.example", None])
def test_a_post_from_this_site_or_from_a_program_passes(page, origin):
    assert page.ask("POST", UPLOAD_PATH, b"x", origin=origin)[0] == 200


def test_an_upload_may_be_larger_than_other_bodies(page):
    assert page.ask("POST", UPLOAD_PATH, bytes(4000))[::2] == (200, "4000")
    assert page.ask("POST", JOIN, bytes(4000))[0] == 413


@pytest.mark.parametrize("path", [UPLOAD_PATH, JOIN])
@pytest.mark.parametrize("length", [None, "10", "-1", "ten"])
def test_a_body_beyond_the_limit_is_refused_whatever_its_length_claims(page, path, length):
    status, _, text = page.ask("POST", path, bytes(9000), content_length=length)
    assert status == 413
    assert json.loads(text)["detail"].startswith("This request is too large")


def ask_from(page, address, body, **headers):
    raw = [
        (name.replace("_", "-").encode(), value.encode()) for name, value in {"host": "localhost", **headers}.items()
    ]
    return page.ask_raw("POST", UPLOAD_PATH, raw, body, client=(address, 1))[::2]


def test_one_address_does_not_use_up_the_space_of_all(page):
    """2 GB were gone after 80 uploads of one visitor, and nobody else could upload for an hour."""
    for _ in range(3):
        assert ask_from(page, "1.1.1.1", bytes(3000))[0] == 200
    refused = ask_from(page, "1.1.1.1", bytes(3000), content_length="3000")
    assert refused[0] == 429
    assert "its share of the space" in refused[1]
    assert ask_from(page, "2.2.2.2", bytes(3000))[0] == 200
    assert ask_from(page, "2001:db8::1", bytes(4900))[0] == 200
    assert ask_from(page, "2001:db8::2", bytes(4900))[0] == 200
    assert ask_from(page, "2001:db8::3", bytes(300), content_length="300")[0] == 429, "one customer has 2^64 addresses"


def test_an_address_is_the_proxys_word_where_one_is_trusted(tmp_path):
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    direct, proxied = Page(uploads), Page(uploads, trusts_proxy=True)
    for page in (direct, proxied):
        for number in range(3):
            ask_from(page, "10.0.0.1", bytes(4000), x_forwarded_for=f"9.9.9.9, 1.1.1.{number}")
    given = {"content_length": "4000", "x_forwarded_for": "9.9.9.9, 1.1.1.7"}
    assert ask_from(direct, "10.0.0.1", bytes(4000), **given)[0] == 429
    assert ask_from(proxied, "10.0.0.1", bytes(4000), **given)[0] == 200


def test_an_upload_that_breaks_off_is_a_line_in_the_log(page, caplog):
    """Each left a traceback of fifty lines, and there is nobody to answer."""
    caplog.set_level("INFO")
    scope = {"type": "http", "method": "POST", "path": UPLOAD_PATH, "headers": [(b"host", b"localhost")]}
    messages = iter([{"type": "http.request", "body": b"x" * 70, "more_body": True}, {"type": "http.disconnect"}])

    async def receive():
        return next(messages)

    answers = []
    asyncio.run(page.guard(scope, receive, answers.append))
    assert answers == []
    assert caplog.messages == ["an upload broke off after 70 bytes"]


def test_what_broken_uploads_have_left_goes_and_nothing_else(page):
    """Each left up to 25 MB for as long as the page ran: 80 of them, and nobody could upload any longer."""
    old, new = page.uploads / "tmp9_vol2r0", page.uploads / "tmp9mt4oyt1"
    kept = [new, page.uploads / "tmp", page.uploads / "abc" / "tmp9_vol2r0", page.uploads / "photo.png"]
    (page.uploads / "abc").mkdir(parents=True)
    for path in (old, *kept):
        path.write_bytes(b"x")
        if path != new:
            os.utime(path, (1, 1))
    assert page.ask("POST", UPLOAD_PATH, b"x")[0] == 200
    assert not old.exists()
    assert all(path.exists() for path in kept)


def test_uploads_wait_while_the_upload_folder_is_full(page):
    (page.uploads / "old").mkdir(parents=True)
    (page.uploads / "old" / "photo.png").write_bytes(bytes(19_000))
    assert page.ask("POST", UPLOAD_PATH, bytes(2000))[0] == 507
    (page.uploads / "old" / "photo.png").unlink()
    assert page.ask("POST", UPLOAD_PATH, bytes(2000))[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "http://127.0.0.1:9/x.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "uploads/../../etc/passwd",
        "a\0b",
        7,
    ],
)
@pytest.mark.parametrize("wrap", [lambda file: file, lambda file: [[{"deep": file}]]])
def test_a_file_that_was_not_uploaded_is_refused(page, path, wrap):
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    status, _, text = page.post_json({"data": [wrap(file)]})
    assert status == 400
    assert json.loads(text)["detail"] == "Please upload the file."


def test_a_path_that_climbs_out_of_the_upload_folder_is_refused(page):
    assert page.post_json({"data": [{"path": f"{page.uploads}/../secret.png"}]})[0] == 400


def test_an_uploaded_file_and_an_empty_one_pass_and_the_body_arrives_whole(page):
    value = {"data": [{"path": f"{page.uploads}/abc/photo.png"}, {"path": None}, "path", 1.5]}
    assert page.post_json(value)[::2] == (200, str(len(json.dumps(value))))


def test_a_click_on_a_thumbnail_passes(page):
    """Gradio sends the file of a clicked gallery item along; refusing it broke the bank."""
    clicked = {"image": {"path": f"{page.uploads.parent}/thumbnails/a.png"}}
    assert page.post_json({"event_data": {"index": 0, "value": clicked}})[0] == 200


def test_what_is_no_json_is_left_to_gradio(page):
    assert page.ask("POST", JOIN, b"[" * 900)[0] == 200
    assert page.ask("POST", JOIN, b"")[0] == 200


@pytest.mark.parametrize("path", ["/gradio_api/file=http://127.0.0.1:9/x", "/gradio_api/proxy=https://a.hf.space/x"])
def test_files_of_other_servers_are_not_fetched(page, path):
    assert page.ask("GET", path)[0] == 403


def test_every_answer_carries_the_protective_headers(tmp_path):
    page = Page(tmp_path, frame_ancestors=("https://huggingface.co",))
    for host in ("localhost", "evil.example"):
        headers = page.ask("GET", "/", host=host)[1]
        assert headers[b"x-content-type-options"] == b"nosniff"
        assert headers[b"content-security-policy"] == b"frame-ancestors 'self' https://huggingface.co"


@pytest.mark.parametrize(("kind", "is_told"), [("text/event-stream; charset=utf-8", True), ("application/json", False)])
def test_a_proxy_is_told_to_pass_events_on_as_they_come(tmp_path, kind, is_told):
    async def answer(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind.encode())]})
        await send({"type": "http.response.body", "body": b"data: 1"})

    page = Page(tmp_path, app=answer)
    assert (page.ask("GET", "/gradio_api/queue/data")[1].get(b"x-accel-buffering") == b"no") is is_told
