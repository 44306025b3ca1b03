"""Each request of the outside world that the page must refuse, and those it must let through."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from icgan_demo.ui.request_guard import UPLOAD_PATH, GuardLimits, RequestGuard

LIMITS = GuardLimits(upload_body=5000, other_body=1000, upload_folder=20_000)
JOIN = "/gradio_api/queue/join"


async def echo(scope, receive, send):
    """Answer 200 with the size of the body, reading it to the end."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the sender left")
        size += len(message["body"])
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


class Page:
    """A guarded echo and what it answers."""

    def __init__(self, upload_dir: Path, **settings: Any) -> None:
        self.uploads = upload_dir
        self.guard = RequestGuard(
            echo,
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
        scope = {"type": "http", "method": method, "path": path, "headers": raw}
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


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "[", "10.0.0.5:7860", None])
def test_a_foreign_host_is_refused_which_stops_dns_rebinding(page, host):
    status, _, text = page.ask("GET", "/", host=host)
    assert status == 400
    assert "not one of this page's own" in text


def test_literal_addresses_are_good_hosts_where_the_page_is_open_to_the_network(tmp_path):
    page = Page(tmp_path, allow_ip_hosts=True)
    assert page.ask("GET", "/", host="192.168.1.20:7860")[0] == 200
    assert page.ask("GET", "/", host="[fe80::1]:7860")[0] == 200
    assert page.ask("GET", "/", host="evil.example")[0] == 400


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
