"""Two pages behind one proxy: what was left with one is found by the other when the first is killed."""

import json

import httpx
import pytest
from nginx_proxy import NEEDS_NGINX
from several_pages import COOKIE, open_pages, other
from training_services import until

pytestmark = NEEDS_NGINX


@pytest.mark.parametrize("root", ["", "/app"])
def test_a_file_and_a_run_are_found_by_the_other_page(root, photo_path, tmp_path):
    with open_pages(tmp_path, root) as (pages, url), httpx.Client(timeout=60) as client:
        paths = client.post(f"{url}/gradio_api/upload", files={"files": photo_path.open("rb")}).json()
        mine = client.cookies[COOKIE]
        run = asked(client, url, "train_start", {"steps": 20_000})
        assert client.cookies[COOKIE] == mine
        until(lambda: status(client, url, run)["state"] == "running", "the run did not start")
        pages.kill(mine)
        assert client.get(f"{url}/gradio_api/file={paths[0]}").content == photo_path.read_bytes()
        assert client.cookies[COOKIE] == other(mine)
        photo = {"path": paths[0], "meta": {"_type": "gradio.FileData"}}
        assert asked(client, url, "encode", {"photo": photo, "model": "painted"})["feature"]
        step = status(client, url, run)["step"]
        until(lambda: status(client, url, run)["step"] > step, "the run did not continue")
        pages.start(mine)
        asked(client, url, "train_stop", {"run_id": run["run_id"], "keep": False})
        assert client.cookies[COOKIE] == other(mine)
        until(lambda: status(client, url, run)["state"] == "stopped", "the run did not stop")


def asked(client, url, endpoint, values):
    """Return the first value that an endpoint answers in the end."""
    event = client.post(f"{url}/gradio_api/call/v2/{endpoint}", json=values).json()["event_id"]
    lines = client.get(f"{url}/gradio_api/call/{endpoint}/{event}").text.splitlines()
    assert lines[-3] == "event: complete", lines
    return json.loads(lines[-2].removeprefix("data: "))[0]


def status(client, url, run):
    return client.post(f"{url}/gradio_api/run/train_status", json={"data": [run["run_id"]]}).json()["data"][0]
