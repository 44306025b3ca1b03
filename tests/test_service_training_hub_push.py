"""A model on its way to the Hub, against a server of our own that speaks as much of the Hub as is needed."""

import base64
import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from icgan_demo.errors import RequestError
from icgan_demo.service.training.hub_push import push_model

TOKEN = "hf_averysecrettokenofavisitor"


class StubHub:
    """Repositories by name, with their files; ``status`` refuses everything."""

    def __init__(self):
        self.repositories, self.tokens, self.status = {}, set(), 200
        self.refuses_files = False

    def answer(self, path, body):
        if self.refuses_files and "/commit/" in path:
            self.status = 507
        if self.status != 200:
            return {"error": f"refused, because of {TOKEN}"}
        if path == "/api/repos/create":
            name = json.loads(body)["name"]
            owner = json.loads(body).get("organization") or "visitor"
            self.repositories[f"{owner}/{name}"] = {"visibility": json.loads(body).get("visibility"), "files": {}}
            return {"url": f"{self.url}/{owner}/{name}"}
        if path == "/api/validate-yaml":
            return {"errors": [], "warnings": []}
        if "/preupload/" in path:
            files = json.loads(body)["files"]
            return {"files": [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]}
        repository = self.repositories[path.removeprefix("/api/models/").partition("/commit/")[0]]
        for line in body.splitlines():
            entry = json.loads(line)
            if entry["key"] == "file":
                repository["files"][entry["value"]["path"]] = base64.b64decode(entry["value"]["content"])
        return {"commitUrl": f"{self.url}/visitor/x/commit/abc", "commitOid": "abc", "pullRequestUrl": None}


@pytest.fixture
def hub():
    stub = StubHub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):  # the name is the server's
            stub.tokens.add(self.headers.get("authorization"))
            body = self.rfile.read(int(self.headers["content-length"]))
            content = json.dumps(stub.answer(self.path, body)).encode()
            self.send_response(stub.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *words):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stub.url = f"http://127.0.0.1:{server.server_port}"
    yield stub
    server.shutdown()
    server.server_close()


def test_a_model_arrives_whole_private_and_with_a_page(hub, models_folder):
    address = push_model(models_folder / "tiny", "visitor/mine", TOKEN, endpoint=hub.url)
    assert address.endswith("visitor/mine")
    repository = hub.repositories["visitor/mine"]
    assert repository["visibility"] == "private"
    assert repository["files"]["card.json"] == (models_folder / "tiny" / "card.json").read_bytes()
    assert set(repository["files"]) == {path.name for path in (models_folder / "tiny").iterdir()} | {"README.md"}
    page = repository["files"]["README.md"].decode()
    assert page.startswith("---\n")
    assert "Tiny tiny" in page
    assert hub.tokens == {f"Bearer {TOKEN}"}


def test_it_is_public_only_when_asked(hub, models_folder):
    push_model(models_folder / "tiny", "mine", TOKEN, private=False, endpoint=hub.url)
    assert hub.repositories["visitor/mine"]["visibility"] == "public"


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "does not know this token"),
        (403, "may not write"),
        (409, "already"),
        (500, "refused"),
    ],
)
def test_a_refusal_is_one_sentence_and_the_token_is_in_no_log(hub, models_folder, caplog, status, sentence):
    caplog.set_level(logging.DEBUG)
    hub.status = status
    with pytest.raises(RequestError, match=sentence) as refusal:
        push_model(models_folder / "tiny", "mine", TOKEN, endpoint=hub.url)
    assert TOKEN not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert TOKEN not in "".join(record.getMessage() for record in caplog.records if "icgan" in record.name)


def test_a_repository_left_empty_by_a_failure_is_told(hub, models_folder):
    """The next try would be refused because of it."""
    hub.refuses_files = True
    with pytest.raises(RequestError, match=r"refused .*but empty: delete it there, or choose another name"):
        push_model(models_folder / "tiny", "mine", TOKEN, endpoint=hub.url)
    assert hub.repositories["visitor/mine"]["files"] == {}


def test_a_hub_out_of_reach_is_said(models_folder):
    with pytest.raises(RequestError, match="cannot be reached"):
        push_model(models_folder / "tiny", "mine", TOKEN, endpoint="http://127.0.0.1:9")


@pytest.mark.parametrize("name", ["", "a/b/c", "../x", "a b", "https://x.y/z"])
def test_a_bad_name_is_refused_before_anything_is_sent(hub, models_folder, name):
    with pytest.raises(RequestError, match="name such as"):
        push_model(models_folder / "tiny", name, TOKEN, endpoint=hub.url)
    assert hub.tokens == set()
    with pytest.raises(RequestError, match="token"):
        push_model(models_folder / "tiny", "mine", " ", endpoint=hub.url)
